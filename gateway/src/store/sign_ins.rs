//! Table `sign_ins`: sign-ins at Peaka that no client asked for.

use secrecy::{ExposeSecret as _, SecretString};
use shared::clock::Timestamp;
use sqlx::Row as _;

use super::{FetchCommitted as _, Store, StoreError};
use crate::domain::authorization::Returned;

impl Store {
    /// Begins one, by the hash of the `state` that goes to Peaka.
    pub async fn begin_sign_in(
        &self,
        state_hash: &str,
        browser_hash: &str,
        sealed_verifier: &SecretString,
        expires_at: Timestamp,
    ) -> Result<(), StoreError> {
        sqlx::query(
            "INSERT INTO sign_ins (id_hash, browser_hash, login_verifier, expires_at_ms) VALUES ($1, $2, $3, $4)",
        )
        .bind(state_hash)
        .bind(browser_hash)
        .bind(sealed_verifier.expose_secret())
        .bind(expires_at.millis())
        .execute(&self.pool)
        .await?;
        Ok(())
    }

    /// Takes the one that Peaka's answer belongs to. Its `state` is spent, whatever follows.
    pub async fn return_from_sign_in(
        &self,
        state_hash: &str,
        now: Timestamp,
    ) -> Result<Option<Returned>, StoreError> {
        let row = sqlx::query(
            "DELETE FROM sign_ins WHERE id_hash = $1 AND expires_at_ms > $2 \
             RETURNING id_hash, browser_hash, login_verifier",
        )
        .bind(state_hash)
        .bind(now.millis())
        .fetch_committed(&self.pool)
        .await?;
        row.map(|row| {
            Ok(Returned {
                id_hash: row.try_get("id_hash")?,
                browser_hash: row.try_get("browser_hash")?,
                login_verifier: SecretString::from(row.try_get::<String, _>("login_verifier")?),
            })
        })
        .transpose()
    }
}
