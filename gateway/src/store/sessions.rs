//! Table `sessions`.

use shared::clock::Timestamp;
use sqlx::{AnyConnection, Row as _, any::AnyRow};

use super::{AuditEvent, FetchCommitted as _, Store, StoreError, projects_from_text, projects_to_text};
use crate::domain::{
    secret::random_text,
    session::{Because, Session},
};

const TABLE: &str = "sessions";

/// A session that was ended before its time.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Revoked {
    /// The session.
    pub session_id: String,
    /// When it was ended.
    pub at: Timestamp,
}

pub(super) async fn insert(
    connection: &mut AnyConnection,
    session: &Session,
    now: Timestamp,
) -> Result<(), StoreError> {
    sqlx::query(
        "INSERT INTO sessions (id, subject, email, client_id, client_name, redirect_uri, scopes, projects, resource, \
         generation, credential_id, created_at_ms, refreshed_at_ms, idle_expires_at_ms, expires_at_ms) \
         VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11, $12, $12, $13, $14)",
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
    .execute(connection)
    .await?;
    Ok(())
}

impl Store {
    /// Advances a live session by one generation if `generation` is its newest: one statement, one winner.
    pub async fn advance_session(
        &self,
        id: &str,
        client_id: &str,
        generation: u32,
        now: Timestamp,
        idle_expires_at: Timestamp,
    ) -> Result<Option<Session>, StoreError> {
        let row = sqlx::query(
            "UPDATE sessions SET generation = generation + 1, refreshed_at_ms = $1, idle_expires_at_ms = $2 \
             WHERE id = $3 AND client_id = $4 AND generation = $5 AND revoked_at_ms IS NULL \
             AND idle_expires_at_ms > $1 AND expires_at_ms > $1 RETURNING *",
        )
        .bind(now.millis())
        .bind(idle_expires_at.millis())
        .bind(id)
        .bind(client_id)
        .bind(i64::from(generation))
        .fetch_committed(&self.pool)
        .await?;
        row.as_ref().map(read).transpose()
    }

    /// A session, live or ended.
    pub async fn session(&self, id: &str) -> Result<Option<Session>, StoreError> {
        let row =
            sqlx::query("SELECT * FROM sessions WHERE id = $1").bind(id).fetch_optional(&self.pool).await?;
        row.as_ref().map(read).transpose()
    }

    /// Ends a session and writes why. `false` if it had ended before or never was.
    pub async fn revoke_session(
        &self,
        id: &str,
        because: Because,
        now: Timestamp,
    ) -> Result<bool, StoreError> {
        Ok(!self.revoke("id", id, because, now).await?.is_empty())
    }

    /// Ends every session that acts with a credential, and tells which.
    pub async fn revoke_sessions_of_credential(
        &self,
        credential_id: &str,
        because: Because,
        now: Timestamp,
    ) -> Result<Vec<String>, StoreError> {
        self.revoke("credential_id", credential_id, because, now).await
    }

    async fn revoke(
        &self,
        column: &'static str,
        value: &str,
        because: Because,
        now: Timestamp,
    ) -> Result<Vec<String>, StoreError> {
        let statement = match column {
            "id" => {
                "UPDATE sessions SET revoked_at_ms = $1, revoked_because = $2 \
                 WHERE id = $3 AND revoked_at_ms IS NULL RETURNING id, subject, client_id"
            }
            _ => {
                "UPDATE sessions SET revoked_at_ms = $1, revoked_because = $2 \
                 WHERE credential_id = $3 AND revoked_at_ms IS NULL RETURNING id, subject, client_id"
            }
        };
        let mut transaction = self.pool.begin().await?;
        let rows = sqlx::query(statement)
            .bind(now.millis())
            .bind(because.as_str())
            .bind(value)
            .fetch_all(&mut *transaction)
            .await?;
        let mut ids = Vec::with_capacity(rows.len());
        for row in &rows {
            let (id, subject, client_id): (String, String, String) =
                (row.try_get("id")?, row.try_get("subject")?, row.try_get("client_id")?);
            let event = AuditEvent {
                kind: because.as_str(),
                subject: Some(&subject),
                client_id: Some(&client_id),
                session_id: Some(&id),
            };
            let event_id = random_text()
                .map_err(|_| StoreError::Corrupt { table: TABLE, what: "no randomness for an id" })?;
            event.statement(&event_id, now).execute(&mut *transaction).await?;
            ids.push(id);
        }
        transaction.commit().await?;
        Ok(ids)
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

fn read(row: &AnyRow) -> Result<Session, StoreError> {
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
        credential_id: row.try_get("credential_id")?,
        idle_expires_at: Timestamp::from_millis(row.try_get("idle_expires_at_ms")?),
        expires_at: Timestamp::from_millis(row.try_get("expires_at_ms")?),
        revoked_at: row.try_get::<Option<i64>, _>("revoked_at_ms")?.map(Timestamp::from_millis),
    })
}
