//! Rate limits that all replicas share, and that hold on in each replica alone while the shared counters are
//! away: the limiter falls back, it is never off.

mod address;

use std::{fmt, sync::Arc, time::Duration};

use aws_lc_rs::digest;
use base64::{Engine, engine::general_purpose::URL_SAFE_NO_PAD};
use shared::clock::SharedClock;
use tracing::debug;

pub use self::address::{Networks, NotANetwork, client_address, prefix, site};
use crate::ephemeral::{Count, Ephemeral, Memory};

/// How much more a generous network may do.
pub(crate) const GENEROSITY: u16 = 20;

/// So many in so much time.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Limit {
    /// What is limited; counters of different names are apart. Part of the counter's key and of logs.
    pub name: &'static str,
    /// How many are allowed in one window.
    pub quota: u32,
    /// How long a window is. It starts with the first request that is counted in it.
    pub window: Duration,
}

impl Limit {
    /// The same for a network that many people share.
    #[must_use]
    pub const fn generous(self) -> Self {
        Self { quota: self.quota.saturating_mul(GENEROSITY as u32), ..self }
    }
}

/// There were too many.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
#[error("too many requests; try again in {} seconds", self.seconds())]
pub struct LimitExceeded {
    /// When the next request has a chance.
    pub retry_after: Duration,
}

impl LimitExceeded {
    /// The value of a `Retry-After` header (RFC 9110 §10.2.3): whole seconds, rounded up, at least one.
    pub fn seconds(&self) -> u64 {
        let partial = u64::from(self.retry_after.subsec_nanos() > 0);
        (self.retry_after.as_secs() + partial).max(1)
    }
}

/// Counts requests in fixed windows.
#[derive(Clone)]
pub struct RateLimiter {
    shared: Arc<dyn Ephemeral>,
    local: Arc<Memory>,
}

impl fmt::Debug for RateLimiter {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("RateLimiter").finish_non_exhaustive()
    }
}

impl RateLimiter {
    /// A limiter on shared counters. `clock` times the local ones.
    pub fn new(shared: Arc<dyn Ephemeral>, clock: SharedClock) -> Self {
        Self { shared, local: Arc::new(Memory::new(clock)) }
    }

    /// Counts one request of `key` (an address's [`prefix`], a client, an account, or several of them joined) and
    /// says whether it is within the limit.
    ///
    /// # Errors
    /// [`LimitExceeded`] if it is not. A request that is refused counts, but does not make the window longer.
    pub async fn check(&self, limit: &Limit, key: &str) -> Result<(), LimitExceeded> {
        let counter = counter(limit, key);
        let Count { total, resets_in } = match self.shared.add(&counter, 1, limit.window).await {
            Ok(count) => count,
            Err(error) => {
                debug!(%error, limit = limit.name, "counting in this replica alone");
                self.alone(&counter, limit).await
            }
        };
        if total <= limit.quota.into() { Ok(()) } else { Err(LimitExceeded { retry_after: resets_in }) }
    }

    async fn alone(&self, counter: &str, limit: &Limit) -> Count {
        // Memory always answers; if it ever did not, refusing is the safe side.
        let refused = Count { total: u64::MAX, resets_in: limit.window };
        self.local.add(counter, 1, limit.window).await.unwrap_or(refused)
    }
}

/// The counter's name. The key is hashed, so that its length is bounded and no address or account can be read in
/// the store.
fn counter(limit: &Limit, key: &str) -> String {
    let hash = URL_SAFE_NO_PAD.encode(digest::digest(&digest::SHA256, key.as_bytes()));
    format!("limit:{}:{hash}", limit.name)
}
