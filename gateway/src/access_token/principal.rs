//! Who acts with an access token. All tokens of a session that say the same of it share what is kept of them: a session that
//! comes with a fresh token is no stranger.

use std::{
    sync::{Arc, Mutex, OnceLock, PoisonError},
    time::Duration,
};

use http::HeaderValue;
use quick_cache::sync::Cache;
use shared::{assertion::Identity, clock::Timestamp};

use crate::{
    bulkhead::{Bulkhead, Person},
    tally::Tally,
};

/// An identity header is used for so long; it lives for [`shared::assertion::LIFETIME`].
const HEADER_REUSE: Duration = Duration::from_secs(10);

/// Somebody, through a client, within what was allowed.
pub(crate) struct Principal {
    identity: Identity,
    header: Mutex<Option<(HeaderValue, Timestamp)>>,
    person: OnceLock<Person>,
    tally: Tally,
}

impl Principal {
    fn new(identity: Identity) -> Self {
        Self { identity, header: Mutex::default(), person: OnceLock::new(), tally: Tally::default() }
    }

    /// Who is calling, and what was allowed.
    pub(crate) const fn identity(&self) -> &Identity {
        &self.identity
    }

    /// What its person has under way.
    pub(crate) fn person(&self, bulkhead: &Bulkhead) -> &Person {
        self.person.get_or_init(|| bulkhead.person(&self.identity.subject))
    }

    /// How often it used what.
    pub(crate) const fn tally(&self) -> &Tally {
        &self.tally
    }

    /// The identity header of some seconds: the one that there is, or what `sign` makes.
    pub(super) fn header<E>(
        &self,
        now: Timestamp,
        sign: impl FnOnce(&Identity) -> Result<HeaderValue, E>,
    ) -> Result<HeaderValue, E> {
        let mut held = self.header.lock().unwrap_or_else(PoisonError::into_inner);
        if let Some((header, signed_at)) = held.as_ref()
            && now.since(*signed_at) < HEADER_REUSE
            && now >= *signed_at
        {
            return Ok(header.clone());
        }
        let header = sign(&self.identity)?;
        *held = Some((header.clone(), now));
        Ok(header)
    }
}

/// The principals that tokens were seen of, by session.
pub(super) struct Principals(Cache<String, Arc<Principal>>);

impl Principals {
    /// Remembers at most so many.
    pub(super) fn up_to(most: usize) -> Self {
        Self(Cache::new(most))
    }

    /// The one of this identity. A session whose tokens come to say something else is another from then on.
    pub(super) fn of(&self, identity: Identity) -> Arc<Principal> {
        if let Some(known) = self.0.get(&identity.session_id).filter(|known| known.identity == identity) {
            return known;
        }
        let session_id = identity.session_id.clone();
        let principal = Arc::new(Principal::new(identity));
        self.0.insert(session_id, Arc::clone(&principal));
        principal
    }

    /// Forgets those of whom no token is remembered.
    pub(super) fn forget_strangers(&self) {
        self.0.retain(|_, principal| Arc::strong_count(principal) > 1);
    }

    #[cfg(test)]
    pub(super) fn len(&self) -> usize {
        self.0.len()
    }
}

#[cfg(test)]
mod tests {
    use std::convert::Infallible;

    use shared::{assertion::Projects, scope::Scope};

    use super::*;

    fn identity(scope: Scope) -> Identity {
        Identity {
            subject: "u".into(),
            session_id: "s".into(),
            client_id: "c".into(),
            scopes: scope.into(),
            projects: Projects::All,
        }
    }

    #[test]
    fn a_header_serves_all_tokens_of_a_session_for_ten_seconds_as_long_as_they_say_the_same() {
        let principals = Principals::up_to(10);
        let mut signed = 0;
        let mut header = |scope, second| {
            let principal = principals.of(identity(scope));
            let sign = |_: &Identity| {
                signed += 1;
                Ok::<_, Infallible>(HeaderValue::from(signed))
            };
            let Ok(header) = principal.header(Timestamp::from_seconds(second), sign);
            header
        };
        for (scope, second, expected) in [
            (Scope::Read, 100, 1),
            (Scope::Read, 109, 1),
            (Scope::Query, 109, 2),
            (Scope::Query, 110, 2),
            (Scope::Read, 110, 3),
            (Scope::Read, 120, 4),
            // A clock that was put back.
            (Scope::Read, 119, 5),
        ] {
            assert_eq!(header(scope, second), HeaderValue::from(expected), "{scope:?} at {second}");
        }
    }

    #[test]
    fn whoever_has_no_token_is_forgotten() {
        let principals = Principals::up_to(10);
        let held = principals.of(identity(Scope::Read));
        principals.forget_strangers();
        assert_eq!(principals.len(), 1);
        drop(held);
        principals.forget_strangers();
        assert_eq!(principals.len(), 0);
    }
}
