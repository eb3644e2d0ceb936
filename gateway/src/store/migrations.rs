//! Bringing the schema up to date, beside replicas that go on working.
//!
//! A migration waits for each lock for a moment only, then lets those pass that queue up behind it, and tries again. A new
//! index on a table that is in use is built beside its writers: its migration is a file of its own that begins with
//! `-- no-transaction` and says `CREATE INDEX CONCURRENTLY`, which is read without that word where there is but one writer.

use std::{borrow::Cow, time::Duration};

use sqlx::{
    AnyConnection, AssertSqlSafe, Connection as _, Executor as _, Row as _, SqlSafeStr as _,
    any::AnyConnectOptions,
    migrate::{Migrate as _, MigrateError, Migration, Migrator},
};
use tokio::time::{Instant, sleep};
use tracing::{info, warn};

use super::OpenError;

static MIGRATIONS: Migrator = {
    let mut migrator = sqlx::migrate!("../migrations");
    // A replica of the version before must start on a schema that a newer one has already extended.
    migrator.ignore_missing = true;
    // See `locked_out`.
    migrator.locking = false;
    migrator
};

/// For a lock that does not come; whoever wants one of the same kind waits behind it as long. What is done with it may take
/// its time, and so may the wait for another replica. One whose machine is gone is given up by the server after a minute.
const SESSION: &str = "SET lock_timeout = '500ms'; SET statement_timeout = 0; SET idle_in_transaction_session_timeout = 0; \
     SET tcp_keepalives_idle = 30; SET tcp_keepalives_interval = 10; SET tcp_keepalives_count = 3";
/// Between attempts, for those who waited behind the last one.
const PAUSE: Duration = Duration::from_millis(500);
/// Over all attempts.
const PATIENCE: Duration = Duration::from_secs(60);
/// For another replica to migrate: building an index on a large table takes its time.
const PATIENCE_WITH_ANOTHER: Duration = Duration::from_secs(15 * 60);
/// The lock of those who migrate: "peaka-mc" in ASCII.
const LOCK: i64 = 0x7065_616b_612d_6d63;

/// On a connection of its own: a migration may take longer than a request, and wait for as long as another replica's.
pub(super) async fn on_postgres(options: &AnyConnectOptions) -> Result<(), OpenError> {
    let mut connection = AnyConnection::connect_with(options).await.map_err(OpenError::Connect)?;
    connection.execute(SESSION).await.map_err(OpenError::Connect)?;
    // Most starts end here. Whatever keeps this from being known is told where it is tried in earnest.
    if is_up_to_date(&mut connection).await.unwrap_or(false) {
        return connection.close().await.map_err(OpenError::Connect);
    }
    lock_out_others(&mut connection, PATIENCE_WITH_ANOTHER).await?;
    let began = Instant::now();
    loop {
        match attempt(&mut connection).await {
            Ok(()) => break,
            Err(error) if !is_in_use(&error) => return Err(error.into()),
            Err(_) if began.elapsed() > PATIENCE => return Err(OpenError::Locked(PATIENCE)),
            Err(error) => {
                warn!(%error, "a migration waits for a table that is in use; trying again");
                sleep(PAUSE).await;
            }
        }
    }
    // The lock goes with the connection.
    connection.close().await.map_err(OpenError::Connect)
}

/// Whether every migration has been made, and is what it was then.
async fn is_up_to_date(connection: &mut AnyConnection) -> Result<bool, MigrateError> {
    let table = &MIGRATIONS.table_name;
    if connection.dirty_version(table).await?.is_some() {
        return Ok(false);
    }
    let made = connection.list_applied_migrations(table).await?;
    let is_made = |wanted: &Migration| {
        made.iter().any(|made| made.version == wanted.version && made.checksum == wanted.checksum)
    };
    Ok(MIGRATIONS.iter().all(is_made))
}

async fn attempt(connection: &mut AnyConnection) -> Result<(), MigrateError> {
    drop_unfinished(connection).await?;
    // `run_direct` is `run` in a form that a task may await.
    MIGRATIONS.run_direct(None, connection, false).await
}

/// The migrator locks others out on PostgreSQL alone; here one transaction around all of it does.
pub(super) async fn on_sqlite(options: &AnyConnectOptions) -> Result<(), OpenError> {
    let mut connection = AnyConnection::connect_with(options).await.map_err(OpenError::Connect)?;
    connection.execute("PRAGMA busy_timeout = 60000").await.map_err(OpenError::Connect)?;
    let mut transaction = connection.begin_with("BEGIN IMMEDIATE").await.map_err(OpenError::Connect)?;
    for_one_writer(&MIGRATIONS).run_direct(None, &mut *transaction, false).await?;
    transaction.commit().await.map_err(OpenError::Connect)?;
    connection.close().await.map_err(OpenError::Connect)
}

/// One replica migrates, the others wait. By asking again: a statement that waits for a lock holds a snapshot, and an index
/// that is built beside writers waits for all older snapshots to go, so that both would wait for each other.
async fn lock_out_others(connection: &mut AnyConnection, patience: Duration) -> Result<(), OpenError> {
    let began = Instant::now();
    let mut told = false;
    while !take_lock(connection).await.map_err(OpenError::Connect)? {
        let waited = began.elapsed();
        if !told || waited > patience {
            let process = lock_holder(connection).await.map_err(OpenError::Connect)?;
            if waited > patience {
                return Err(OpenError::Migrating { process, waited: patience });
            }
            info!(process, "another replica migrates the database; waiting for it");
            told = true;
        }
        sleep(Duration::from_millis(100)).await;
    }
    Ok(())
}

async fn take_lock(connection: &mut AnyConnection) -> Result<bool, sqlx::Error> {
    let row = sqlx::query("SELECT CASE WHEN pg_try_advisory_lock($1) THEN 1 ELSE 0 END")
        .bind(LOCK)
        .fetch_one(connection)
        .await?;
    Ok(row.try_get::<i32, _>(0)? == 1)
}

/// The process of the server that holds the lock; 0 if it has gone meanwhile. The lock's number is shown in two halves.
async fn lock_holder(connection: &mut AnyConnection) -> Result<i32, sqlx::Error> {
    let row = sqlx::query(
        "SELECT COALESCE(MAX(pid), 0) FROM pg_locks WHERE locktype = 'advisory' AND granted AND objsubid = 1 \
         AND classid::bigint = $1 AND objid::bigint = $2 \
         AND database = (SELECT oid FROM pg_database WHERE datname = current_database())",
    )
    .bind(LOCK >> 32)
    .bind(LOCK & 0xffff_ffff)
    .fetch_one(connection)
    .await?;
    row.try_get(0)
}

/// An index whose building was broken off stays behind and would pass for a whole one. What broke it off, such as a backup,
/// may still use the table, so it goes as it came: beside others, who would queue behind a plain DROP.
async fn drop_unfinished(connection: &mut AnyConnection) -> Result<(), sqlx::Error> {
    for migration in MIGRATIONS.iter().filter(|migration| migration.no_tx) {
        let Some(name) = index_of(migration) else { continue };
        let broken = sqlx::query(
            "SELECT 1 FROM pg_index JOIN pg_class ON pg_class.oid = indexrelid \
             WHERE relname = $1 AND relnamespace = current_schema()::regnamespace AND NOT indisvalid",
        )
        .bind(name)
        .fetch_optional(&mut *connection)
        .await?;
        if broken.is_some() {
            connection.execute(AssertSqlSafe(format!("DROP INDEX CONCURRENTLY {name}"))).await?;
        }
    }
    Ok(())
}

/// The index that a migration builds beside writers.
fn index_of(migration: &Migration) -> Option<&str> {
    let (_, after) = migration.sql.as_str().split_once("CONCURRENTLY IF NOT EXISTS ")?;
    after.split_whitespace().next()
}

/// A lock that did not come in time (55P03), or two who wait for each other (40P01).
fn is_in_use(error: &MigrateError) -> bool {
    let (MigrateError::Execute(error) | MigrateError::ExecuteMigration(error, _)) = error else {
        return false;
    };
    let code = error.as_database_error().and_then(|error| error.code());
    matches!(code.as_deref(), Some("55P03" | "40P01"))
}

/// The same migrations, by the same checksums, for an engine with one writer and within a transaction.
fn for_one_writer(migrator: &'static Migrator) -> Migrator {
    let plain = |migration: &Migration| {
        let mut migration = migration.clone();
        if migration.no_tx {
            let sql = migration.sql.as_str().replace("CONCURRENTLY ", "");
            migration.sql = AssertSqlSafe(sql).into_sql_str();
            migration.no_tx = false;
        }
        migration
    };
    Migrator {
        migrations: Cow::Owned(migrator.migrations.iter().map(plain).collect()),
        ignore_missing: migrator.ignore_missing,
        locking: migrator.locking,
        ..Migrator::DEFAULT
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// In the database that the tests' server has anyway: a lock of this kind holds within one, and theirs are others.
    #[tokio::test]
    #[expect(
        clippy::disallowed_methods,
        reason = "where the test's Postgres is, not configuration of the gateway"
    )]
    async fn whoever_migrates_without_end_is_named() {
        sqlx::any::install_default_drivers();
        let url = std::env::var("TEST_POSTGRES_URL").expect("TEST_POSTGRES_URL is not set");
        let mut migrating = AnyConnection::connect(&url).await.unwrap();
        let mut waiting = AnyConnection::connect(&url).await.unwrap();
        lock_out_others(&mut migrating, Duration::ZERO).await.unwrap();
        let pid: i32 = sqlx::query_scalar("SELECT pg_backend_pid()").fetch_one(&mut migrating).await.unwrap();
        let given_up = lock_out_others(&mut waiting, Duration::from_millis(300)).await;
        let Err(OpenError::Migrating { process, .. }) = &given_up else { panic!("{given_up:?}") };
        assert_eq!(*process, pid);
        migrating.close().await.unwrap();
        lock_out_others(&mut waiting, PATIENCE_WITH_ANOTHER).await.unwrap();
        waiting.close().await.unwrap();
    }

    /// Two that were written at the same time: the second would be refused as the first once more.
    #[test]
    fn each_has_a_number_of_its_own() {
        let versions: Vec<i64> = MIGRATIONS.iter().map(|migration| migration.version).collect();
        assert!(versions.is_sorted_by(|a, b| a < b), "{versions:?}");
    }

    /// Those before were released on empty tables only.
    const FROM: i64 = 10;

    /// Whoever builds an index on a table that exists must do so beside its writers.
    #[test]
    fn no_index_locks_writers_out() {
        for migration in MIGRATIONS.iter().filter(|migration| migration.version >= FROM) {
            let sql = migration.sql.as_str();
            let made_here = |line: &&str| {
                let table = line.split(" ON ").nth(1).and_then(|rest| rest.split([' ', '(']).next());
                table.is_some_and(|table| sql.contains(&format!("CREATE TABLE {table} ")))
            };
            let locking = sql
                .lines()
                .filter(|line| {
                    line.starts_with("CREATE") && line.contains(" INDEX ") && !line.contains("CONCURRENTLY")
                })
                .find(|line| !made_here(line));
            assert_eq!(locking, None, "migration {}", migration.version);
            assert_eq!(migration.no_tx, sql.contains("CONCURRENTLY"), "migration {}", migration.version);
            if migration.no_tx {
                assert_eq!(
                    sql.matches(';').count(),
                    1,
                    "migration {}: one statement, or it is a transaction",
                    migration.version
                );
                assert!(index_of(migration).is_some(), "migration {}: IF NOT EXISTS", migration.version);
            }
        }
    }
}
