//! Table `keys`: the key rings, each key sealed under a master key.

use shared::clock::Timestamp;
use sqlx::Row as _;

use super::{FetchCommitted as _, Store, StoreError, audit, resealing::sealing_prefix};
use crate::domain::audit::Event;

/// A key as it is stored.
#[derive(Clone, Debug)]
pub struct KeyRow {
    /// Key id.
    pub id: String,
    /// Which ring it belongs to.
    pub ring: String,
    /// Where it is in its life: `next`, `active`, `verify-only` or `retired`.
    pub state: String,
    /// The material, sealed.
    pub sealed: String,
    /// The fingerprint of the master key that it is sealed under; the version before did not write it down.
    pub master: Option<String>,
    /// When it came into its state.
    pub changed_at: Timestamp,
}

impl Store {
    /// Every key that is not retired, oldest first.
    pub async fn keys(&self) -> Result<Vec<KeyRow>, StoreError> {
        let rows = sqlx::query(
            "SELECT id, ring, state, sealed, master, changed_at_ms FROM keys WHERE state <> 'retired' \
             ORDER BY created_at_ms, id",
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
                    master: row.try_get("master")?,
                    changed_at: Timestamp::from_millis(row.try_get("changed_at_ms")?),
                })
            })
            .collect()
    }

    /// Adds a key in its state, unless its ring has one in that state already: another replica was faster.
    pub async fn add_key(&self, key: &KeyRow) -> Result<bool, StoreError> {
        let mut transaction = self.begin().await?;
        let added = sqlx::query(
            "INSERT INTO keys (id, ring, state, sealed, created_at_ms, changed_at_ms, master) \
             VALUES ($1, $2, $3, $4, $5, $5, $6) ON CONFLICT DO NOTHING RETURNING id",
        )
        .bind(&key.id)
        .bind(&key.ring)
        .bind(&key.state)
        .bind(&key.sealed)
        .bind(key.changed_at.millis())
        .bind(&key.master)
        .fetch_committed(&mut *transaction)
        .await?;
        let event = Event::KeyChanged { ring: &key.ring, key: &key.id, state: &key.state };
        audit::commit_if(added.is_some(), transaction, &event, key.changed_at).await
    }

    /// Lets a ring's next key take over from its active one, which from now on only verifies. `false` if there is no
    /// next key.
    pub async fn promote_next_key(&self, ring: &str, now: Timestamp) -> Result<bool, StoreError> {
        let mut transaction = self.begin().await?;
        sqlx::query(
            "UPDATE keys SET state = 'verify-only', changed_at_ms = $1 WHERE ring = $2 AND state = 'active' \
             AND EXISTS (SELECT 1 FROM keys AS n WHERE n.ring = $2 AND n.state = 'next')",
        )
        .bind(now.millis())
        .bind(ring)
        .execute(&mut *transaction)
        .await?;
        let promoted = sqlx::query(
            "UPDATE keys SET state = 'active', changed_at_ms = $1 WHERE ring = $2 AND state = 'next' RETURNING id",
        )
        .bind(now.millis())
        .bind(ring)
        .fetch_committed(&mut *transaction)
        .await?;
        let key: String = promoted.as_ref().map(|row| row.try_get("id")).transpose()?.unwrap_or_default();
        let event = Event::KeyChanged { ring, key: &key, state: "active" };
        audit::commit_if(promoted.is_some(), transaction, &event, now).await
    }

    /// Stores a key's material under another master key, unless it has changed since `key` was read.
    pub async fn reseal_key(&self, key: &KeyRow, sealed: &str, master: &str) -> Result<bool, StoreError> {
        let resealed = sqlx::query(
            "UPDATE keys SET sealed = $1, master = $2 WHERE id = $3 AND sealed = $4 RETURNING id",
        )
        .bind(sealed)
        .bind(master)
        .bind(&key.id)
        .bind(&key.sealed)
        .fetch_committed(&self.pool)
        .await?;
        Ok(resealed.is_some())
    }

    /// When the last of the live sessions ends that have refresh tokens and began before `before`; none if there is none.
    pub async fn last_end_of_sessions_before(
        &self,
        before: Timestamp,
        now: Timestamp,
    ) -> Result<Option<Timestamp>, StoreError> {
        let row = sqlx::query(
            "SELECT MAX(expires_at_ms) AS last FROM sessions WHERE created_at_ms < $1 AND expires_at_ms > $2 \
             AND generation > 0 AND revoked_at_ms IS NULL",
        )
        .bind(before.millis())
        .bind(now.millis())
        .fetch_one(&self.pool)
        .await?;
        Ok(row.try_get::<Option<i64>, _>("last")?.map(Timestamp::from_millis))
    }

    /// Retires a key that only verifies, and under which no credential is sealed. `false` if that is not so.
    pub async fn retire_key(&self, id: &str, now: Timestamp) -> Result<bool, StoreError> {
        let mut transaction = self.begin().await?;
        let retired = sqlx::query(
            "UPDATE keys SET state = 'retired', changed_at_ms = $1 WHERE id = $2 AND state = 'verify-only' \
             AND NOT EXISTS (SELECT 1 FROM credentials WHERE substr(sealed, 1, 10) = $3) \
             AND NOT EXISTS (SELECT 1 FROM operator_clients WHERE substr(secret_hash, 1, 10) = $3 \
             OR substr(sealed_api_key, 1, 10) = $3) RETURNING ring",
        )
        .bind(now.millis())
        .bind(id)
        .bind(sealing_prefix(id))
        .fetch_committed(&mut *transaction)
        .await?;
        let ring: String = retired.as_ref().map(|row| row.try_get("ring")).transpose()?.unwrap_or_default();
        let event = Event::KeyChanged { ring: &ring, key: id, state: "retired" };
        audit::commit_if(retired.is_some(), transaction, &event, now).await
    }
}
