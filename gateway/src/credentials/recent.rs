//! Peaka tokens that were given out lately. They spare the database the calls that follow each other, and they carry
//! sessions over the time that it is away. Whether a session was ended is not theirs to know: that is looked at first.

use std::{sync::Arc, time::Duration};

use quick_cache::sync::Cache;
use secrecy::{ExposeSecret as _, SecretString};
use shared::clock::Timestamp;

use super::{PeakaToken, is_of};

/// For so long the database is not asked again.
const FRESH: Duration = Duration::from_secs(5);
/// Sessions remembered; further ones only push out the least used.
const REMEMBERED: usize = 10_000;

/// The tokens, by session.
pub(super) struct Recent(Cache<String, Arc<Given>>);

/// A token that was given out.
pub(super) struct Given {
    token: SecretString,
    expires_at: Timestamp,
    at: Timestamp,
}

impl Recent {
    pub(super) fn new() -> Self {
        Self(Cache::new(REMEMBERED))
    }

    /// What this session was given last, unless Peaka has `rejected` just that.
    pub(super) fn of(&self, session_id: &str, rejected: Option<&str>) -> Option<Arc<Given>> {
        let refused = |given: &Given| rejected.is_some_and(|rejected| is_of(rejected, &given.token));
        self.0.get(session_id).filter(|given| !refused(given))
    }

    pub(super) fn keep(&self, session_id: &str, token: &PeakaToken, at: Timestamp) {
        let given = Given {
            token: SecretString::from(token.access_token.expose_secret()),
            expires_at: at.plus(token.lifetime),
            at,
        };
        self.0.insert(session_id.to_owned(), Arc::new(given));
    }

    pub(super) fn forget(&self, session_id: &str) {
        self.0.remove(session_id);
    }
}

impl Given {
    /// The token, if it was looked up a moment ago.
    pub(super) fn fresh(&self, now: Timestamp) -> Option<PeakaToken> {
        let is_fresh = now >= self.at && now.since(self.at) < FRESH;
        if is_fresh { self.living(now, super::REFRESH_AHEAD) } else { None }
    }

    /// The token, if it lives longer than that.
    pub(super) fn living(&self, now: Timestamp, longer_than: Duration) -> Option<PeakaToken> {
        let lifetime = self.expires_at.since(now);
        let access_token = SecretString::from(self.token.expose_secret());
        (lifetime > longer_than).then_some(PeakaToken { access_token, lifetime })
    }
}
