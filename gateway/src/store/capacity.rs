//! Whether the server grants as many connections as all replicas together may open. Too few would show under load only,
//! as requests that find none, or as a replica that does not start.

use sqlx::{AnyConnection, Connection as _, Row as _, any::AnyConnectOptions};

use super::{OpenError, StoreSettings};

/// # Errors
/// [`OpenError::Capacity`].
pub(super) async fn check(options: &AnyConnectOptions, settings: &StoreSettings) -> Result<(), OpenError> {
    let granted = granted(options).await.map_err(OpenError::Connect)?;
    let (replicas, connections) = (settings.replicas, settings.connections);
    if u64::from(replicas) * u64::from(connections) > u64::from(granted) {
        return Err(OpenError::Capacity { replicas, connections, granted });
    }
    Ok(())
}

/// `max_connections` less what is kept for superusers, and since PostgreSQL 16 for roles with a privilege.
async fn granted(options: &AnyConnectOptions) -> Result<u32, sqlx::Error> {
    let mut connection = AnyConnection::connect_with(options).await?;
    let row = sqlx::query(
        "SELECT CAST(current_setting('max_connections') AS BIGINT) \
         - CAST(current_setting('superuser_reserved_connections') AS BIGINT) \
         - CAST(coalesce(current_setting('reserved_connections', true), '0') AS BIGINT)",
    )
    .fetch_one(&mut connection)
    .await?;
    let granted: i64 = row.try_get(0)?;
    // The answer is here; a farewell that fails changes nothing.
    let _ = connection.close().await;
    Ok(u32::try_from(granted).unwrap_or(0))
}
