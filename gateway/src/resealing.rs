//! Re-sealing, online: stored keys move under the newest master key, credentials and the API keys of clients under the
//! sealing key in use, so that the older ones can go. Secrets of clients are not sealed but hashed, so nobody can move
//! them; public keys of clients are neither. In batches, by one replica at a time; each row moves by one conditional statement, so that
//! whoever is ended in the middle leaves nothing half done and the next one goes on where it was.

use std::{sync::Arc, time::Duration};

use shared::clock::SharedClock;
use tracing::{debug, info};

use crate::{
    credentials::purpose,
    domain::secret::{NoRandomness, random_text},
    keys::{Keys, KeysError},
    operator_clients::api_key_purpose,
    store::{Sealed, Store, StoreError},
};

const LEASE: &str = "resealing";
/// A replica that went away is replaced after so long. Two at once do no harm.
const LEASE_LIFE: Duration = Duration::from_secs(10);
/// Rows read at once.
const BATCH: i64 = 100;

/// Moves what is sealed under older keys.
pub struct Resealing {
    store: Store,
    keys: Arc<Keys>,
    clock: SharedClock,
    holder: String,
}

impl std::fmt::Debug for Resealing {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str("Resealing")
    }
}

/// Why it stopped. It can be begun again.
#[derive(Debug, thiserror::Error)]
pub enum ResealError {
    /// The store.
    #[error(transparent)]
    Store(#[from] StoreError),
    /// The keys.
    #[error(transparent)]
    Keys(#[from] KeysError),
    /// The random source.
    #[error(transparent)]
    NoRandomness(#[from] NoRandomness),
}

/// What a batch, or several, came to.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Moved {
    /// Credentials, API keys of clients among them, that lie under the key in use now.
    pub credentials: u64,
    /// Credentials that no key opens: damaged, and nobody could use them before either.
    pub unreadable: u64,
}

impl std::ops::AddAssign for Moved {
    fn add_assign(&mut self, other: Self) {
        self.credentials += other.credentials;
        self.unreadable += other.unreadable;
    }
}

impl Resealing {
    /// Over the given parts.
    pub fn new(store: Store, keys: Arc<Keys>, clock: SharedClock) -> Result<Self, NoRandomness> {
        Ok(Self { store, keys, clock, holder: random_text()? })
    }

    /// How many credentials and API keys lie under each older sealing key.
    pub async fn outstanding(&self) -> Result<Vec<(String, i64)>, ResealError> {
        let mut outstanding = Vec::new();
        for key_id in self.keys.older_sealing_keys().await? {
            let count = self.store.count_sealed_under(&key_id).await?;
            outstanding.push((key_id, count));
        }
        Ok(outstanding)
    }

    /// Begins at the first row, unless another replica is at it.
    pub async fn begin(&self) -> Result<Option<Pass<'_>>, ResealError> {
        if !self.hold().await? {
            return Ok(None);
        }
        // The key in use must be the newest before anything is sealed under it.
        self.keys.reload().await?;
        let older = self.keys.older_sealing_keys().await?;
        Ok(Some(Pass { resealing: self, older, after: String::new() }))
    }

    /// They are as few as an operator has typed, so there is one batch of them.
    async fn move_api_keys(&self, rows: &[Sealed]) -> Result<Moved, ResealError> {
        let mut moved = Moved::default();
        for row in rows {
            let purpose = api_key_purpose(&row.id);
            let Ok(plain) = self.keys.unseal(&purpose, &row.text) else {
                debug!(client_id = row.id, "a stored API key cannot be opened, and so not be re-sealed");
                moved.unreadable += 1;
                continue;
            };
            if self.store.reseal_api_key(row, &self.keys.seal(&purpose, &plain)?).await? {
                moved.credentials += 1;
            }
        }
        Ok(moved)
    }

    async fn hold(&self) -> Result<bool, StoreError> {
        let now = self.clock.now();
        self.store.take_lease(LEASE, &self.holder, now, now.plus(LEASE_LIFE)).await
    }
}

/// One way through all rows.
#[derive(Debug)]
pub struct Pass<'a> {
    resealing: &'a Resealing,
    older: Vec<String>,
    after: String,
}

impl Pass<'_> {
    /// Moves the next rows. `None`: there are none left, or another replica has gone on with them.
    pub async fn batch(&mut self) -> Result<Option<Moved>, ResealError> {
        let Resealing { store, keys, .. } = self.resealing;
        while let Some(key_id) = self.older.last() {
            let rows = store.sealed_under(key_id, &self.after, BATCH).await?;
            let Some(last) = rows.last() else {
                let api_keys = store.api_keys_under(key_id).await?;
                self.older.pop();
                self.after.clear();
                if api_keys.is_empty() {
                    continue;
                }
                return self.resealing.move_api_keys(&api_keys).await.map(Some);
            };
            if !self.resealing.hold().await? {
                return Ok(None);
            }
            self.after.clone_from(&last.id);
            let mut moved = Moved::default();
            for row in &rows {
                let purpose = purpose(&row.id);
                let Ok(plain) = keys.unseal(&purpose, &row.text) else {
                    debug!(
                        credential = row.id,
                        "a stored credential cannot be opened, and so not be re-sealed"
                    );
                    moved.unreadable += 1;
                    continue;
                };
                if store.reseal_credential(row, &keys.seal(&purpose, &plain)?).await? {
                    moved.credentials += 1;
                }
            }
            return Ok(Some(moved));
        }
        Ok(None)
    }

    /// Lets others begin.
    pub async fn end(self) -> Result<(), ResealError> {
        Ok(self.resealing.store.release_lease(LEASE, &self.resealing.holder).await?)
    }

    /// At most so many batches, and the end.
    pub async fn run(mut self, batches: usize) -> Result<Moved, ResealError> {
        let mut all = Moved::default();
        for _ in 0..batches {
            let Some(moved) = self.batch().await? else { break };
            all += moved;
        }
        if all.credentials > 0 {
            info!(credentials = all.credentials, "re-sealed what lay under an older key");
        }
        self.end().await?;
        Ok(all)
    }
}
