//! Table `languages`: what a person reads, for when they are written to.

use shared::clock::Timestamp;

use super::{Store, StoreError};

impl Store {
    /// Notes the language, by its tag, in which a person has just decided something.
    pub async fn note_language(&self, subject: &str, tag: &str, now: Timestamp) -> Result<(), StoreError> {
        sqlx::query(
            "INSERT INTO languages (subject, tag, noted_at_ms) VALUES ($1, $2, $3) \
             ON CONFLICT (subject) DO UPDATE SET tag = excluded.tag, noted_at_ms = excluded.noted_at_ms",
        )
        .bind(subject)
        .bind(tag)
        .bind(now.millis())
        .execute(&self.pool)
        .await?;
        Ok(())
    }

    /// The tag of a person's language, if one was noted.
    pub async fn language(&self, subject: &str) -> Result<Option<String>, StoreError> {
        let row: Option<(String,)> = sqlx::query_as("SELECT tag FROM languages WHERE subject = $1")
            .bind(subject)
            .fetch_optional(&self.pool)
            .await?;
        Ok(row.map(|(tag,)| tag))
    }
}
