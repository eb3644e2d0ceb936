//! Table `credentials`: the Peaka token pairs, sealed. One replica at a time refreshes a pair: it takes a lease by a
//! conditional update, so no lock is held over the call to Peaka.

use shared::clock::Timestamp;
use sqlx::Row as _;

use super::{FetchCommitted as _, Store, StoreError};

/// A credential as it is stored.
#[derive(Clone, Debug)]
pub struct CredentialRow {
    /// The token pair, sealed.
    pub sealed: String,
    /// Grows with every refresh.
    pub version: i64,
    /// When the access token in it ends.
    pub expires_at: Timestamp,
    /// When Peaka refused it for good.
    pub dead_at: Option<Timestamp>,
}

/// The right to refresh one version of a credential, until it is given back or runs out.
#[derive(Clone, Copy, Debug)]
pub struct Lease {
    /// The version that may be refreshed.
    pub version: i64,
    /// When another replica may take it.
    pub until: Timestamp,
}

impl Store {
    /// Keeps a new credential.
    pub async fn add_credential(
        &self,
        id: &str,
        subject: &str,
        sealed: &str,
        expires_at: Timestamp,
        now: Timestamp,
    ) -> Result<(), StoreError> {
        sqlx::query(
            "INSERT INTO credentials (id, subject, sealed, version, expires_at_ms, lease_until_ms, created_at_ms) \
             VALUES ($1, $2, $3, 1, $4, 0, $5)",
        )
        .bind(id)
        .bind(subject)
        .bind(sealed)
        .bind(expires_at.millis())
        .bind(now.millis())
        .execute(&self.pool)
        .await?;
        Ok(())
    }

    /// The credential that a live session acts with; `None` if the session is over or unknown.
    pub async fn credential_of_session(
        &self,
        session_id: &str,
        now: Timestamp,
    ) -> Result<Option<(String, CredentialRow)>, StoreError> {
        let row = sqlx::query(
            "SELECT c.id, c.sealed, c.version, c.expires_at_ms, c.dead_at_ms \
             FROM sessions s JOIN credentials c ON c.id = s.credential_id \
             WHERE s.id = $1 AND s.revoked_at_ms IS NULL AND s.expires_at_ms > $2",
        )
        .bind(session_id)
        .bind(now.millis())
        .fetch_optional(&self.pool)
        .await?;
        row.map(|row| Ok((row.try_get("id")?, read(&row)?))).transpose()
    }

    /// A credential by its id.
    pub async fn credential(&self, id: &str) -> Result<Option<CredentialRow>, StoreError> {
        let row =
            sqlx::query("SELECT sealed, version, expires_at_ms, dead_at_ms FROM credentials WHERE id = $1")
                .bind(id)
                .fetch_optional(&self.pool)
                .await?;
        row.as_ref().map(read).transpose()
    }

    /// Takes the lease if this version is still the newest and nobody holds one.
    pub async fn lease_credential(&self, id: &str, lease: Lease, now: Timestamp) -> Result<bool, StoreError> {
        let taken = sqlx::query(
            "UPDATE credentials SET lease_until_ms = $1 \
             WHERE id = $2 AND version = $3 AND lease_until_ms <= $4 AND dead_at_ms IS NULL RETURNING id",
        )
        .bind(lease.until.millis())
        .bind(id)
        .bind(lease.version)
        .bind(now.millis())
        .fetch_committed(&self.pool)
        .await?;
        Ok(taken.is_some())
    }

    /// Stores the refreshed pair and gives the lease back. `false` if somebody else was faster.
    pub async fn renew_credential(
        &self,
        id: &str,
        lease: Lease,
        sealed: &str,
        expires_at: Timestamp,
    ) -> Result<bool, StoreError> {
        let renewed = sqlx::query(
            "UPDATE credentials SET sealed = $1, expires_at_ms = $2, version = version + 1, lease_until_ms = 0 \
             WHERE id = $3 AND version = $4 RETURNING id",
        )
        .bind(sealed)
        .bind(expires_at.millis())
        .bind(id)
        .bind(lease.version)
        .fetch_committed(&self.pool)
        .await?;
        Ok(renewed.is_some())
    }

    /// Gives the lease back without a new pair: Peaka did not answer.
    pub async fn release_credential(&self, id: &str, lease: Lease) -> Result<(), StoreError> {
        sqlx::query(
            "UPDATE credentials SET lease_until_ms = 0 WHERE id = $1 AND version = $2 AND lease_until_ms = $3",
        )
        .bind(id)
        .bind(lease.version)
        .bind(lease.until.millis())
        .execute(&self.pool)
        .await?;
        Ok(())
    }

    /// Marks a credential as refused by Peaka for good.
    pub async fn bury_credential(&self, id: &str, lease: Lease, now: Timestamp) -> Result<bool, StoreError> {
        let buried = sqlx::query(
            "UPDATE credentials SET dead_at_ms = $1, lease_until_ms = 0 \
             WHERE id = $2 AND version = $3 AND dead_at_ms IS NULL RETURNING id",
        )
        .bind(now.millis())
        .bind(id)
        .bind(lease.version)
        .fetch_committed(&self.pool)
        .await?;
        Ok(buried.is_some())
    }
}

fn read(row: &sqlx::any::AnyRow) -> Result<CredentialRow, StoreError> {
    Ok(CredentialRow {
        sealed: row.try_get("sealed")?,
        version: row.try_get("version")?,
        expires_at: Timestamp::from_millis(row.try_get("expires_at_ms")?),
        dead_at: row.try_get::<Option<i64>, _>("dead_at_ms")?.map(Timestamp::from_millis),
    })
}
