//! Table `browsers`: browsers that are signed in to the gateway, by the hash of their cookie.

use shared::clock::Timestamp;
use sqlx::Row as _;

use super::{Store, StoreError};
use crate::domain::authorization::Person;

/// A signed-in browser.
#[derive(Clone, Debug)]
pub struct Browser {
    /// Who signed in.
    pub person: Person,
    /// Their Peaka credential.
    pub credential_id: String,
    /// When they signed in.
    pub signed_in_at: Timestamp,
}

impl Store {
    /// Remembers that a browser is signed in.
    pub async fn add_browser(
        &self,
        id_hash: &str,
        browser: &Browser,
        expires_at: Timestamp,
    ) -> Result<(), StoreError> {
        sqlx::query(
            "INSERT INTO browsers (id_hash, subject, email, name, credential_id, created_at_ms, expires_at_ms) \
             VALUES ($1, $2, $3, $4, $5, $6, $7)",
        )
        .bind(id_hash)
        .bind(&browser.person.subject)
        .bind(&browser.person.email)
        .bind(browser.person.name.as_deref())
        .bind(&browser.credential_id)
        .bind(browser.signed_in_at.millis())
        .bind(expires_at.millis())
        .execute(&self.pool)
        .await?;
        Ok(())
    }

    /// Who is signed in in this browser, with a credential that Peaka has not refused.
    pub async fn browser(&self, id_hash: &str, now: Timestamp) -> Result<Option<Browser>, StoreError> {
        let row = sqlx::query(
            "SELECT b.subject, b.email, b.name, b.credential_id, b.created_at_ms FROM browsers b \
             JOIN credentials c ON c.id = b.credential_id \
             WHERE b.id_hash = $1 AND b.expires_at_ms > $2 AND c.dead_at_ms IS NULL",
        )
        .bind(id_hash)
        .bind(now.millis())
        .fetch_optional(&self.pool)
        .await?;
        row.map(|row| {
            Ok(Browser {
                person: Person {
                    subject: row.try_get("subject")?,
                    email: row.try_get("email")?,
                    name: row.try_get("name")?,
                },
                credential_id: row.try_get("credential_id")?,
                signed_in_at: Timestamp::from_millis(row.try_get("created_at_ms")?),
            })
        })
        .transpose()
    }

    /// Signs a browser out.
    pub async fn remove_browser(&self, id_hash: &str) -> Result<(), StoreError> {
        sqlx::query("DELETE FROM browsers WHERE id_hash = $1").bind(id_hash).execute(&self.pool).await?;
        Ok(())
    }
}
