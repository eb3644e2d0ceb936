//! The stored keys under the newest master key, so that an older one can leave the environment.

use tracing::info;

use super::{Keys, KeysError, SEALING, locked::open_all, purpose};

impl Keys {
    /// Puts every stored key under the newest master key; answers with how many were not. Every replica must know that
    /// master key already, or it cannot start or learn of new keys any more.
    pub async fn reseal_under_newest_master(&self) -> Result<u64, KeysError> {
        let rows = self.store.keys().await?;
        let newest = self.master.newest();
        let mut moved = 0;
        for key in
            open_all(&rows, &self.master)?.iter().filter(|key| key.row.master.as_deref() != Some(newest))
        {
            let sealed = self.master.seal(&purpose(&key.row.ring, &key.row.id), &key.material)?;
            if self.store.reseal_key(key.row, &sealed, newest).await? {
                info!(ring = key.row.ring, key = key.row.id, "put a key under the newest master key");
                moved += 1;
            }
        }
        Ok(moved)
    }

    /// The sealing keys that seal nothing new.
    pub async fn older_sealing_keys(&self) -> Result<Vec<String>, KeysError> {
        let rows = self.store.keys().await?;
        let older = rows.into_iter().filter(|row| row.ring == SEALING && row.state == "verify-only");
        Ok(older.map(|row| row.id).collect())
    }
}
