//! Table `leases`: which replica does the work that one does for all.

use shared::clock::Timestamp;

use super::{FetchCommitted as _, Store, StoreError};

impl Store {
    /// Takes or renews a lease. `false`: another replica holds it.
    pub async fn take_lease(
        &self,
        name: &str,
        holder: &str,
        now: Timestamp,
        until: Timestamp,
    ) -> Result<bool, StoreError> {
        let taken = sqlx::query(
            "INSERT INTO leases (name, holder, until_ms) VALUES ($1, $2, $3) \
             ON CONFLICT (name) DO UPDATE SET holder = excluded.holder, until_ms = excluded.until_ms \
             WHERE leases.holder = excluded.holder OR leases.until_ms <= $4 RETURNING name",
        )
        .bind(name)
        .bind(holder)
        .bind(until.millis())
        .bind(now.millis())
        .fetch_committed(&self.pool)
        .await?;
        Ok(taken.is_some())
    }

    /// Gives a lease back before it runs out. Nothing happens if it is another's by now.
    pub async fn release_lease(&self, name: &str, holder: &str) -> Result<(), StoreError> {
        sqlx::query("DELETE FROM leases WHERE name = $1 AND holder = $2")
            .bind(name)
            .bind(holder)
            .execute(&self.pool)
            .await?;
        Ok(())
    }
}
