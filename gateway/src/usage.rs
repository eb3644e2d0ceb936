//! How often sessions are used: counted in memory on the way to the backend, written in batches. Which tool is known only
//! where the backend holds the header to the body (2026-07-28 and later); of other requests there is a sum. What is lost
//! with a replica that crashes is the count of some seconds: this is for people to look at, not for judging.

mod waiting;

use std::{
    sync::{Arc, Mutex, MutexGuard, PoisonError},
    time::Duration,
};

use http::{HeaderMap, HeaderName, HeaderValue};
use shared::{
    chain::Chain,
    clock::{SharedClock, Timestamp},
};
use tokio::time::MissedTickBehavior;
use tokio_util::sync::CancellationToken;
use tracing::warn;

use self::waiting::Waiting;
use crate::{access_token::Principal, store::Store, tools};

const DAY_MILLIS: i64 = 24 * 60 * 60 * 1000;
/// How often is looked whether to write.
const TICK: Duration = Duration::from_secs(5);
/// Of so many sessions it is written each time. More of them would keep the database busy with little else, and what they did in a
/// minute is hardly more to write than what they did in five seconds.
const FEW: usize = 1000;
/// Until then at the latest.
const LATEST: Duration = Duration::from_secs(60);
/// The first revision in which `Mcp-Name` is held to the body.
const HEADERS_ARE_CHECKED: &[u8] = b"2026-07-28";
static VERSION: HeaderName = HeaderName::from_static("mcp-protocol-version");

/// Counts.
pub(crate) struct Usage {
    store: Store,
    clock: SharedClock,
    /// Whose tally is not empty.
    used: Mutex<Vec<Arc<Principal>>>,
    /// What could not be written.
    waiting: Mutex<Waiting>,
}

impl std::fmt::Debug for Usage {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Usage").finish_non_exhaustive()
    }
}

/// The day of a moment, in days since the epoch.
pub(crate) const fn day(at: Timestamp) -> i64 {
    at.millis().div_euclid(DAY_MILLIS)
}

impl Usage {
    /// Over the given parts.
    pub(crate) fn new(store: Store, clock: SharedClock) -> Self {
        Self { store, clock, used: Mutex::default(), waiting: Mutex::default() }
    }

    /// Counts a request that the backend answered.
    pub(crate) fn count(&self, principal: &Arc<Principal>, tool: &'static str, at: Timestamp) {
        if principal.tally().count(tool, at) {
            lock(&self.used).push(Arc::clone(principal));
        }
    }

    /// Writes every few seconds, or every minute where there is much, and once more after `shutdown`.
    pub(crate) async fn follow(&self, shutdown: CancellationToken) {
        let mut ticks = tokio::time::interval(TICK);
        ticks.set_missed_tick_behavior(MissedTickBehavior::Delay);
        let mut written_at = ticks.tick().await;
        loop {
            let now = tokio::select! {
                () = shutdown.cancelled() => break,
                now = ticks.tick() => now,
            };
            let sessions = lock(&self.used).len();
            if is_due(sessions, now - written_at) {
                self.flush().await;
                written_at = now;
            }
        }
        self.flush().await;
    }

    /// Writes what was counted. What cannot be written waits for the next time.
    pub(crate) async fn flush(&self) {
        let used = std::mem::take(&mut *lock(&self.used));
        let mut waiting = std::mem::take(&mut *lock(&self.waiting));
        for principal in used {
            for count in principal.tally().take() {
                waiting.add(&principal.identity().session_id, count);
            }
        }
        loop {
            let batch = waiting.batch();
            if batch.is_empty() {
                return;
            }
            if let Err(error) = self.store.add_calls(day(self.clock.now()), &batch).await {
                warn!(error = %Chain(&error), "could not write how often sessions are used");
                *lock(&self.waiting) = waiting.bounded();
                return;
            }
            waiting.written();
        }
    }
}

fn is_due(sessions: usize, waited: Duration) -> bool {
    sessions <= FEW || waited >= LATEST
}

fn lock<T>(mutex: &Mutex<T>) -> MutexGuard<'_, T> {
    mutex.lock().unwrap_or_else(PoisonError::into_inner)
}

/// The tool that a request calls, if that can be known; otherwise nothing.
pub(crate) fn tool(headers: &HeaderMap) -> &'static str {
    let is_checked = headers
        .get(&VERSION)
        .is_some_and(|version| version.len() == 10 && version.as_bytes() >= HEADERS_ARE_CHECKED);
    if !is_checked || headers.get("mcp-method").is_none_or(|method| method != "tools/call") {
        return "";
    }
    let name = headers.get("mcp-name").and_then(|name: &HeaderValue| name.to_str().ok()).unwrap_or_default();
    // Made-up names are answered, too; counting each would fill the table.
    tools::named(name).unwrap_or_default()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_crowd_is_written_by_the_minute() {
        for (sessions, seconds, due) in
            [(0, 5, true), (1000, 5, true), (1001, 5, false), (100_000, 55, false), (1001, 60, true)]
        {
            assert_eq!(is_due(sessions, Duration::from_secs(seconds)), due, "{sessions} {seconds}");
        }
    }

    #[test]
    fn a_tool_is_known_only_where_the_backend_checks_its_name() {
        for (version, method, name, known) in [
            ("2026-07-28", "tools/call", "peaka_list_projects", "peaka_list_projects"),
            ("2027-01-01", "tools/call", "peaka_list_projects", "peaka_list_projects"),
            ("2026-07-28", "tools/call", "peaka_made_up", ""),
            ("2025-11-25", "tools/call", "peaka_list_projects", ""),
            ("zzz", "tools/call", "peaka_list_projects", ""),
            ("2026-07-28", "resources/read", "peaka://x", ""),
            ("2026-07-28", "tools/call", "<b>", ""),
            ("2026-07-28", "tools/call", "", ""),
        ] {
            let mut headers = HeaderMap::new();
            headers.insert("mcp-protocol-version", version.parse().unwrap());
            headers.insert("mcp-method", method.parse().unwrap());
            headers.insert("mcp-name", name.parse().unwrap());
            assert_eq!(tool(&headers), known, "{version} {method} {name}");
        }
        assert_eq!(tool(&HeaderMap::new()), "");
    }
}
