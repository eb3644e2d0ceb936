//! A store on one of the two engines, and a look past it at the rows themselves.

use std::time::Duration;

use gateway::store::{Store, StoreSettings};
use secrecy::{ExposeSecret as _, SecretString};
use sqlx::{AnyConnection, AssertSqlSafe, Connection as _};
use tempfile::TempDir;

use super::database::Database;

/// Where the rows are; it goes with the world.
enum Place {
    File(#[expect(dead_code, reason = "held until the test ends")] TempDir),
    Server(#[expect(dead_code, reason = "held until the test ends")] Database),
}

pub(crate) struct World {
    pub(crate) store: Store,
    pub(crate) settings: StoreSettings,
    place: Place,
}

impl World {
    pub(crate) async fn sqlite() -> Self {
        let dir = tempfile::tempdir().unwrap();
        let url = format!("sqlite://{}?mode=rwc", dir.path().join("store.db").display());
        Self::open(url, Place::File(dir)).await
    }

    pub(crate) async fn postgres() -> Self {
        let database = Database::create().await;
        Self::open(database.url.clone(), Place::Server(database)).await
    }

    async fn open(url: String, place: Place) -> Self {
        let settings = settings(url);
        Self { store: Store::connect(&settings).await.unwrap(), settings, place }
    }

    pub(crate) const fn is_postgres(&self) -> bool {
        matches!(self.place, Place::Server(_))
    }

    /// Where the store is.
    pub(crate) fn url(&self) -> String {
        self.settings.url.expose_secret().to_owned()
    }

    /// A connection that knows nothing of the store.
    pub(crate) async fn raw(&self) -> AnyConnection {
        AnyConnection::connect(self.settings.url.expose_secret()).await.unwrap()
    }

    /// Runs SQL behind the store's back.
    pub(crate) async fn meddle(&self, sql: &str) {
        let mut raw = self.raw().await;
        sqlx::raw_sql(AssertSqlSafe(sql)).execute(&mut raw).await.unwrap();
        raw.close().await.unwrap();
    }

    /// The one number that a query gives.
    pub(crate) async fn number(&self, sql: &'static str) -> i64 {
        let mut raw = self.raw().await;
        let number = sqlx::query_scalar(sql).fetch_one(&mut raw).await.unwrap();
        raw.close().await.unwrap();
        number
    }
}

/// As many connections as a replica has, and patience for a busy machine.
pub(crate) fn settings(url: String) -> StoreSettings {
    StoreSettings {
        url: SecretString::from(url),
        connections: 8,
        replicas: 1,
        acquire: Duration::from_secs(30),
    }
}
