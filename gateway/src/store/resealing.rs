//! What lies under an older sealing key, and its move under the one in use. A sealed text tells in its first characters
//! which key it needs.

use sqlx::{Row as _, any::AnyRow};

use super::{FetchCommitted as _, Store, StoreError};

/// A credential as it lies in the store, or the API key of a client.
#[derive(Clone, Debug)]
pub struct Sealed {
    /// The credential's id, or the client's.
    pub id: String,
    /// The token pair or the API key, sealed.
    pub text: String,
}

/// What every text begins with that is sealed under a key.
pub(super) fn sealing_prefix(key_id: &str) -> &str {
    key_id.get(..10).unwrap_or(key_id)
}

impl Store {
    /// Credentials under a sealing key, by id, from the one after `after`; `limit` at most.
    pub async fn sealed_under(
        &self,
        key_id: &str,
        after: &str,
        limit: i64,
    ) -> Result<Vec<Sealed>, StoreError> {
        let rows = sqlx::query(
            "SELECT id, sealed FROM credentials WHERE substr(sealed, 1, 10) = $1 AND id > $2 ORDER BY id LIMIT $3",
        )
        .bind(sealing_prefix(key_id))
        .bind(after)
        .bind(limit)
        .fetch_all(&self.pool)
        .await?;
        rows.iter().map(read).collect()
    }

    /// API keys of clients of the operator's under a sealing key: as many as an operator has typed.
    pub async fn api_keys_under(&self, key_id: &str) -> Result<Vec<Sealed>, StoreError> {
        let rows = sqlx::query(
            "SELECT id, sealed_api_key AS sealed FROM operator_clients WHERE substr(sealed_api_key, 1, 10) = $1 \
             ORDER BY id",
        )
        .bind(sealing_prefix(key_id))
        .fetch_all(&self.pool)
        .await?;
        rows.iter().map(read).collect()
    }

    /// How many credentials and API keys lie under a sealing key.
    pub async fn count_sealed_under(&self, key_id: &str) -> Result<i64, StoreError> {
        let row = sqlx::query(
            "SELECT (SELECT COUNT(*) FROM credentials WHERE substr(sealed, 1, 10) = $1) \
             + (SELECT COUNT(*) FROM operator_clients WHERE substr(sealed_api_key, 1, 10) = $1) AS sealed",
        )
        .bind(sealing_prefix(key_id))
        .fetch_one(&self.pool)
        .await?;
        Ok(row.try_get("sealed")?)
    }

    /// How many approved clients have an id that begins with `prefix`.
    pub async fn count_clients_with_id(&self, prefix: &str) -> Result<i64, StoreError> {
        // PostgreSQL's substr takes no BIGINT.
        let length = i32::try_from(prefix.len()).unwrap_or(i32::MAX);
        let count = sqlx::query_scalar("SELECT COUNT(*) FROM clients WHERE substr(client_id, 1, $1) = $2")
            .bind(length)
            .bind(prefix)
            .fetch_one(&self.pool)
            .await?;
        Ok(count)
    }

    /// Stores the same pair under another key. `false`: it has been refreshed or deleted meanwhile, which is as good.
    /// The version stays, as whoever holds the lease on it is refreshing the same pair.
    pub async fn reseal_credential(&self, old: &Sealed, sealed: &str) -> Result<bool, StoreError> {
        let resealed =
            sqlx::query("UPDATE credentials SET sealed = $1 WHERE id = $2 AND sealed = $3 RETURNING id")
                .bind(sealed)
                .bind(&old.id)
                .bind(&old.text)
                .fetch_committed(&self.pool)
                .await?;
        Ok(resealed.is_some())
    }

    /// Stores the same API key under another key. `false`: its client was removed meanwhile.
    pub async fn reseal_api_key(&self, old: &Sealed, sealed: &str) -> Result<bool, StoreError> {
        let resealed = sqlx::query(
            "UPDATE operator_clients SET sealed_api_key = $1 WHERE id = $2 AND sealed_api_key = $3 RETURNING id",
        )
        .bind(sealed)
        .bind(&old.id)
        .bind(&old.text)
        .fetch_committed(&self.pool)
        .await?;
        Ok(resealed.is_some())
    }
}

fn read(row: &AnyRow) -> Result<Sealed, StoreError> {
    Ok(Sealed { id: row.try_get("id")?, text: row.try_get("sealed")? })
}
