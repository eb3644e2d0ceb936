//! A gateway that listens nowhere, with a look past it at the rows.

use std::{
    hash::{BuildHasher as _, RandomState},
    sync::Arc,
};

use shared::{
    clock::{ManualClock, Timestamp},
    env::Env,
};
use sqlx::{AnyPool, AssertSqlSafe, any::AnyPoolOptions};
use tempfile::TempDir;

use crate::{App, Config};

pub(super) struct World {
    pub(super) app: Arc<App>,
    pub(super) clock: Arc<ManualClock>,
    pub(super) rows: AnyPool,
    /// The Postgres server and the database on it that is this world's own.
    server: Option<(String, String)>,
    _directory: TempDir,
}

impl World {
    pub(super) async fn sqlite() -> Self {
        let directory = tempfile::tempdir().unwrap();
        let url = format!("sqlite://{}?mode=rwc", directory.path().join("gateway.db").display());
        Self::open(url, None, directory).await
    }

    pub(super) async fn postgres() -> Self {
        sqlx::any::install_default_drivers();
        let (server, name) = (server(), format!("test_{:x}", RandomState::new().hash_one(0)));
        let pool = AnyPool::connect(&server).await.expect("no Postgres at TEST_POSTGRES_URL");
        let create = format!("CREATE DATABASE {name} TEMPLATE template0");
        sqlx::raw_sql(AssertSqlSafe(create)).execute(&pool).await.unwrap();
        pool.close().await;
        let mut url = url::Url::parse(&server).unwrap();
        url.set_path(&name);
        Self::open(url.into(), Some((server, name)), tempfile::tempdir().unwrap()).await
    }

    async fn open(url: String, server: Option<(String, String)>, directory: TempDir) -> Self {
        let config = Config::read(Env::of([
            ("GATEWAY_PUBLIC_URL", "https://mcp.example"),
            ("GATEWAY_DATABASE_URL", url.as_str()),
            ("GATEWAY_DATABASE_CONNECTIONS", "4"),
            ("GATEWAY_MASTER_KEYS", "AAECAwQFBgcICQoLDA0ODxAREhMUFRYXGBkaGxwdHh8"),
            ("PEAKA_ISSUER", "https://peaka.example"),
            ("PEAKA_CLIENT_ID", "gateway"),
            ("PEAKA_CLIENT_SECRET", "secret"),
        ]));
        let clock = Arc::new(ManualClock::starting_at(Timestamp::from_seconds(1_800_000_000)));
        let app = App::start(config.unwrap(), clock.clone()).await.unwrap();
        let rows = AnyPoolOptions::new().max_connections(1).connect(&url).await.unwrap();
        Self { app, clock, rows, server, _directory: directory }
    }

    pub(super) async fn close(self) {
        self.app.store.close().await;
        self.rows.close().await;
        if let Some((server, name)) = self.server {
            let pool = AnyPool::connect(&server).await.unwrap();
            let drop = format!("DROP DATABASE IF EXISTS {name} WITH (FORCE)");
            sqlx::raw_sql(AssertSqlSafe(drop)).execute(&pool).await.unwrap();
        }
    }
}

#[expect(
    clippy::disallowed_methods,
    reason = "where the test's Postgres is, not configuration of the gateway"
)]
fn server() -> String {
    std::env::var("TEST_POSTGRES_URL")
        .expect("TEST_POSTGRES_URL is not set; `deploy/test` starts a Postgres and sets it")
}
