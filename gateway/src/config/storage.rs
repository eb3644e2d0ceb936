//! Databases, and the keys that lock what is stored in them.

use std::time::Duration;

use secrecy::{ExposeSecret as _, SecretString};
use shared::env::Env;

use crate::{
    ephemeral::{EphemeralError, RedisSettings},
    keys::MasterKeys,
    store::StoreSettings,
};

/// Databases and master keys.
#[derive(Debug)]
pub struct Storage {
    /// `GATEWAY_DATABASE_URL` (required, secret): `postgres://user@host/database` (`host,host`: whichever takes writes) or
    /// `sqlite://path?mode=rwc`.
    /// `GATEWAY_DATABASE_CONNECTIONS`: connections of this replica, 1 to 1000; default `16`.
    /// `GATEWAY_REPLICAS`: how many replicas there are at most; default `1`. The start is refused if the server does not
    /// grant that many times as many connections.
    pub store: StoreSettings,
    /// `GATEWAY_REDIS_URL` (secret): `redis://host/0`, `redis+sentinel://host,host,host/service` or
    /// `redis+cluster://host,host`, with `rediss` for TLS; default none. Without it what may be lost is kept in memory, which
    /// is right for one replica.
    /// `GATEWAY_REDIS_CA_FILE`: a PEM file of the authorities that sign its certificates; default none, which is the
    /// system's.
    /// `GATEWAY_REDIS_SENTINEL_PASSWORD` (secret): the sentinels' own password; default none.
    pub redis: Option<RedisSettings>,
    /// `GATEWAY_MASTER_KEYS` (required, secret): base64url keys of 32 bytes, newest first, separated by commas. The newest seals
    /// the stored keys, all of them open.
    pub master_keys: MasterKeys,
}

impl Storage {
    pub(super) fn read(env: &mut Env) -> Option<Self> {
        const DATABASE: &str = "GATEWAY_DATABASE_URL";
        const MASTER: &str = "GATEWAY_MASTER_KEYS";
        let form = "postgres://user@host/database or sqlite://path?mode=rwc";
        let url = env.required(DATABASE, form, None, |text| {
            let known =
                ["postgres://", "postgresql://", "sqlite:"].iter().any(|scheme| text.starts_with(scheme));
            known.then(|| Some(SecretString::from(text)))
        });
        let connections = env.parsed("GATEWAY_DATABASE_CONNECTIONS", "a number from 1 to 1000", 16);
        if !(1..=1000).contains(&connections) {
            env.wrong("GATEWAY_DATABASE_CONNECTIONS", "should be a number from 1 to 1000");
        }
        let replicas = env.parsed("GATEWAY_REPLICAS", "a number from 1 to 1000", 1);
        if !(1..=1000).contains(&replicas) {
            env.wrong("GATEWAY_REPLICAS", "should be a number from 1 to 1000");
        }
        let redis = redis(env);
        let master_keys = match env.secret(MASTER).map(|list| MasterKeys::parse(list.expose_secret())) {
            Some(Ok(keys)) => Some(keys),
            Some(Err(error)) => {
                env.wrong(MASTER, error.to_string());
                None
            }
            None => {
                env.wrong(MASTER, format!("is not set; it {}", crate::keys::NotAMasterKey));
                None
            }
        };
        let store = StoreSettings { url: url?, connections, replicas, acquire: Duration::from_secs(1) };
        Some(Self { store, redis, master_keys: master_keys? })
    }
}

fn redis(env: &mut Env) -> Option<RedisSettings> {
    const URL: &str = "GATEWAY_REDIS_URL";
    const AUTHORITIES: &str = "GATEWAY_REDIS_CA_FILE";
    let authorities = env.text(AUTHORITIES).and_then(|path| {
        std::fs::read(path)
            .inspect_err(|error| env.wrong(AUTHORITIES, format!("cannot be read: {error}")))
            .ok()
    });
    let sentinel_password = env.secret("GATEWAY_REDIS_SENTINEL_PASSWORD");
    let settings = RedisSettings { url: env.secret(URL)?, authorities, sentinel_password };
    match settings.check() {
        Ok(()) => Some(settings),
        Err(EphemeralError::Address(form) | EphemeralError::Unavailable(form)) => {
            env.wrong(URL, form);
            None
        }
    }
}
