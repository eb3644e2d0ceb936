//! What a person sees of their connected apps: sessions, and their use (table `calls`).

use std::sync::LazyLock;

use shared::clock::Timestamp;
use sqlx::Row as _;

use super::{
    Store, StoreError,
    sessions::{columns, read},
};
use crate::domain::session::Session;

/// A live session, as its person sees it.
#[derive(Clone, Debug)]
pub struct Connected {
    /// The session.
    pub session: Session,
    /// The kind of device that it was allowed from.
    pub device: Option<String>,
    /// Whether it was begun for the person, by an enterprise.
    pub by_enterprise: bool,
}

/// How often a session was used, by one tool.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub struct Calls {
    /// In which session.
    pub session_id: String,
    /// Which tool; empty if the client did not say.
    pub tool: String,
    /// How often.
    pub calls: i64,
    /// When last.
    pub last_at: Timestamp,
}

/// Statements that add to the counts, with how many rows each takes. With one row to a statement, a hundred thousand
/// sessions would cost more than all that is done for their calls.
static ADD: LazyLock<[(usize, String); 3]> = LazyLock::new(|| [100, 10, 1].map(|rows| (rows, add(rows))));

fn add(rows: usize) -> String {
    let row = |n| format!("(${}, $1, ${}, ${}, ${})", 4 * n + 2, 4 * n + 3, 4 * n + 4, 4 * n + 5);
    let rows: Vec<String> = (0..rows).map(row).collect();
    format!(
        "INSERT INTO calls (session_id, day, tool, calls, last_at_ms) VALUES {} \
         ON CONFLICT (session_id, day, tool) DO UPDATE SET calls = calls.calls + excluded.calls, \
         last_at_ms = CASE WHEN excluded.last_at_ms > calls.last_at_ms THEN excluded.last_at_ms \
         ELSE calls.last_at_ms END",
        rows.join(", ")
    )
}

impl Store {
    /// The live sessions of a person, newest first.
    pub async fn connected(
        &self,
        subject: &str,
        now: Timestamp,
        most: u32,
    ) -> Result<Vec<Connected>, StoreError> {
        let rows = sqlx::query(concat!(
            "SELECT ",
            columns!(),
            ", device, CAST(CASE WHEN reuse_key IS NULL THEN 0 ELSE 1 END AS BIGINT) AS by_enterprise FROM sessions WHERE subject = $1 AND revoked_at_ms IS NULL AND expires_at_ms > $2 \
             AND idle_expires_at_ms > $2 ORDER BY created_at_ms DESC, id LIMIT $3"
        ))
        .bind(subject)
        .bind(now.millis())
        .bind(i64::from(most))
        .fetch_all(&self.pool)
        .await?;
        rows.iter()
            .map(|row| {
                let by_enterprise: i64 = row.try_get("by_enterprise")?;
                Ok(Connected {
                    session: read(row)?,
                    device: row.try_get("device")?,
                    by_enterprise: by_enterprise != 0,
                })
            })
            .collect()
    }

    /// How often the sessions of a person were used since `day` (days since the epoch).
    pub async fn calls(&self, subject: &str, day: i64) -> Result<Vec<Calls>, StoreError> {
        let rows = sqlx::query(
            "SELECT session_id, tool, CAST(SUM(calls) AS BIGINT) AS calls, MAX(last_at_ms) AS last_at_ms FROM calls \
             WHERE session_id IN (SELECT id FROM sessions WHERE subject = $1) AND day >= $2 \
             GROUP BY session_id, tool ORDER BY session_id, 3 DESC, tool",
        )
        .bind(subject)
        .bind(day)
        .fetch_all(&self.pool)
        .await?;
        rows.iter()
            .map(|row| {
                Ok(Calls {
                    session_id: row.try_get("session_id")?,
                    tool: row.try_get("tool")?,
                    calls: row.try_get("calls")?,
                    last_at: Timestamp::from_millis(row.try_get("last_at_ms")?),
                })
            })
            .collect()
    }

    /// Adds to the counts, all or nothing; each session and tool is among them once. In the order of their keys, so that
    /// two replicas do not wait for each other.
    pub async fn add_calls(&self, day: i64, calls: &[Calls]) -> Result<(), StoreError> {
        let mut transaction = self.begin().await?;
        let mut left = calls;
        while let Some((rows, add)) = ADD.iter().find(|(rows, _)| !left.is_empty() && *rows <= left.len()) {
            let (now, later) = left.split_at(*rows);
            left = later;
            let mut query = sqlx::query(add.as_str()).bind(day);
            for Calls { session_id, tool, calls, last_at } in now {
                query = query.bind(session_id).bind(tool).bind(calls).bind(last_at.millis());
            }
            query.execute(&mut *transaction).await?;
        }
        transaction.commit().await?;
        Ok(())
    }
}
