//! What nobody will ask for again is deleted, in batches that hold no lock for long.

use shared::clock::Timestamp;

use super::{Store, StoreError};

/// Rows deleted by one statement.
const BATCH: i64 = 500;

/// Up to when rows of each kind may go.
#[derive(Clone, Copy, Debug)]
pub struct Horizon {
    /// Authorizations, those of devices too, and used assertions that ended before.
    pub authorizations: Timestamp,
    /// Sign-ins of browsers and remembered consents that ended before.
    pub browsers: Timestamp,
    /// Sessions that ended before, by time or by revocation.
    pub sessions: Timestamp,
    /// Credentials made before, and that no session or browser points at.
    pub credentials: Timestamp,
    /// Clients last approved before, of which there is neither a session nor a remembered consent.
    pub clients: Timestamp,
    /// Audit events of before, and languages that were noted before.
    pub audit_events: Timestamp,
}

impl Store {
    /// Deletes one batch of each kind; answers with how many rows went. Call again until it is 0.
    pub async fn sweep(&self, horizon: &Horizon) -> Result<u64, StoreError> {
        let statements = [
            (
                "DELETE FROM authorizations WHERE id_hash IN \
                 (SELECT id_hash FROM authorizations WHERE expires_at_ms < $1 LIMIT $2)",
                horizon.authorizations,
            ),
            (
                "DELETE FROM device_authorizations WHERE id_hash IN \
                 (SELECT id_hash FROM device_authorizations WHERE expires_at_ms < $1 LIMIT $2)",
                horizon.authorizations,
            ),
            (
                "DELETE FROM used_assertions WHERE id_hash IN \
                 (SELECT id_hash FROM used_assertions WHERE expires_at_ms < $1 LIMIT $2)",
                horizon.authorizations,
            ),
            (
                "DELETE FROM sign_ins WHERE id_hash IN \
                 (SELECT id_hash FROM sign_ins WHERE expires_at_ms < $1 LIMIT $2)",
                horizon.authorizations,
            ),
            (
                "DELETE FROM webhook_deliveries WHERE event_id IN \
                 (SELECT event_id FROM webhook_deliveries WHERE next_at_ms < $1 LIMIT $2)",
                horizon.sessions,
            ),
            (
                "DELETE FROM mail_deliveries WHERE event_id IN \
                 (SELECT event_id FROM mail_deliveries WHERE next_at_ms < $1 LIMIT $2)",
                horizon.sessions,
            ),
            (
                "DELETE FROM languages WHERE subject IN \
                 (SELECT subject FROM languages WHERE noted_at_ms < $1 LIMIT $2)",
                horizon.audit_events,
            ),
            (
                "DELETE FROM calls WHERE (session_id, day, tool) IN \
                 (SELECT session_id, day, tool FROM calls WHERE last_at_ms < $1 LIMIT $2)",
                horizon.sessions,
            ),
            (
                "DELETE FROM browsers WHERE id_hash IN \
                 (SELECT id_hash FROM browsers WHERE expires_at_ms < $1 LIMIT $2)",
                horizon.browsers,
            ),
            (
                "DELETE FROM remembered_consents WHERE id_hash IN \
                 (SELECT id_hash FROM remembered_consents WHERE expires_at_ms < $1 LIMIT $2)",
                horizon.browsers,
            ),
            (
                "DELETE FROM sessions WHERE id IN (SELECT id FROM sessions WHERE expires_at_ms < $1 \
                 UNION ALL SELECT id FROM sessions WHERE revoked_at_ms < $1 LIMIT $2)",
                horizon.sessions,
            ),
            (
                "DELETE FROM credentials WHERE id IN (SELECT c.id FROM credentials c WHERE c.created_at_ms < $1 \
                 AND NOT EXISTS (SELECT 1 FROM sessions s WHERE s.credential_id = c.id) \
                 AND NOT EXISTS (SELECT 1 FROM browsers b WHERE b.credential_id = c.id) LIMIT $2)",
                horizon.credentials,
            ),
            (
                "DELETE FROM clients WHERE id_hash IN (SELECT c.id_hash FROM clients c WHERE c.last_approved_at_ms < $1 \
                 AND NOT EXISTS (SELECT 1 FROM sessions s WHERE s.client_id = c.client_id) \
                 AND NOT EXISTS (SELECT 1 FROM remembered_consents r WHERE r.client_id = c.client_id) LIMIT $2)",
                horizon.clients,
            ),
            (
                "DELETE FROM audit_events WHERE id IN (SELECT id FROM audit_events WHERE at_ms < $1 LIMIT $2)",
                horizon.audit_events,
            ),
        ];
        let mut gone = 0;
        for (statement, before) in statements {
            let done = sqlx::query(statement).bind(before.millis()).bind(BATCH).execute(&self.pool).await?;
            gone += done.rows_affected();
        }
        Ok(gone)
    }
}
