//! Table `audit_events`, and the log lines that go with its rows: who, which client, from where, what, and how it ended.

mod asked;

use shared::clock::Timestamp;
use sqlx::{AnyConnection, Row as _, any::AnyRow};

pub use self::asked::AuditFilter;
use super::{Store, StoreError};
use crate::{
    caller,
    domain::{
        audit::{Entry, Event, THEFTS, TOLD},
        secret::random_text,
    },
};

const TABLE: &str = "audit_events";

/// The columns of [`read`].
macro_rules! columns {
    () => {
        "id, at_ms, kind, outcome, subject, client_id, client_name, session_id, origin, detail"
    };
}
use columns;

/// An event, as it is stored.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct AuditRow {
    /// Its id.
    pub id: String,
    /// When.
    pub at: Timestamp,
    /// What happened.
    pub kind: String,
    /// How it ended: `done` or `refused`. Absent from rows of earlier versions, as are the other optional ones.
    pub outcome: Option<String>,
    /// To whom, by Peaka's user id.
    pub subject: Option<String>,
    /// Through which client.
    pub client_id: Option<String>,
    /// What that client calls itself.
    pub client_name: Option<String>,
    /// In which session.
    pub session_id: Option<String>,
    /// From where: an address prefix.
    pub origin: Option<String>,
    /// A few words more.
    pub detail: Option<String>,
}

impl AuditRow {
    /// From where, as people are told: a prefix that is one address looks like one.
    pub fn origin_told(&self) -> Option<&str> {
        self.origin.as_deref().map(|origin| origin.strip_suffix("/32").unwrap_or(origin))
    }
}

/// Ends the transaction of a change: with the event that tells of it, if the change was `made`. `made` again.
pub(super) async fn commit_if(
    made: bool,
    mut transaction: super::Transaction,
    event: &Event<'_>,
    at: Timestamp,
) -> Result<bool, StoreError> {
    if !made {
        transaction.rollback().await?;
        return Ok(false);
    }
    write(&mut transaction, event, at).await?;
    transaction.commit().await?;
    tell(event);
    Ok(true)
}

/// Writes an event, within the transaction of the change that it tells of. Call [`tell`] once that is committed.
pub(super) async fn write(
    connection: &mut AnyConnection,
    event: &Event<'_>,
    at: Timestamp,
) -> Result<(), StoreError> {
    let id =
        random_text().map_err(|_| StoreError::Corrupt { table: TABLE, what: "no randomness for an id" })?;
    insert(connection, &id, &event.entry(), caller::prefix().as_deref(), at).await
}

async fn insert<'c>(
    executor: impl sqlx::any::AnyExecutor<'c>,
    id: &str,
    entry: &Entry<'_>,
    origin: Option<&str>,
    at: Timestamp,
) -> Result<(), StoreError> {
    sqlx::query(
        "INSERT INTO audit_events (id, at_ms, kind, outcome, subject, client_id, client_name, session_id, origin, \
         detail) VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10) ON CONFLICT (id) DO NOTHING",
    )
    .bind(id)
    .bind(at.millis())
    .bind(entry.kind)
    .bind(entry.outcome)
    .bind(entry.subject)
    .bind(entry.client_id.as_deref())
    .bind(entry.client_name)
    .bind(entry.session_id)
    .bind(origin)
    .bind(entry.detail.as_deref())
    .execute(executor)
    .await?;
    Ok(())
}

/// The line of an event in the log, under the target `audit`.
pub(crate) fn tell(event: &Event<'_>) {
    let origin = caller::prefix();
    tell_entry(&event.entry(), origin.as_deref());
}

pub(crate) fn tell_entry(entry: &Entry<'_>, origin: Option<&str>) {
    tracing::info!(
        target: "audit",
        outcome = entry.outcome,
        subject = entry.subject,
        client_id = entry.client_id.as_deref(),
        client_name = entry.client_name,
        session_id = entry.session_id,
        origin,
        detail = entry.detail.as_deref(),
        "{}",
        entry.kind
    );
}

impl Store {
    /// Writes an event that no change of the store goes with. One whose `id` is there already is not written again.
    pub async fn audit(
        &self,
        id: &str,
        event: &Event<'_>,
        origin: Option<&str>,
        at: Timestamp,
    ) -> Result<(), StoreError> {
        insert(&self.pool, id, &event.entry(), origin, at).await
    }

    /// The newest events since `since` that a person is told of, newest first, at most `most`. Thefts come before
    /// whatever else there is, or a thief could have them pushed out.
    pub async fn told_of_subject(
        &self,
        subject: &str,
        since: Timestamp,
        most: u32,
    ) -> Result<Vec<AuditRow>, StoreError> {
        let mut query = sqlx::query(concat!(
            "SELECT ",
            columns!(),
            " FROM audit_events WHERE subject = $1 AND at_ms >= $2 AND kind IN ($3, $4, $5, $6, $7, $8, $9) \
             ORDER BY CASE WHEN kind IN ($10, $11) THEN 0 ELSE 1 END, at_ms DESC, id DESC LIMIT $12"
        ))
        .bind(subject)
        .bind(since.millis());
        let (told, thefts): ([&str; 7], [&str; 2]) = (TOLD, THEFTS);
        for kind in told.into_iter().chain(thefts) {
            query = query.bind(kind);
        }
        let rows = query.bind(i64::from(most)).fetch_all(&self.pool).await?;
        let mut rows = rows.iter().map(read).collect::<Result<Vec<_>, _>>()?;
        rows.sort_by(|a, b| (b.at, &b.id).cmp(&(a.at, &a.id)));
        Ok(rows)
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

pub(super) fn read(row: &AnyRow) -> Result<AuditRow, StoreError> {
    Ok(AuditRow {
        id: row.try_get("id")?,
        at: Timestamp::from_millis(row.try_get("at_ms")?),
        kind: row.try_get("kind")?,
        outcome: row.try_get("outcome")?,
        subject: row.try_get("subject")?,
        client_id: row.try_get("client_id")?,
        client_name: row.try_get("client_name")?,
        session_id: row.try_get("session_id")?,
        origin: row.try_get("origin")?,
        detail: row.try_get("detail")?,
    })
}
