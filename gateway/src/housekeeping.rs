//! Work beside the requests: the key rings are read anew by every replica; rotating keys and deleting what is over is
//! done by the one that holds the lease.

use std::{sync::Arc, time::Duration};

use shared::{chain::Chain, clock::SharedClock};
use tokio::time::MissedTickBehavior;
use tokio_util::sync::CancellationToken;
use tracing::{debug, warn};

use crate::{
    domain::secret::{NoRandomness, random_text},
    keys::{Keys, KeysError, RELOAD, Schedule},
    resealing::{ResealError, Resealing},
    store::{Horizon, Store, StoreError},
};

const LEASE: &str = "housekeeping";
/// A replica that went away is replaced after so long.
const LEASE_LIFE: Duration = Duration::from_secs(60);
const HOUR: Duration = Duration::from_secs(60 * 60);
const DAY: Duration = Duration::from_secs(24 * 60 * 60);
/// Batches in one round: a backlog is worked off over several.
const BATCHES: usize = 20;

/// What is kept for how long, and when keys change.
#[derive(Clone, Copy, Debug)]
pub struct Terms {
    /// Keys.
    pub schedule: Schedule,
    /// Audit events.
    pub audit: Duration,
}

/// Batches of re-sealing in one round.
const RESEALED_BATCHES: usize = 20;

/// Keeps the house.
pub struct Housekeeping {
    resealing: Resealing,
    store: Store,
    keys: Arc<Keys>,
    clock: SharedClock,
    terms: Terms,
    holder: String,
}

impl std::fmt::Debug for Housekeeping {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Housekeeping").field("terms", &self.terms).finish_non_exhaustive()
    }
}

/// Why a round could not be finished. The next one begins anew.
#[derive(Debug, thiserror::Error)]
pub enum RoundError {
    /// The store.
    #[error(transparent)]
    Store(#[from] StoreError),
    /// The keys.
    #[error(transparent)]
    Keys(#[from] KeysError),
    /// Re-sealing.
    #[error(transparent)]
    Resealing(#[from] ResealError),
}

impl Housekeeping {
    /// Over the given parts.
    pub fn new(
        store: Store,
        keys: Arc<Keys>,
        clock: SharedClock,
        terms: Terms,
    ) -> Result<Self, NoRandomness> {
        let resealing = Resealing::new(store.clone(), Arc::clone(&keys), Arc::clone(&clock))?;
        Ok(Self { resealing, store, keys, clock, terms, holder: random_text()? })
    }

    /// Works until `shutdown`.
    pub async fn run(&self, shutdown: CancellationToken) {
        let mut rounds = tokio::time::interval(RELOAD);
        rounds.set_missed_tick_behavior(MissedTickBehavior::Delay);
        loop {
            tokio::select! {
                () = shutdown.cancelled() => return,
                _ = rounds.tick() => {
                    if let Err(error) = self.round().await {
                        warn!(error = %Chain(&error), "a round of housekeeping was not finished");
                    }
                }
            }
        }
    }

    /// One round. Answers with how many rows were deleted.
    pub async fn round(&self) -> Result<u64, RoundError> {
        self.keys.reload().await?;
        let now = self.clock.now();
        if !self.store.take_lease(LEASE, &self.holder, now, now.plus(LEASE_LIFE)).await? {
            return Ok(0);
        }
        self.keys.advance(&self.terms.schedule, now).await?;
        if let Some(pass) = self.resealing.begin().await? {
            let moved = pass.run(RESEALED_BATCHES).await?;
            if moved.unreadable > 0 {
                warn!(
                    credentials = moved.unreadable,
                    "some stored credentials cannot be opened with any key"
                );
            }
        }
        let horizon = Horizon {
            // A code that is presented again within the hour still ends its session.
            authorizations: now.minus(HOUR),
            browsers: now,
            // Ended sessions stay visible for a while, and a copied refresh token is still recognized.
            sessions: now.minus(30 * DAY),
            // A sign-in that is under way has stored its credential, but not yet who points at it.
            credentials: now.minus(DAY),
            // Longer than a session of today and its row are there: then nothing is left of that approval.
            clients: now.minus(self.terms.schedule.session + 30 * DAY),
            audit_events: now.minus(self.terms.audit),
        };
        let mut gone = 0;
        for _ in 0..BATCHES {
            match self.store.sweep(&horizon).await? {
                0 => break,
                rows => gone += rows,
            }
        }
        if gone > 0 {
            debug!(rows = gone, "deleted what was over");
        }
        Ok(gone)
    }
}
