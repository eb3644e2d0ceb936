//! Table `remembered_consents`.

use shared::{clock::Timestamp, scope::Scopes};
use sqlx::{Row as _, any::AnyRow};

use super::{Store, StoreError, Which, projects_from_text, projects_to_text};
use crate::domain::{authorization::Person, remembered::Remembered, secret::hash};

const TABLE: &str = "remembered_consents";

/// What a decision is about.
#[derive(Clone, Copy, Debug)]
pub struct Relation<'a> {
    /// Who decided.
    pub person: &'a Person,
    /// About whom.
    pub client_id: &'a str,
    /// The web origin that codes go to.
    pub redirect_origin: &'a str,
}

/// A decision, as its person sees it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Decision {
    /// Names it.
    pub id: String,
    /// About whom.
    pub client_id: String,
    /// The web origin that codes go to.
    pub redirect_origin: String,
    /// What was allowed.
    pub scopes: Scopes,
    /// Until when it is remembered.
    pub until: Timestamp,
}

impl Relation<'_> {
    /// None of the three can have a line break.
    fn id_hash(&self) -> String {
        hash(&format!("{}\n{}\n{}", self.person.subject, self.client_id, self.redirect_origin))
    }
}

impl Store {
    /// Remembers a decision in the place of the one before.
    pub async fn remember_consent(
        &self,
        relation: Relation<'_>,
        remembered: &Remembered,
        life: (Timestamp, Timestamp),
    ) -> Result<(), StoreError> {
        sqlx::query(
            "INSERT INTO remembered_consents (id_hash, subject, email, client_id, redirect_origin, metadata_hash, \
             asked, scopes, projects, created_at_ms, expires_at_ms) \
             VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11) \
             ON CONFLICT (id_hash) DO UPDATE SET email = excluded.email, metadata_hash = excluded.metadata_hash, \
             asked = excluded.asked, scopes = excluded.scopes, projects = excluded.projects, \
             created_at_ms = excluded.created_at_ms, expires_at_ms = excluded.expires_at_ms",
        )
        .bind(relation.id_hash())
        .bind(&relation.person.subject)
        .bind(&relation.person.email)
        .bind(relation.client_id)
        .bind(relation.redirect_origin)
        .bind(&remembered.fingerprint)
        .bind(remembered.asked.to_string())
        .bind(remembered.scopes.to_string())
        .bind(projects_to_text(&remembered.projects))
        .bind(life.0.millis())
        .bind(life.1.millis())
        .execute(&self.pool)
        .await?;
        Ok(())
    }

    /// What is remembered of it.
    pub async fn remembered_consent(
        &self,
        relation: Relation<'_>,
        now: Timestamp,
    ) -> Result<Option<Remembered>, StoreError> {
        let row = sqlx::query(
            "SELECT metadata_hash, asked, scopes, projects FROM remembered_consents \
             WHERE id_hash = $1 AND expires_at_ms > $2",
        )
        .bind(relation.id_hash())
        .bind(now.millis())
        .fetch_optional(&self.pool)
        .await?;
        row.as_ref().map(read).transpose()
    }

    /// What is remembered of a person, the newest first.
    pub async fn decisions(
        &self,
        subject: &str,
        now: Timestamp,
        most: u32,
    ) -> Result<Vec<Decision>, StoreError> {
        let rows = sqlx::query(
            "SELECT id_hash, client_id, redirect_origin, scopes, expires_at_ms FROM remembered_consents \
             WHERE subject = $1 AND expires_at_ms > $2 ORDER BY created_at_ms DESC, id_hash LIMIT $3",
        )
        .bind(subject)
        .bind(now.millis())
        .bind(i64::from(most))
        .fetch_all(&self.pool)
        .await?;
        rows.iter()
            .map(|row| {
                Ok(Decision {
                    id: row.try_get("id_hash")?,
                    client_id: row.try_get("client_id")?,
                    redirect_origin: row.try_get("redirect_origin")?,
                    scopes: scopes(row, "scopes")?,
                    until: Timestamp::from_millis(row.try_get("expires_at_ms")?),
                })
            })
            .collect()
    }

    /// Forgets one of a person's decisions.
    pub async fn forget_decision(&self, subject: &str, id: &str) -> Result<(), StoreError> {
        sqlx::query("DELETE FROM remembered_consents WHERE id_hash = $1 AND subject = $2")
            .bind(id)
            .bind(subject)
            .execute(&self.pool)
            .await?;
        Ok(())
    }

    /// Forgets a decision.
    pub async fn forget_consent(&self, relation: Relation<'_>) -> Result<(), StoreError> {
        sqlx::query("DELETE FROM remembered_consents WHERE id_hash = $1")
            .bind(relation.id_hash())
            .execute(&self.pool)
            .await?;
        Ok(())
    }

    /// Forgets the decisions that sessions came of, so that whoever is sent away is asked about again.
    pub async fn forget_consents(&self, which: Which<'_>) -> Result<(), StoreError> {
        let statement = match which {
            Which::Session(_) => {
                "DELETE FROM remembered_consents WHERE EXISTS (SELECT 1 FROM sessions s WHERE s.id = $1 \
                 AND s.subject = remembered_consents.subject AND s.client_id = remembered_consents.client_id)"
            }
            // The person's sign-in at Peaka is over, which says nothing of their decisions.
            Which::Credential(_) => return Ok(()),
            Which::Person(_) => "DELETE FROM remembered_consents WHERE subject = $1 OR email = $1",
            Which::Subject(_) => "DELETE FROM remembered_consents WHERE subject = $1",
            Which::Client(_) => "DELETE FROM remembered_consents WHERE client_id = $1",
            Which::All => "DELETE FROM remembered_consents WHERE $1 = ''",
        };
        sqlx::query(statement).bind(which.value()).execute(&self.pool).await?;
        Ok(())
    }
}

fn scopes(row: &AnyRow, column: &'static str) -> Result<Scopes, StoreError> {
    let text: String = row.try_get(column)?;
    text.parse().map_err(|_| StoreError::Corrupt { table: TABLE, what: column })
}

fn read(row: &AnyRow) -> Result<Remembered, StoreError> {
    Ok(Remembered {
        fingerprint: row.try_get("metadata_hash")?,
        asked: scopes(row, "asked")?,
        scopes: scopes(row, "scopes")?,
        projects: projects_from_text(row.try_get("projects")?),
    })
}
