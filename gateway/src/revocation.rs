//! Ended sessions, known to every replica within a second. The truth is the `sessions` table; a push over the ephemeral
//! store makes it quick, and a poll of the database makes it certain. `/mcp` looks only into the set in memory.

use std::{
    collections::HashMap,
    sync::{Arc, PoisonError, RwLock},
    time::Duration,
};

use shared::clock::{SharedClock, Timestamp};
use tokio::{
    sync::{Notify, futures::Notified},
    time::{MissedTickBehavior, timeout},
};
use tokio_util::sync::CancellationToken;
use tracing::warn;

use crate::{
    domain::session::{Because, MAX_ACCESS_TOKEN_LIFETIME},
    ephemeral::{Ephemeral, Heard},
    metrics::{REVOCATION_LAG, SESSIONS_ENDED},
    store::{Store, StoreError, Which},
};

const CHANNEL: &str = "sessions-revoked";
const POLL: Duration = Duration::from_millis(500);
/// A poll that a dead connection holds up is given up.
const POLL_DEADLINE: Duration = Duration::from_secs(3);
/// Replicas' clocks may differ: a poll looks back by so much more than to the poll before.
const CLOCK_LEEWAY: Duration = Duration::from_secs(90);

/// The sessions that were ended within the last access-token lifetime: older tokens have expired by themselves.
#[derive(Debug, Default)]
pub(crate) struct RevokedSessions {
    ended: RwLock<HashMap<String, Timestamp>>,
    more: Notify,
}

impl RevokedSessions {
    /// Resolves when another session was ended, if it was polled or enabled before.
    pub(crate) fn next(&self) -> Notified<'_> {
        self.more.notified()
    }

    /// Whether the session was ended.
    pub(crate) fn contains(&self, session_id: &str) -> bool {
        self.ended.read().unwrap_or_else(PoisonError::into_inner).contains_key(session_id)
    }

    fn insert(&self, session_id: String, at: Timestamp) -> Option<Timestamp> {
        let known = self.ended.write().unwrap_or_else(PoisonError::into_inner).insert(session_id, at);
        if known.is_none() {
            self.more.notify_waiters();
        }
        known
    }

    /// Takes in what was heard; what is known already stays as it was.
    fn hear(&self, session_id: String, at: Timestamp) {
        self.ended.write().unwrap_or_else(PoisonError::into_inner).entry(session_id).or_insert(at);
        self.more.notify_waiters();
    }

    /// How many there are.
    pub(crate) fn len(&self) -> i64 {
        self.ended.read().unwrap_or_else(PoisonError::into_inner).len().try_into().unwrap_or(i64::MAX)
    }

    fn forget_before(&self, limit: Timestamp) {
        self.ended.write().unwrap_or_else(PoisonError::into_inner).retain(|_, at| *at >= limit);
    }
}

/// Ends sessions and spreads the word.
pub(crate) struct Revocation {
    store: Store,
    ephemeral: Arc<dyn Ephemeral>,
    set: Arc<RevokedSessions>,
    clock: SharedClock,
    /// How long an ended session has to be remembered.
    keep: Duration,
}

impl std::fmt::Debug for Revocation {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Revocation").field("keep", &self.keep).finish_non_exhaustive()
    }
}

impl Revocation {
    /// Whatever the lifetime of access tokens is today, one may have been issued under a longer one: the longest that is
    /// permitted counts.
    pub(crate) fn new(store: Store, ephemeral: Arc<dyn Ephemeral>, clock: SharedClock) -> Self {
        let keep = MAX_ACCESS_TOKEN_LIFETIME.saturating_add(CLOCK_LEEWAY).saturating_add(CLOCK_LEEWAY);
        Self { store, ephemeral, set: Arc::default(), clock, keep }
    }

    /// The set that `/mcp` looks into.
    pub(crate) fn revoked(&self) -> Arc<RevokedSessions> {
        Arc::clone(&self.set)
    }

    /// Ends a session. When this returns, the end is durable and holds here; elsewhere within a second.
    pub(crate) async fn end_session(&self, session_id: &str, because: Because) -> Result<bool, StoreError> {
        // Whoever sends a client away, or was robbed, is asked about it again.
        self.store.forget_consents(Which::Session(session_id)).await?;
        let ended = self.store.revoke_session(session_id, because, self.clock.now()).await?;
        if ended {
            SESSIONS_ENDED.count(());
            self.spread(session_id).await;
        }
        Ok(ended)
    }

    /// Ends every session that acts with a credential.
    pub(crate) async fn end_sessions_of_credential(
        &self,
        credential_id: &str,
        because: Because,
    ) -> Result<(), StoreError> {
        self.end_sessions(Which::Credential(credential_id), because).await.map(|_| ())
    }

    /// Ends sessions; tells how many.
    pub(crate) async fn end_sessions(&self, which: Which<'_>, because: Because) -> Result<usize, StoreError> {
        let ended = self.store.revoke_sessions(which, because, || self.clock.now()).await?;
        for session_id in &ended {
            SESSIONS_ENDED.count(());
            self.spread(session_id).await;
        }
        Ok(ended.len())
    }

    async fn spread(&self, session_id: &str) {
        self.set.hear(session_id.to_owned(), self.clock.now());
        if let Err(error) = self.ephemeral.publish(CHANNEL, session_id.as_bytes()).await {
            warn!(%error, "could not push a revocation; the other replicas will see it in the database");
        }
    }

    /// Reads what was ended before this replica started. Must succeed before the first request is served.
    pub(crate) async fn load(&self) -> Result<(), StoreError> {
        for revoked in self.store.revoked_since(self.clock.now().minus(self.keep)).await? {
            self.set.insert(revoked.session_id, revoked.at);
        }
        Ok(())
    }

    async fn read_since(&self, since: Timestamp) -> Result<(), StoreError> {
        for revoked in self.store.revoked_since(since).await? {
            // In effect since it was pushed, if it was; from now on if not. What stands there already is no news.
            let known = self.set.insert(revoked.session_id, revoked.at);
            if known != Some(revoked.at) {
                REVOCATION_LAG.observe((), known.unwrap_or_else(|| self.clock.now()).since(revoked.at));
            }
        }
        Ok(())
    }

    /// Follows the other replicas until `shutdown`: what they push, and, in case a push was lost, what the database has.
    /// Neither waits for the other.
    pub(crate) async fn follow(&self, shutdown: CancellationToken) {
        tokio::select! {
            () = shutdown.cancelled() => {}
            () = self.listen() => {}
            () = self.poll() => {}
        }
    }

    async fn listen(&self) {
        let mut pushed = self.ephemeral.subscribe(CHANNEL);
        while let Some(heard) = pushed.next().await {
            // What was missed while it was away, the poll reads.
            let Heard::Message(session_id) = heard else { continue };
            if let Ok(session_id) = String::from_utf8(session_id) {
                self.set.hear(session_id, self.clock.now());
            }
        }
        std::future::pending().await
    }

    async fn poll(&self) {
        let mut ticks = tokio::time::interval(POLL);
        ticks.set_missed_tick_behavior(MissedTickBehavior::Delay);
        let mut read_until = self.clock.now().minus(self.keep);
        loop {
            ticks.tick().await;
            let now = self.clock.now();
            match timeout(POLL_DEADLINE, self.read_since(read_until.minus(CLOCK_LEEWAY))).await {
                Ok(Ok(())) => read_until = now,
                // Valid tokens keep working through an outage; nothing can be revoked meanwhile either.
                Ok(Err(error)) => warn!(%error, "could not read which sessions were ended"),
                Err(_) => warn!("the database does not say which sessions were ended"),
            }
            self.set.forget_before(now.minus(self.keep));
        }
    }
}
