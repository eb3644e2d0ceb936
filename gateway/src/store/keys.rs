//! Table `keys`: the key rings, each key sealed under a master key.

use shared::clock::Timestamp;
use sqlx::Row as _;

use super::{Store, StoreError};

/// A key as it is stored.
#[derive(Clone, Debug)]
pub struct KeyRow {
    /// Key id.
    pub id: String,
    /// Which ring it belongs to.
    pub ring: String,
    /// Where it is in its life.
    pub state: String,
    /// The material, sealed.
    pub sealed: String,
}

impl Store {
    /// Every key that is not retired.
    pub async fn keys(&self) -> Result<Vec<KeyRow>, StoreError> {
        let rows = sqlx::query(
            "SELECT id, ring, state, sealed FROM keys WHERE state <> 'retired' ORDER BY created_at_ms",
        )
        .fetch_all(&self.pool)
        .await?;
        rows.into_iter()
            .map(|row| {
                Ok(KeyRow {
                    id: row.try_get("id")?,
                    ring: row.try_get("ring")?,
                    state: row.try_get("state")?,
                    sealed: row.try_get("sealed")?,
                })
            })
            .collect()
    }

    /// Adds a ring's first active key, unless another replica was faster.
    pub async fn add_active_key(&self, key: &KeyRow, now: Timestamp) -> Result<(), StoreError> {
        sqlx::query(
            "INSERT INTO keys (id, ring, state, sealed, created_at_ms) VALUES ($1, $2, 'active', $3, $4) \
             ON CONFLICT DO NOTHING",
        )
        .bind(&key.id)
        .bind(&key.ring)
        .bind(&key.sealed)
        .bind(now.millis())
        .execute(&self.pool)
        .await?;
        Ok(())
    }
}
