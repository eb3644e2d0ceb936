//! Table `sessions`.

use shared::clock::Timestamp;
use sqlx::{AnyConnection, Row as _, any::AnyRow};

use super::{FetchCommitted as _, Store, StoreError, projects_from_text, projects_to_text};
use crate::domain::{dpop::Thumbprint, session::Session};

const TABLE: &str = "sessions";

/// The columns of [`read`]. Never `*`: a statement that was prepared before a migration added a column would fail.
macro_rules! columns {
    () => {
        "id, subject, email, client_id, client_name, redirect_uri, scopes, projects, resource, generation, \
         key_thumbprint, credential_id, created_at_ms, refreshed_at_ms, idle_expires_at_ms, expires_at_ms, revoked_at_ms"
    };
}
pub(super) use columns;

/// Which sessions are meant.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Which<'a> {
    /// One, by its id.
    Session(&'a str),
    /// Those that act with a credential.
    Credential(&'a str),
    /// A person's, by Peaka's user id or by e-mail address.
    Person(&'a str),
    /// A person's, by Peaka's user id alone.
    Subject(&'a str),
    /// A client's, by its id.
    Client(&'a str),
    /// Every one.
    All,
}

impl<'a> Which<'a> {
    pub(super) const fn value(self) -> &'a str {
        match self {
            Self::Session(value)
            | Self::Credential(value)
            | Self::Person(value)
            | Self::Subject(value)
            | Self::Client(value) => value,
            Self::All => "",
        }
    }
}

pub(super) async fn insert(
    connection: &mut AnyConnection,
    session: &Session,
    device: Option<&str>,
    now: Timestamp,
) -> Result<(), StoreError> {
    sqlx::query(
        "INSERT INTO sessions (id, subject, email, client_id, client_name, redirect_uri, scopes, projects, resource, \
         generation, credential_id, created_at_ms, refreshed_at_ms, idle_expires_at_ms, expires_at_ms, device, \
         key_thumbprint) VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11, $12, $12, $13, $14, $15, $16)",
    )
    .bind(&session.id)
    .bind(&session.subject)
    .bind(&session.email)
    .bind(&session.client_id)
    .bind(&session.client_name)
    .bind(&session.redirect_uri)
    .bind(session.scopes.to_string())
    .bind(projects_to_text(&session.projects))
    .bind(&session.resource)
    .bind(i64::from(session.generation))
    .bind(&session.credential_id)
    .bind(now.millis())
    .bind(session.idle_expires_at.millis())
    .bind(session.expires_at.millis())
    .bind(device)
    .bind(session.key_thumbprint.as_ref().map(Thumbprint::as_str))
    .execute(connection)
    .await?;
    Ok(())
}

impl Store {
    /// Advances a live session by one generation if `generation` is its newest, and `key` the one that it is bound to, if
    /// it is: one statement, one winner.
    pub async fn advance_session(
        &self,
        id: &str,
        client_id: &str,
        generation: u32,
        key: Option<&Thumbprint>,
        now: Timestamp,
        idle_expires_at: Timestamp,
    ) -> Result<Option<Session>, StoreError> {
        let row = sqlx::query(concat!(
            "UPDATE sessions SET generation = generation + 1, refreshed_at_ms = $1, idle_expires_at_ms = $2 \
             WHERE id = $3 AND client_id = $4 AND generation = $5 AND revoked_at_ms IS NULL \
             AND idle_expires_at_ms > $1 AND expires_at_ms > $1 \
             AND (key_thumbprint IS NULL OR key_thumbprint = $6) RETURNING ",
            columns!()
        ))
        .bind(now.millis())
        .bind(idle_expires_at.millis())
        .bind(id)
        .bind(client_id)
        .bind(i64::from(generation))
        .bind(key.map(Thumbprint::as_str))
        .fetch_committed(&self.pool)
        .await?;
        row.as_ref().map(read).transpose()
    }

    /// A session, live or ended.
    pub async fn session(&self, id: &str) -> Result<Option<Session>, StoreError> {
        let row = sqlx::query(concat!("SELECT ", columns!(), " FROM sessions WHERE id = $1"))
            .bind(id)
            .fetch_optional(&self.pool)
            .await?;
        row.as_ref().map(read).transpose()
    }

    /// The sessions that an operator asks for, newest first, at most `most`.
    pub async fn sessions(&self, which: Which<'_>, most: u32) -> Result<Vec<Session>, StoreError> {
        let statement = match which {
            Which::Session(_) => concat!("SELECT ", columns!(), " FROM sessions WHERE id = $1 LIMIT $2"),
            Which::Credential(_) => {
                concat!("SELECT ", columns!(), " FROM sessions WHERE credential_id = $1 LIMIT $2")
            }
            Which::Person(_) => concat!(
                "SELECT ",
                columns!(),
                " FROM sessions WHERE subject = $1 OR email = $1 ORDER BY created_at_ms DESC LIMIT $2"
            ),
            Which::Subject(_) => concat!(
                "SELECT ",
                columns!(),
                " FROM sessions WHERE subject = $1 ORDER BY created_at_ms DESC LIMIT $2"
            ),
            Which::Client(_) => concat!(
                "SELECT ",
                columns!(),
                " FROM sessions WHERE client_id = $1 ORDER BY created_at_ms DESC LIMIT $2"
            ),
            Which::All => concat!(
                "SELECT ",
                columns!(),
                " FROM sessions WHERE $1 = '' ORDER BY created_at_ms DESC LIMIT $2"
            ),
        };
        let rows =
            sqlx::query(statement).bind(which.value()).bind(i64::from(most)).fetch_all(&self.pool).await?;
        rows.iter().map(read).collect()
    }
}

pub(super) fn read(row: &AnyRow) -> Result<Session, StoreError> {
    let scopes: String = row.try_get("scopes")?;
    let generation: i64 = row.try_get("generation")?;
    Ok(Session {
        id: row.try_get("id")?,
        subject: row.try_get("subject")?,
        email: row.try_get("email")?,
        client_id: row.try_get("client_id")?,
        client_name: row.try_get("client_name")?,
        redirect_uri: row.try_get("redirect_uri")?,
        scopes: scopes.parse().map_err(|_| StoreError::Corrupt { table: TABLE, what: "scopes" })?,
        projects: projects_from_text(row.try_get("projects")?),
        resource: row.try_get("resource")?,
        generation: u32::try_from(generation)
            .map_err(|_| StoreError::Corrupt { table: TABLE, what: "generation" })?,
        key_thumbprint: row
            .try_get::<Option<String>, _>("key_thumbprint")?
            .map(Thumbprint::try_from)
            .transpose()
            .map_err(|_| StoreError::Corrupt { table: TABLE, what: "key_thumbprint" })?,
        credential_id: row.try_get("credential_id")?,
        created_at: Timestamp::from_millis(row.try_get("created_at_ms")?),
        refreshed_at: Timestamp::from_millis(row.try_get("refreshed_at_ms")?),
        idle_expires_at: Timestamp::from_millis(row.try_get("idle_expires_at_ms")?),
        expires_at: Timestamp::from_millis(row.try_get("expires_at_ms")?),
        revoked_at: row.try_get::<Option<i64>, _>("revoked_at_ms")?.map(Timestamp::from_millis),
    })
}
