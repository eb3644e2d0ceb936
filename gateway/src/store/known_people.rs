//! Who is signed in with an e-mail address, in a browser or through a live session, and with which credential.

use shared::clock::Timestamp;
use sqlx::Row as _;

use super::{Store, StoreError};

/// A person with a credential that Peaka honours, as far as is known.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct KnownPerson {
    /// Peaka's user id.
    pub subject: String,
    /// The address as Peaka writes it.
    pub email: String,
    /// The credential.
    pub credential_id: String,
}

impl Store {
    /// The people with this address, whose letters must be small; the newest credential first. A sign-in that is over, or
    /// that an operator took back, does not count, nor does a session that began without its person.
    pub async fn people_by_email(&self, email: &str, now: Timestamp) -> Result<Vec<KnownPerson>, StoreError> {
        let rows = sqlx::query(
            "SELECT p.subject, p.email, p.credential_id FROM \
             (SELECT subject, email, credential_id FROM browsers \
              WHERE substr(lower(email), 1, 320) = $1 AND lower(email) = $1 AND expires_at_ms > $2 \
              UNION SELECT subject, email, credential_id FROM sessions \
              WHERE substr(lower(email), 1, 320) = $1 AND lower(email) = $1 AND revoked_at_ms IS NULL \
              AND reuse_key IS NULL \
              AND idle_expires_at_ms > $2 AND expires_at_ms > $2) p \
             JOIN credentials c ON c.id = p.credential_id AND c.subject = p.subject \
             WHERE c.dead_at_ms IS NULL ORDER BY c.created_at_ms DESC, c.id",
        )
        .bind(email)
        .bind(now.millis())
        .fetch_all(&self.pool)
        .await?;
        rows.iter()
            .map(|row| {
                Ok(KnownPerson {
                    subject: row.try_get("subject")?,
                    email: row.try_get("email")?,
                    credential_id: row.try_get("credential_id")?,
                })
            })
            .collect()
    }
}
