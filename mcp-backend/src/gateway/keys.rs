//! The keys that identities are verified with: fetched from the gateway, kept, and fetched anew when one is
//! missing or they have grown old.

use std::{sync::Arc, time::Duration};

use arc_swap::ArcSwapOption;
use http::StatusCode;
use shared::{
    assertion::{Identity, Refusal, Verified},
    clock::{SharedClock, Timestamp},
    jws::{JwsError, VerificationKeys},
};
use tokio::sync::{Mutex, MutexGuard};
use tracing::{info, warn};

use super::MAX_ANSWER_BYTES;
use crate::bounded;

/// From this age on, the keys are fetched anew beside the request that noticed.
const RENEW_AFTER: Duration = Duration::from_secs(300);
/// From this age on, the keys are no longer believed: a key that the gateway has withdrawn must not live on here.
const BELIEVE_FOR: Duration = Duration::from_secs(3600);
/// The least time between two fetches when there are keys: forged key ids must not become a load on the gateway.
const BETWEEN_FETCHES: Duration = Duration::from_secs(10);
/// The same while there are none, and nothing can be answered.
const BETWEEN_FIRST_FETCHES: Duration = Duration::from_secs(1);

/// Why there is no identity.
#[derive(Debug)]
pub(crate) enum Unverified {
    /// The assertion is not good.
    Refused(Refusal),
    /// It cannot be told whether the assertion is good: the gateway's keys could not be had.
    NoKeys,
}

struct Known {
    keys: VerificationKeys,
    fetched: Timestamp,
}

/// The last fetch, whatever came of it.
#[derive(Clone, Copy)]
struct Attempt {
    at: Timestamp,
    succeeded: bool,
}

/// Verifies identities with the gateway's keys.
pub(crate) struct IdentityKeys {
    http: reqwest::Client,
    url: String,
    issuer: String,
    clock: SharedClock,
    known: ArcSwapOption<Known>,
    verified: Verified,
    /// Held while keys are fetched, so that one fetch serves all who wait.
    last_attempt: Mutex<Option<Attempt>>,
}

impl IdentityKeys {
    /// Of the gateway whose internal listener is at `gateway_internal_url` and whose assertions carry `issuer`.
    pub(crate) fn new(
        http: reqwest::Client,
        gateway_internal_url: &str,
        issuer: String,
        clock: SharedClock,
    ) -> Self {
        Self {
            http,
            url: format!("{gateway_internal_url}/internal/jwks"),
            issuer,
            clock,
            known: ArcSwapOption::empty(),
            verified: Verified::default(),
            last_attempt: Mutex::new(None),
        }
    }

    /// Who is calling, by the word of `token`.
    pub(crate) async fn verify(self: &Arc<Self>, token: &str) -> Result<Identity, Unverified> {
        let known = match self.believed() {
            Some(known) => known,
            None => {
                self.fetch_unless_newer_than(None).await;
                self.believed().ok_or(Unverified::NoKeys)?
            }
        };
        if self.clock.now().since(known.fetched) >= RENEW_AFTER {
            let renewing = Arc::clone(self);
            let seen = known.fetched;
            tokio::spawn(async move {
                // Whoever holds the lock is fetching already.
                if let Ok(last_attempt) = renewing.last_attempt.try_lock() {
                    renewing.fetch_holding(last_attempt, Some(seen)).await;
                }
            });
        }
        match self.check(token, &known.keys) {
            Err(Refusal::Jws(JwsError::UnknownKey)) => {
                self.verify_with_newer_keys(token, known.fetched).await
            }
            result => result.map_err(Unverified::Refused),
        }
    }

    /// For a key id that the keys fetched at `seen` do not have: it can be younger than they are.
    async fn verify_with_newer_keys(&self, token: &str, seen: Timestamp) -> Result<Identity, Unverified> {
        let asked = self.fetch_unless_newer_than(Some(seen)).await;
        let known = self.believed().ok_or(Unverified::NoKeys)?;
        match self.check(token, &known.keys) {
            // Unknown to the gateway, or the gateway could not be asked?
            Err(Refusal::Jws(JwsError::UnknownKey)) if !asked => Err(Unverified::NoKeys),
            result => result.map_err(Unverified::Refused),
        }
    }

    fn check(&self, token: &str, keys: &VerificationKeys) -> Result<Identity, Refusal> {
        self.verified.verify(token, keys, &self.issuer, self.clock.now())
    }

    fn believed(&self) -> Option<Arc<Known>> {
        self.known.load_full().filter(|known| self.clock.now().since(known.fetched) < BELIEVE_FOR)
    }

    /// Fetches the keys, unless somebody did since `seen` or it was tried a moment ago. Returns whether the last
    /// attempt succeeded.
    async fn fetch_unless_newer_than(&self, seen: Option<Timestamp>) -> bool {
        self.fetch_holding(self.last_attempt.lock().await, seen).await
    }

    async fn fetch_holding(
        &self,
        mut last_attempt: MutexGuard<'_, Option<Attempt>>,
        seen: Option<Timestamp>,
    ) -> bool {
        let now = self.clock.now();
        let known = self.believed();
        if known.as_ref().is_some_and(|known| seen.is_none_or(|seen| known.fetched > seen)) {
            return true;
        }
        let pause = if known.is_some() { BETWEEN_FETCHES } else { BETWEEN_FIRST_FETCHES };
        if let Some(last) = *last_attempt
            && now.since(last.at) < pause
        {
            return last.succeeded;
        }
        let fetched = self.fetch().await;
        let succeeded = fetched.is_some();
        if let Some(keys) = fetched {
            self.known.store(Some(Arc::new(Known { keys, fetched: now })));
        }
        *last_attempt = Some(Attempt { at: now, succeeded });
        succeeded
    }

    async fn fetch(&self) -> Option<VerificationKeys> {
        let response = match self.http.get(&self.url).send().await {
            Ok(response) if response.status() == StatusCode::OK => response,
            Ok(response) => {
                warn!(status = %response.status(), "the gateway did not give its identity keys");
                return None;
            }
            Err(error) => {
                warn!(error = %error.without_url(), "the gateway could not be asked for its identity keys");
                return None;
            }
        };
        let body = bounded::read(response, MAX_ANSWER_BYTES).await.ok()?;
        let keys =
            serde_json::from_slice(&body).ok().and_then(|set| VerificationKeys::from_jwk_set(&set).ok());
        match keys.filter(|keys| !keys.is_empty()) {
            Some(keys) => {
                info!("fetched the gateway's identity keys");
                Some(keys)
            }
            None => {
                warn!("what the gateway gave as its identity keys holds no usable key");
                None
            }
        }
    }
}
