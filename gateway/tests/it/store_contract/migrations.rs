//! Opening a store: again, by several at once, on a schema that a newer version has extended.

use std::time::Duration;

use gateway::store::{OpenError, Store};
use sqlx::Connection as _;

use super::{
    all,
    database::Database,
    on_both,
    samples::{NOW, add_session, session},
    world::{World, settings},
};

on_both!(it_is_migrated_once, a_newer_schema_is_borne_with, a_changed_migration_is_refused);

async fn it_is_migrated_once(world: World) {
    add_session(&world.store, &session("s")).await;
    let before = world.number("SELECT COUNT(*) FROM _sqlx_migrations").await;
    let again = Store::connect(&world.settings).await.unwrap();
    assert!(again.session("s").await.unwrap().is_some());
    assert_eq!(world.number("SELECT COUNT(*) FROM _sqlx_migrations").await, before);
}

/// A replica of the version before starts while the new one is being rolled out.
async fn a_newer_schema_is_borne_with(world: World) {
    add_session(&world.store, &session("s")).await;
    world
        .meddle(
            "ALTER TABLE sessions ADD COLUMN of_tomorrow TEXT;
             INSERT INTO _sqlx_migrations (version, description, success, checksum, execution_time)
             SELECT 9999, 'of tomorrow', success, checksum, 0 FROM _sqlx_migrations WHERE version = 1;",
        )
        .await;
    let older = Store::connect(&world.settings).await.unwrap();
    assert!(older.session("s").await.unwrap().is_some());
    assert!(
        older
            .advance_session("s", "client", 1, None, NOW, NOW.plus(Duration::from_secs(9)))
            .await
            .unwrap()
            .is_some()
    );
    add_session(&older, &session("new")).await;
}

async fn a_changed_migration_is_refused(world: World) {
    let other = if world.is_postgres() { "'\\x00'::bytea" } else { "x'00'" };
    world.meddle(&format!("UPDATE _sqlx_migrations SET checksum = {other} WHERE version = 1")).await;
    assert!(matches!(Store::connect(&world.settings).await, Err(OpenError::Migrate(_))));
}

async fn open_at_once(url: String) {
    let settings = settings(url);
    let openers = (0..8).map(|_| {
        let settings = settings.clone();
        tokio::spawn(async move { Store::connect(&settings).await.map(|_| ()) })
    });
    for opened in all(openers).await {
        opened.unwrap();
    }
    Store::connect(&settings).await.unwrap().ping().await.unwrap();
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn several_open_an_empty_postgres_at_once() {
    let database = Database::create().await;
    open_at_once(database.url.clone()).await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn several_open_an_empty_sqlite_at_once() {
    let dir = tempfile::tempdir().unwrap();
    open_at_once(format!("sqlite://{}?mode=rwc", dir.path().join("store.db").display())).await;
}

#[tokio::test]
async fn an_address_of_neither_engine_is_refused() {
    for url in ["mysql://localhost/x", "nonsense", ""] {
        assert!(matches!(Store::connect(&settings(url.to_owned())).await, Err(OpenError::Url(_))), "{url}");
    }
}

/// Whoever starts while another replica migrates waits for it, however long that takes.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_long_migration_is_waited_for() {
    const WAITING: &str = "SELECT COUNT(*) FROM pg_locks WHERE NOT granted";
    let world = World::postgres().await;
    let mut migrating = world.raw().await;
    let mut transaction = migrating.begin().await.unwrap();
    sqlx::raw_sql("LOCK TABLE _sqlx_migrations").execute(&mut *transaction).await.unwrap();
    let settings = world.settings.clone();
    let opening = tokio::spawn(async move { Store::connect(&settings).await.map(|_| ()) });
    while world.number(WAITING).await == 0 {
        assert!(!opening.is_finished(), "it should wait");
        tokio::time::sleep(Duration::from_millis(10)).await;
    }
    // Longer than any statement of a request may take.
    tokio::time::sleep(Duration::from_millis(2300)).await;
    transaction.commit().await.unwrap();
    opening.await.unwrap().unwrap();
}

/// "peaka-mc" in ASCII.
const LOCK: &str = "SELECT pg_advisory_lock(8098986618715467107)";

/// Replicas that have nothing to migrate do not ask who does.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn nobody_is_waited_for_where_nothing_is_due() {
    let world = World::postgres().await;
    let mut migrating = world.raw().await;
    sqlx::raw_sql(LOCK).execute(&mut migrating).await.unwrap();
    tokio::time::timeout(Duration::from_secs(20), Store::connect(&world.settings)).await.unwrap().unwrap();
}

const BUSY: &str = "SELECT COUNT(*) FROM pg_locks WHERE NOT granted AND locktype = 'relation'";

/// Undoes the newest migration, which builds an index beside writers.
const WITHOUT_INDEX: &str = "DROP INDEX sessions_client; DELETE FROM _sqlx_migrations WHERE version = 10";
const INDEXED: &str =
    "SELECT COUNT(*) FROM pg_index WHERE indexrelid = 'sessions_client'::regclass AND indisvalid";

/// A table that is in use must not become one that nobody can use: who queues behind the migration's lock is let through.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_migration_that_waits_for_a_table_lets_others_pass() {
    let world = World::postgres().await;
    world
        .meddle("ALTER TABLE authorizations DROP COLUMN device; DELETE FROM _sqlx_migrations WHERE version = 5;
                 DROP TABLE sign_ins, calls, webhook_deliveries; ALTER TABLE authorizations DROP COLUMN session_seconds;
                 ALTER TABLE sessions DROP COLUMN device")
        .await;
    let mut reader = world.raw().await;
    let mut reading = reader.begin().await.unwrap();
    sqlx::raw_sql("SELECT COUNT(*) FROM authorizations").execute(&mut *reading).await.unwrap();
    let settings = world.settings.clone();
    let opening = tokio::spawn(async move { Store::connect(&settings).await.map(|_| ()) });
    while world.number(BUSY).await == 0 {
        assert!(!opening.is_finished(), "it should wait");
        tokio::time::sleep(Duration::from_millis(5)).await;
    }
    // Behind the migration, which waits for the reader; in time, as the migration gives up and tries again.
    assert_eq!(world.number("SELECT COUNT(*) FROM authorizations").await, 0);
    assert!(!opening.is_finished(), "the reader still reads");
    reading.rollback().await.unwrap();
    opening.await.unwrap().unwrap();
}

/// As if a replica had been killed while it built the index.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn an_index_that_was_broken_off_is_built_anew() {
    let world = World::postgres().await;
    world.meddle("DELETE FROM _sqlx_migrations WHERE version = 10").await;
    world
        .meddle("UPDATE pg_index SET indisvalid = false WHERE indexrelid = 'sessions_client'::regclass")
        .await;
    assert_eq!(world.number(INDEXED).await, 0);
    Store::connect(&world.settings).await.unwrap();
    assert_eq!(world.number(INDEXED).await, 1);
}

/// Several replicas start while one builds an index, and somebody writes all the while.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn an_index_is_built_beside_writers() {
    let world = World::postgres().await;
    world.meddle(WITHOUT_INDEX).await;
    let mut writer = world.raw().await;
    let mut writing = writer.begin().await.unwrap();
    sqlx::raw_sql("UPDATE sessions SET generation = generation").execute(&mut *writing).await.unwrap();
    let settings = world.settings.clone();
    let openers = (0..4).map(|_| {
        let settings = settings.clone();
        tokio::spawn(async move { Store::connect(&settings).await.map(|_| ()) })
    });
    let openers: Vec<_> = openers.collect();
    while world.number("SELECT COUNT(*) FROM pg_stat_progress_create_index").await == 0 {
        assert!(!openers.iter().all(tokio::task::JoinHandle::is_finished), "it should wait for the writer");
        tokio::time::sleep(Duration::from_millis(5)).await;
    }
    // Others write while the index is being built.
    add_session(&world.store, &session("meanwhile")).await;
    // As long as several attempts last: each leaves an index behind that is not whole, and must go before the next.
    tokio::time::sleep(Duration::from_secs(3)).await;
    writing.rollback().await.unwrap();
    for opened in all(openers).await {
        opened.unwrap();
    }
    assert_eq!(world.number(INDEXED).await, 1);
}
