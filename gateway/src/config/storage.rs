//! Databases, and the keys that lock what is stored in them.

use std::time::Duration;

use secrecy::{ExposeSecret as _, SecretString};
use shared::env::Env;

use crate::{keys::MasterKeys, store::StoreSettings};

/// Databases and master keys.
#[derive(Debug)]
pub struct Storage {
    /// `GATEWAY_DATABASE_URL` (required): `postgres://user@host/database` or `sqlite://path?mode=rwc`;
    /// `GATEWAY_DATABASE_CONNECTIONS`: connections of this replica, default 16.
    pub store: StoreSettings,
    /// `GATEWAY_REDIS_URL`: `redis://…` or `rediss://…`. Without it what may be lost is kept in memory, which is right for
    /// one replica.
    pub redis: Option<SecretString>,
    /// `GATEWAY_MASTER_KEYS` (required): base64url keys of 32 bytes, newest first, separated by commas. The newest seals
    /// the stored keys, all of them open.
    pub master_keys: MasterKeys,
}

impl Storage {
    pub(super) fn read(env: &mut Env) -> Option<Self> {
        const DATABASE: &str = "GATEWAY_DATABASE_URL";
        const REDIS: &str = "GATEWAY_REDIS_URL";
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
        let redis = env.secret(REDIS);
        let known = |url: &SecretString| {
            ["redis://", "rediss://"].iter().any(|scheme| url.expose_secret().starts_with(scheme))
        };
        if redis.as_ref().is_some_and(|url| !known(url)) {
            env.wrong(REDIS, "should be a redis:// or rediss:// URL");
        }
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
        let store = StoreSettings { url: url?, connections, acquire: Duration::from_secs(1) };
        Some(Self { store, redis, master_keys: master_keys? })
    }
}
