//! Table `audit_events`: what happened to whose session, through which client.

use shared::clock::Timestamp;

use super::{Store, StoreError};

/// One event. Never holds a secret.
#[derive(Clone, Copy, Debug)]
pub struct AuditEvent<'a> {
    /// What happened.
    pub kind: &'static str,
    /// To whom.
    pub subject: Option<&'a str>,
    /// Through which client.
    pub client_id: Option<&'a str>,
    /// In which session.
    pub session_id: Option<&'a str>,
}

pub(super) const INSERT: &str = "INSERT INTO audit_events (id, at_ms, kind, subject, client_id, session_id) \
     VALUES ($1, $2, $3, $4, $5, $6)";

impl AuditEvent<'_> {
    pub(super) fn statement<'q>(
        &'q self,
        id: &'q str,
        at: Timestamp,
    ) -> sqlx::query::Query<'q, sqlx::Any, sqlx::any::AnyArguments> {
        sqlx::query(INSERT)
            .bind(id)
            .bind(at.millis())
            .bind(self.kind)
            .bind(self.subject)
            .bind(self.client_id)
            .bind(self.session_id)
    }
}

impl Store {
    /// Writes an event. `id` must be unique.
    pub async fn audit(&self, id: &str, event: &AuditEvent<'_>, at: Timestamp) -> Result<(), StoreError> {
        event.statement(id, at).execute(&self.pool).await?;
        Ok(())
    }

    /// The kinds of a session's events, oldest first.
    pub async fn audit_trail(&self, session_id: &str) -> Result<Vec<String>, StoreError> {
        let rows: Vec<(String,)> =
            sqlx::query_as("SELECT kind FROM audit_events WHERE session_id = $1 ORDER BY at_ms, id")
                .bind(session_id)
                .fetch_all(&self.pool)
                .await?;
        Ok(rows.into_iter().map(|(kind,)| kind).collect())
    }
}
