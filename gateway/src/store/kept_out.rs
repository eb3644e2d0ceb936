//! Table `kept_out`: clients that an enterprise lets act for a person, and that the person has disconnected.

use shared::clock::Timestamp;
use sqlx::Row as _;

use super::{FetchCommitted as _, Store, StoreError, audit};
use crate::domain::{audit::Event, secret::hash};

/// A client that a person keeps out.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct KeptOut {
    /// Names the entry.
    pub id: String,
    /// What the client was called.
    pub client_name: String,
    /// Since when.
    pub since: Timestamp,
}

/// Neither can have a line break.
fn id_hash(subject: &str, client_id: &str) -> String {
    hash(&format!("{subject}\n{client_id}"))
}

impl Store {
    /// Keeps those clients out from now on whose live sessions a person is about to end, and which would begin them anew
    /// without that person: of one session, or of all. Comes first; then nothing begins behind the person's back.
    pub async fn keep_out(
        &self,
        subject: &str,
        session_id: Option<&str>,
        now: Timestamp,
    ) -> Result<(), StoreError> {
        let rows = sqlx::query(
            "SELECT DISTINCT client_id, client_name FROM sessions WHERE subject = $1 AND reuse_key IS NOT NULL \
             AND revoked_at_ms IS NULL AND ($2 = '' OR id = $2)",
        )
        .bind(subject)
        .bind(session_id.unwrap_or_default())
        .fetch_all(&self.pool)
        .await?;
        for row in rows {
            let (client_id, name): (String, String) =
                (row.try_get("client_id")?, row.try_get("client_name")?);
            sqlx::query(
                "INSERT INTO kept_out (id_hash, subject, client_id, client_name, since_ms) VALUES ($1, $2, $3, $4, $5) \
                 ON CONFLICT (id_hash) DO NOTHING",
            )
            .bind(id_hash(subject, &client_id))
            .bind(subject)
            .bind(&client_id)
            .bind(&name)
            .bind(now.millis())
            .execute(&self.pool)
            .await?;
        }
        Ok(())
    }

    /// Whether a person keeps a client out.
    pub async fn is_kept_out(&self, subject: &str, client_id: &str) -> Result<bool, StoreError> {
        let row = sqlx::query("SELECT since_ms FROM kept_out WHERE id_hash = $1")
            .bind(id_hash(subject, client_id))
            .fetch_optional(&self.pool)
            .await?;
        Ok(row.is_some())
    }

    /// Whom a person keeps out, the newest first.
    pub async fn kept_out(&self, subject: &str, most: u32) -> Result<Vec<KeptOut>, StoreError> {
        let rows = sqlx::query(
            "SELECT id_hash, client_name, since_ms FROM kept_out WHERE subject = $1 ORDER BY since_ms DESC, id_hash LIMIT $2",
        )
        .bind(subject)
        .bind(i64::from(most))
        .fetch_all(&self.pool)
        .await?;
        rows.iter()
            .map(|row| {
                Ok(KeptOut {
                    id: row.try_get("id_hash")?,
                    client_name: row.try_get("client_name")?,
                    since: Timestamp::from_millis(row.try_get("since_ms")?),
                })
            })
            .collect()
    }

    /// Lets a client in again that this person keeps out. `false` if they keep none out by this id.
    pub async fn let_in(&self, subject: &str, id: &str, now: Timestamp) -> Result<bool, StoreError> {
        let mut transaction = self.begin().await?;
        let row = sqlx::query(
            "DELETE FROM kept_out WHERE id_hash = $1 AND subject = $2 RETURNING client_id, client_name",
        )
        .bind(id)
        .bind(subject)
        .fetch_committed(&mut *transaction)
        .await?;
        let text = |column| row.as_ref().map(|row| row.try_get(column)).transpose();
        let (client_id, client_name): (Option<String>, Option<String>) =
            (text("client_id")?, text("client_name")?);
        let event = Event::ClientLetIn {
            subject,
            client_id: client_id.as_deref().unwrap_or_default(),
            client_name: client_name.as_deref().unwrap_or_default(),
        };
        audit::commit_if(row.is_some(), transaction, &event, now).await
    }
}
