//! Tables `webhook_deliveries` and `mail_deliveries`: what became of telling somebody of an event. The event itself was
//! written in the transaction of what it tells of, so none is lost; one may be told twice, and says its id.

use shared::clock::Timestamp;
use sqlx::Row as _;

use super::{AuditRow, Store, StoreError, audit};

/// A way on which events are told. Each has a table of its own, and knows nothing of the other.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Channel {
    /// To an operator's webhook.
    Webhook,
    /// To the person, by mail.
    Mail,
}

/// An event that waits to be told.
#[derive(Clone, Debug)]
pub struct Untold {
    /// The event.
    pub event: AuditRow,
    /// How often it was tried.
    pub attempts: u32,
}

macro_rules! untold {
    ($table:literal) => {
        concat!(
            "SELECT a.id, a.at_ms, a.kind, a.outcome, a.subject, a.client_id, a.client_name, a.session_id, a.origin, \
             a.detail, d.attempts FROM audit_events a LEFT JOIN ",
            $table,
            " d ON d.event_id = a.id \
             WHERE a.kind IN ('session_began', 'refresh_reused', 'code_replayed') AND a.at_ms >= $1 \
             AND (d.event_id IS NULL OR (d.done_at_ms IS NULL AND d.next_at_ms <= $2)) \
             ORDER BY a.at_ms, a.id LIMIT $3"
        )
    };
}

macro_rules! note {
    ($table:literal) => {
        concat!(
            "INSERT INTO ",
            $table,
            " (event_id, attempts, next_at_ms, done_at_ms) VALUES ($1, $2, $3, $4) \
             ON CONFLICT (event_id) DO UPDATE SET attempts = excluded.attempts, next_at_ms = excluded.next_at_ms, \
             done_at_ms = excluded.done_at_ms"
        )
    };
}

impl Store {
    /// Events since `since` of the kinds that are told, and that are due on this way; the oldest first, at most `most`.
    pub async fn untold(
        &self,
        channel: Channel,
        since: Timestamp,
        now: Timestamp,
        most: u32,
    ) -> Result<Vec<Untold>, StoreError> {
        let statement = match channel {
            Channel::Webhook => untold!("webhook_deliveries"),
            Channel::Mail => untold!("mail_deliveries"),
        };
        let rows = sqlx::query(statement)
            .bind(since.millis())
            .bind(now.millis())
            .bind(i64::from(most))
            .fetch_all(&self.pool)
            .await?;
        rows.iter()
            .map(|row| {
                let attempts: Option<i64> = row.try_get("attempts")?;
                let attempts = attempts.and_then(|attempts| u32::try_from(attempts).ok()).unwrap_or_default();
                Ok(Untold { event: audit::read(row)?, attempts })
            })
            .collect()
    }

    /// Notes a try: over, or when to try again.
    pub async fn note_delivery(
        &self,
        channel: Channel,
        event_id: &str,
        attempts: u32,
        next_at: Timestamp,
        done_at: Option<Timestamp>,
    ) -> Result<(), StoreError> {
        let statement = match channel {
            Channel::Webhook => note!("webhook_deliveries"),
            Channel::Mail => note!("mail_deliveries"),
        };
        sqlx::query(statement)
            .bind(event_id)
            .bind(i64::from(attempts))
            .bind(next_at.millis())
            .bind(done_at.map(Timestamp::millis))
            .execute(&self.pool)
            .await?;
        Ok(())
    }
}
