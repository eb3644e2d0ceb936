//! Table `operator_clients`: those that an operator registered by command.

use shared::clock::Timestamp;
use sqlx::{Row as _, any::AnyRow};

use super::{FetchCommitted as _, Store, StoreError, audit, resealing::sealing_prefix};
use crate::domain::audit::Event;

/// A client as it is stored.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct OperatorClientRow {
    /// Its id.
    pub id: String,
    /// The client in the form of the clients file, without secrets.
    pub entry: String,
    /// The keyed hash of its secret.
    pub secret_hash: Option<String>,
    /// The Peaka API key that it acts with, sealed.
    pub sealed_api_key: Option<String>,
}

impl Store {
    /// Adds a client. `false` if there is one with this id.
    pub async fn add_operator_client(
        &self,
        client: &OperatorClientRow,
        now: Timestamp,
    ) -> Result<bool, StoreError> {
        let mut transaction = self.begin().await?;
        let added = sqlx::query(
            "INSERT INTO operator_clients (id, entry, secret_hash, sealed_api_key, created_at_ms) \
             VALUES ($1, $2, $3, $4, $5) ON CONFLICT (id) DO NOTHING RETURNING id",
        )
        .bind(&client.id)
        .bind(&client.entry)
        .bind(client.secret_hash.as_deref())
        .bind(client.sealed_api_key.as_deref())
        .bind(now.millis())
        .fetch_committed(&mut *transaction)
        .await?;
        let name = name(&client.entry);
        let event = Event::ClientAdded { client_id: &client.id, client_name: name.as_deref() };
        audit::commit_if(added.is_some(), transaction, &event, now).await
    }

    /// A client by its id.
    pub async fn operator_client(&self, id: &str) -> Result<Option<OperatorClientRow>, StoreError> {
        let row =
            sqlx::query("SELECT id, entry, secret_hash, sealed_api_key FROM operator_clients WHERE id = $1")
                .bind(id)
                .fetch_optional(&self.pool)
                .await?;
        row.as_ref().map(read).transpose()
    }

    /// All of them, by id.
    pub async fn operator_clients(&self) -> Result<Vec<OperatorClientRow>, StoreError> {
        let rows =
            sqlx::query("SELECT id, entry, secret_hash, sealed_api_key FROM operator_clients ORDER BY id")
                .fetch_all(&self.pool)
                .await?;
        rows.iter().map(read).collect()
    }

    /// Removes a client. `false` if there was none.
    pub async fn remove_operator_client(&self, id: &str, now: Timestamp) -> Result<bool, StoreError> {
        let mut transaction = self.begin().await?;
        let removed = sqlx::query("DELETE FROM operator_clients WHERE id = $1 RETURNING entry")
            .bind(id)
            .fetch_committed(&mut *transaction)
            .await?;
        let entry: String = removed.as_ref().map(|row| row.try_get("entry")).transpose()?.unwrap_or_default();
        let name = name(&entry);
        let event = Event::ClientRemoved { client_id: id, client_name: name.as_deref() };
        audit::commit_if(removed.is_some(), transaction, &event, now).await
    }

    /// The ids of clients whose secret or API key needs this sealing key.
    pub async fn operator_clients_under(&self, key_id: &str) -> Result<Vec<String>, StoreError> {
        let ids = sqlx::query_scalar(
            "SELECT id FROM operator_clients WHERE substr(secret_hash, 1, 10) = $1 \
             OR substr(sealed_api_key, 1, 10) = $1 ORDER BY id",
        )
        .bind(sealing_prefix(key_id))
        .fetch_all(&self.pool)
        .await?;
        Ok(ids)
    }

    /// How many sessions of a client go on.
    pub async fn live_sessions_of_client(&self, client_id: &str, now: Timestamp) -> Result<i64, StoreError> {
        let row = sqlx::query(
            "SELECT COUNT(*) AS live FROM sessions WHERE client_id = $1 AND revoked_at_ms IS NULL \
             AND idle_expires_at_ms > $2 AND expires_at_ms > $2",
        )
        .bind(client_id)
        .bind(now.millis())
        .fetch_one(&self.pool)
        .await?;
        Ok(row.try_get("live")?)
    }
}

/// What a client is called by its entry.
fn name(entry: &str) -> Option<String> {
    let entry: serde_json::Value = serde_json::from_str(entry).ok()?;
    entry["name"].as_str().map(str::to_owned)
}

fn read(row: &AnyRow) -> Result<OperatorClientRow, StoreError> {
    Ok(OperatorClientRow {
        id: row.try_get("id")?,
        entry: row.try_get("entry")?,
        secret_hash: row.try_get("secret_hash")?,
        sealed_api_key: row.try_get("sealed_api_key")?,
    })
}
