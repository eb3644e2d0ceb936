//! How long things live.

use std::time::Duration;

use shared::env::Env;

use crate::{
    domain::session::{Lifetimes, MAX_ACCESS_TOKEN_LIFETIME},
    keys::Schedule,
};

/// Lives of tokens and sessions.
#[derive(Clone, Copy, Debug)]
pub struct Tokens {
    /// `GATEWAY_ACCESS_TOKEN_SECONDS`: life of an access token, at most an hour; default `900` (15 minutes).
    /// `GATEWAY_SESSION_IDLE_SECONDS`: a session that is not refreshed for so long ends; default `2592000` (30 days).
    /// `GATEWAY_SESSION_SECONDS`: a session ends after so long in any case; default `15552000` (180 days).
    pub lifetimes: Lifetimes,
    /// `GATEWAY_REMEMBERED_CONSENT_SECONDS`: how long a decision is remembered whose person wants that, 0 for never;
    /// default `7776000` (90 days).
    pub remember_consents: Duration,
    /// `GATEWAY_KEY_ROTATION_SECONDS`: a key is in use for so long, then the next takes over; default `7776000` (90 days).
    pub rotate_keys_after: Duration,
    /// `GATEWAY_AUDIT_RETENTION_SECONDS`: how long audit events are kept; default `34560000` (400 days).
    pub audit_retention: Duration,
}

impl Tokens {
    /// When keys are rotated, and how long an old one is needed.
    pub const fn schedule(&self) -> Schedule {
        Schedule {
            rotate_after: self.rotate_keys_after,
            access_token: MAX_ACCESS_TOKEN_LIFETIME,
            session: self.lifetimes.session,
        }
    }

    pub(super) fn read(env: &mut Env) -> Self {
        const DAY: u64 = 24 * 60 * 60;
        let mut seconds =
            |name, default| env.seconds(name, Duration::from_secs(default), Duration::from_secs(1));
        let lifetimes = Lifetimes {
            access_token: seconds("GATEWAY_ACCESS_TOKEN_SECONDS", 900),
            session_idle: seconds("GATEWAY_SESSION_IDLE_SECONDS", 30 * DAY),
            session: seconds("GATEWAY_SESSION_SECONDS", 180 * DAY),
        };
        if lifetimes.access_token > MAX_ACCESS_TOKEN_LIFETIME {
            env.wrong(
                "GATEWAY_ACCESS_TOKEN_SECONDS",
                "should be at most 3600: access tokens are not looked up anywhere",
            );
        }
        let rotate_keys_after =
            env.seconds("GATEWAY_KEY_ROTATION_SECONDS", Duration::from_secs(90 * DAY), crate::keys::PUBLISH);
        let day = Duration::from_secs(DAY);
        let audit_retention = env.seconds("GATEWAY_AUDIT_RETENTION_SECONDS", 400 * day, day);
        let remember_consents =
            env.seconds("GATEWAY_REMEMBERED_CONSENT_SECONDS", Duration::from_secs(90 * DAY), Duration::ZERO);
        Self { lifetimes, remember_consents, rotate_keys_after, audit_retention }
    }
}
