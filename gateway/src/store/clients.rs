//! Table `clients`: those that a person has approved at least once.

use shared::clock::Timestamp;
use sqlx::Row as _;

use super::{Store, StoreError};
use crate::domain::{
    client::{Client, ClientMetadata, ClientOrigin},
    secret::hash,
};

#[derive(serde::Serialize, serde::Deserialize)]
struct Stored {
    metadata: ClientMetadata,
    origin: ClientOrigin,
}

impl Store {
    /// Remembers a client on its approval, with what it now tells of itself.
    pub async fn remember_client(
        &self,
        id: &str,
        metadata: &ClientMetadata,
        origin: &ClientOrigin,
        now: Timestamp,
    ) -> Result<(), StoreError> {
        let stored = Stored { metadata: metadata.clone(), origin: origin.clone() };
        let metadata = serde_json::to_string(&stored)
            .map_err(|_| StoreError::Corrupt { table: "clients", what: "metadata" })?;
        sqlx::query(
            "INSERT INTO clients (id_hash, client_id, metadata, first_approved_at_ms, last_approved_at_ms) \
             VALUES ($1, $2, $3, $4, $4) \
             ON CONFLICT (id_hash) DO UPDATE SET metadata = excluded.metadata, \
             last_approved_at_ms = excluded.last_approved_at_ms",
        )
        .bind(hash(id))
        .bind(id)
        .bind(metadata)
        .bind(now.millis())
        .execute(&self.pool)
        .await?;
        Ok(())
    }

    /// The client as it was at its last approval.
    pub async fn client(&self, id: &str) -> Result<Option<Client>, StoreError> {
        let row = sqlx::query("SELECT metadata FROM clients WHERE id_hash = $1")
            .bind(hash(id))
            .fetch_optional(&self.pool)
            .await?;
        row.map(|row| {
            let stored: Stored = serde_json::from_str(row.try_get("metadata")?)
                .map_err(|_| StoreError::Corrupt { table: "clients", what: "metadata" })?;
            Ok(Client::of_its_own(id, stored.metadata, stored.origin))
        })
        .transpose()
    }
}
