//! Public keys at addresses that the operator wrote down: of clients, and of enterprises' issuers. They are fetched under
//! the same guard as everything that clients publish, kept by each replica for a while, and fetched once more when a
//! signature names a key that is not among them, but not more often than every half minute, whoever asks.

use std::{collections::HashMap, fmt, sync::Arc, time::Duration};

use shared::clock::{SharedClock, Timestamp};
use tokio::sync::Mutex;
use tracing::warn;

use crate::{
    cimd::{CimdError, ClientDocuments, ClientIdUrl},
    domain::client::ClientKeys,
    store::StoreError,
};

/// How long keys are used without asking again.
const FRESH: Duration = Duration::from_secs(5 * 60);
/// How long keys are used while their host does not answer.
const STALE: Duration = Duration::from_secs(60 * 60);
/// How often an address is asked at most.
const PAUSE: Duration = Duration::from_secs(30);

/// Keys by their address.
#[derive(Clone)]
pub struct KeySets(Arc<Inner>);

struct Inner {
    documents: ClientDocuments,
    clock: SharedClock,
    known: Mutex<HashMap<String, Known>>,
}

impl fmt::Debug for KeySets {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("KeySets")
    }
}

#[derive(Default)]
struct Known {
    keys: Option<(ClientKeys, Timestamp)>,
    asked_at: Option<Timestamp>,
    /// The host has not answered yet; who comes meanwhile waits for the same answer.
    asking: bool,
    /// The last answer was none.
    failed: bool,
}

impl Known {
    /// The keys, if they are not older than this.
    fn within(&self, age: Duration, now: Timestamp) -> Option<ClientKeys> {
        self.keys.as_ref().filter(|(_, at)| now.since(*at) < age).map(|(keys, _)| keys.clone())
    }
}

/// Why there are no keys to judge a signature by. An outage, never a verdict.
#[derive(Debug, thiserror::Error)]
pub enum NoKeys {
    /// Their address gives none.
    #[error("the keys cannot be had")]
    Fetch(#[source] CimdError),
    /// Their address gave none a moment ago.
    #[error("the keys could not be had a moment ago")]
    Lately,
    /// The store.
    #[error(transparent)]
    Store(#[from] StoreError),
}

impl KeySets {
    /// Fetched by `documents`.
    pub(crate) fn new(documents: ClientDocuments, clock: SharedClock) -> Self {
        Self(Arc::new(Inner { documents, clock, known: Mutex::default() }))
    }

    /// The keys at `url`. `again`: those that are known did not do.
    pub(crate) async fn at(&self, url: &ClientIdUrl, again: bool) -> Result<ClientKeys, NoKeys> {
        let now = self.0.clock.now();
        {
            let mut known = self.0.known.lock().await;
            let known = known.entry(url.as_str().to_owned()).or_default();
            let asked_lately = known.asked_at.is_some_and(|at| now.since(at) < PAUSE);
            let good_for = if asked_lately { STALE } else { FRESH };
            // That a key is not among old ones says nothing while newer ones cannot be had.
            let will_do = !again || (asked_lately && !known.asking && !known.failed);
            if let Some(keys) = known.within(good_for, now).filter(|_| will_do) {
                return Ok(keys);
            }
            if asked_lately && !known.asking {
                return Err(NoKeys::Lately);
            }
            (known.asked_at, known.asking) = (Some(now), true);
        }
        // Nobody waits for the lock while the host is asked; those who come meanwhile get what was known.
        let fetched = self.0.documents.fetch_keys(url).await;
        let mut known = self.0.known.lock().await;
        let known = known.entry(url.as_str().to_owned()).or_default();
        (known.asking, known.failed) = (false, fetched.is_err());
        match fetched {
            Ok(keys) => {
                known.keys = Some((keys.clone(), now));
                Ok(keys)
            }
            Err(error) => {
                warn!(url = url.as_str(), %error, "configured keys cannot be fetched");
                known.within(STALE, now).filter(|_| !again).ok_or(NoKeys::Fetch(error))
            }
        }
    }
}
