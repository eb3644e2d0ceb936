//! Ends of sessions, in table `sessions`, each with its audit event in the same transaction.

use shared::clock::Timestamp;
use sqlx::Row as _;

use super::{Store, StoreError, Which, audit};
use crate::domain::{audit::Event, session::Because};

/// Sessions ended in one transaction.
const BATCH: i64 = 500;

/// A session that was ended before its time.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Revoked {
    /// The session.
    pub session_id: String,
    /// When it was ended.
    pub at: Timestamp,
}

impl Store {
    /// Ends a session and writes why. `false` if it had ended before or never was.
    pub async fn revoke_session(
        &self,
        id: &str,
        because: Because,
        now: Timestamp,
    ) -> Result<bool, StoreError> {
        Ok(!self.revoke_sessions(Which::Session(id), because, || now).await?.is_empty())
    }

    /// Ends sessions, writes why and tells which. Those that had ended before stay as they were. `now` is asked for each
    /// batch: replicas look only a little way back for what was ended, and many batches take long.
    pub async fn revoke_sessions(
        &self,
        which: Which<'_>,
        because: Because,
        now: impl Fn() -> Timestamp + Send + Sync,
    ) -> Result<Vec<String>, StoreError> {
        let mut ended = Vec::new();
        loop {
            let batch = self.revoke_batch(which, because, now()).await?;
            let last = batch.len() < BATCH.unsigned_abs() as usize;
            ended.extend(batch);
            if last {
                return Ok(ended);
            }
        }
    }

    async fn revoke_batch(
        &self,
        which: Which<'_>,
        because: Because,
        now: Timestamp,
    ) -> Result<Vec<String>, StoreError> {
        let statement = match which {
            // The conditional update itself decides who ends it, however many try.
            Which::Session(_) => {
                "UPDATE sessions SET revoked_at_ms = $1, revoked_because = $2 \
                 WHERE id = $3 AND revoked_at_ms IS NULL AND $4 > 0 RETURNING id, subject, client_id, client_name"
            }
            Which::Credential(_) => {
                "UPDATE sessions SET revoked_at_ms = $1, revoked_because = $2 WHERE revoked_at_ms IS NULL AND id IN \
                 (SELECT id FROM sessions WHERE credential_id = $3 AND revoked_at_ms IS NULL LIMIT $4) \
                 RETURNING id, subject, client_id, client_name"
            }
            Which::Person(_) => {
                "UPDATE sessions SET revoked_at_ms = $1, revoked_because = $2 WHERE revoked_at_ms IS NULL AND id IN \
                 (SELECT id FROM sessions WHERE (subject = $3 OR email = $3) AND revoked_at_ms IS NULL LIMIT $4) \
                 RETURNING id, subject, client_id, client_name"
            }
            Which::Subject(_) => {
                "UPDATE sessions SET revoked_at_ms = $1, revoked_because = $2 WHERE revoked_at_ms IS NULL AND id IN \
                 (SELECT id FROM sessions WHERE subject = $3 AND revoked_at_ms IS NULL LIMIT $4) \
                 RETURNING id, subject, client_id, client_name"
            }
            Which::Client(_) => {
                "UPDATE sessions SET revoked_at_ms = $1, revoked_because = $2 WHERE revoked_at_ms IS NULL AND id IN \
                 (SELECT id FROM sessions WHERE client_id = $3 AND revoked_at_ms IS NULL LIMIT $4) \
                 RETURNING id, subject, client_id, client_name"
            }
            Which::All => {
                "UPDATE sessions SET revoked_at_ms = $1, revoked_because = $2 WHERE revoked_at_ms IS NULL AND id IN \
                 (SELECT id FROM sessions WHERE $3 = '' AND revoked_at_ms IS NULL LIMIT $4) \
                 RETURNING id, subject, client_id, client_name"
            }
        };
        let mut transaction = self.begin().await?;
        let rows = sqlx::query(statement)
            .bind(now.millis())
            .bind(because.as_str())
            .bind(which.value())
            .bind(BATCH)
            .fetch_all(&mut *transaction)
            .await?;
        let mut events = Vec::with_capacity(rows.len());
        for row in &rows {
            let event = Event::SessionEnded {
                session_id: row.try_get("id")?,
                subject: row.try_get("subject")?,
                client_id: row.try_get("client_id")?,
                client_name: row.try_get("client_name")?,
                because,
            };
            audit::write(&mut transaction, &event, now).await?;
            events.push(event);
        }
        transaction.commit().await?;
        events.iter().for_each(audit::tell);
        rows.iter().map(|row| Ok(row.try_get("id")?)).collect()
    }

    /// The sessions that were revoked at or after `since`.
    pub async fn revoked_since(&self, since: Timestamp) -> Result<Vec<Revoked>, StoreError> {
        let rows = sqlx::query("SELECT id, revoked_at_ms FROM sessions WHERE revoked_at_ms >= $1")
            .bind(since.millis())
            .fetch_all(&self.pool)
            .await?;
        rows.iter()
            .map(|row| {
                Ok(Revoked {
                    session_id: row.try_get("id")?,
                    at: Timestamp::from_millis(row.try_get("revoked_at_ms")?),
                })
            })
            .collect()
    }
}
