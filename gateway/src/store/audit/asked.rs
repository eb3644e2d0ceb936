//! What operators ask of the audit log.

use shared::clock::Timestamp;
use sqlx::Row as _;

use super::{AuditRow, columns, read};
use crate::store::{Store, StoreError};

/// Which events are meant; an empty text or a `None` stands for all.
#[derive(Clone, Copy, Debug, Default)]
pub struct AuditFilter<'a> {
    /// Of a person, by Peaka's user id or by the e-mail address of a session that is still known.
    pub person: &'a str,
    /// Of a client, by its id.
    pub client: &'a str,
    /// Of a session.
    pub session: &'a str,
    /// Of a kind.
    pub kind: &'a str,
    /// At or after.
    pub since: Option<Timestamp>,
    /// Before.
    pub until: Option<Timestamp>,
}

/// Statements that differ in whose events they tell, so that each finds its index; and each begins where the page before
/// ended, as it would otherwise read all that was told already.
macro_rules! asked {
    ($whose:expr, $order:literal) => {
        concat!(
            "SELECT ",
            columns!(),
            " FROM audit_events WHERE ",
            $whose,
            " AND at_ms >= $2 AND at_ms < $3 AND (at_ms > $4 OR id > $5) AND ($6 = '' OR client_id = $6) \
             AND ($7 = '' OR session_id = $7) AND ($8 = '' OR kind = $8) ORDER BY ",
            $order,
            " LIMIT $9"
        )
    };
}

/// The subjects whose sessions have an e-mail address, in whatever case.
macro_rules! by_email {
    () => {
        "SELECT subject FROM sessions WHERE substr(lower(email), 1, 320) = substr(lower($1), 1, 320)"
    };
}

/// The statements of one order.
struct Asked {
    of_all: &'static str,
    of_one: &'static str,
    of_several: &'static str,
}

const OLDEST_FIRST: Asked = Asked {
    of_all: asked!("$1 = ''", "at_ms, id"),
    of_one: asked!("subject = $1", "at_ms, id"),
    of_several: asked!(concat!("(subject = $1 OR subject IN (", by_email!(), "))"), "at_ms, id"),
};
const NEWEST_FIRST: Asked = Asked {
    of_all: asked!("$1 = ''", "at_ms DESC, id DESC"),
    of_one: asked!("subject = $1", "at_ms DESC, id DESC"),
    of_several: asked!(concat!("(subject = $1 OR subject IN (", by_email!(), "))"), "at_ms DESC, id DESC"),
};

impl Store {
    /// The events after `after` (or from the first on) that an operator asks for, oldest first, at most `most`: one page
    /// of however many there are.
    pub async fn audit_page(
        &self,
        filter: &AuditFilter<'_>,
        after: Option<(Timestamp, &str)>,
        most: u32,
    ) -> Result<Vec<AuditRow>, StoreError> {
        self.asked(&OLDEST_FIRST, filter, after, most).await
    }

    /// The newest events that an operator asks for, newest first, at most `most`.
    pub async fn audit_newest(
        &self,
        filter: &AuditFilter<'_>,
        most: u32,
    ) -> Result<Vec<AuditRow>, StoreError> {
        self.asked(&NEWEST_FIRST, filter, None, most).await
    }

    async fn asked(
        &self,
        asked: &Asked,
        filter: &AuditFilter<'_>,
        after: Option<(Timestamp, &str)>,
        most: u32,
    ) -> Result<Vec<AuditRow>, StoreError> {
        let subjects =
            if filter.person.is_empty() { vec![] } else { self.subjects_of(filter.person).await? };
        let (statement, whose) = match subjects.as_slice() {
            [] if filter.person.is_empty() => (asked.of_all, ""),
            [] => return Ok(Vec::new()),
            [one] => (asked.of_one, one.as_str()),
            _ => (asked.of_several, filter.person),
        };
        let (after_ms, after_id) = after.map_or((i64::MIN, ""), |(at, id)| (at.millis(), id));
        let since = filter.since.map_or(i64::MIN, Timestamp::millis);
        let rows = sqlx::query(statement)
            .bind(whose)
            .bind(since.max(after_ms))
            .bind(filter.until.map_or(i64::MAX, Timestamp::millis))
            .bind(after_ms)
            .bind(after_id)
            .bind(filter.client)
            .bind(filter.session)
            .bind(filter.kind)
            .bind(i64::from(most))
            .fetch_all(&self.pool)
            .await?;
        rows.iter().map(read).collect()
    }

    /// Who is meant: a subject that there are events of, and the subjects with this e-mail address.
    async fn subjects_of(&self, person: &str) -> Result<Vec<String>, StoreError> {
        let rows = sqlx::query(concat!(
            by_email!(),
            " UNION SELECT subject FROM (SELECT subject FROM audit_events WHERE subject = $1 LIMIT 1) AS itself"
        ))
        .bind(person)
        .fetch_all(&self.pool)
        .await?;
        rows.iter().map(|row| Ok(row.try_get("subject")?)).collect()
    }
}
