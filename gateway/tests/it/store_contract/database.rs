//! A fresh PostgreSQL database, gone when the test is over.

use std::hash::{BuildHasher as _, RandomState};

use sqlx::{AssertSqlSafe, Connection as _, PgConnection};
use url::Url;

/// A database of its own on the test server.
pub(crate) struct Database {
    server: String,
    name: String,
    /// Where it is.
    pub(crate) url: String,
}

impl Database {
    pub(crate) async fn create() -> Self {
        let server = postgres_url();
        // Tests share one server, and runs do.
        let name = format!("test_{:x}", RandomState::new().hash_one(0));
        let mut connection = PgConnection::connect(&server).await.expect("no Postgres at TEST_POSTGRES_URL");
        // template0: nobody can be connected to it, which would keep it from being copied.
        let create = format!("CREATE DATABASE {name} TEMPLATE template0");
        sqlx::raw_sql(AssertSqlSafe(create)).execute(&mut connection).await.unwrap();
        connection.close().await.unwrap();
        let mut url = Url::parse(&server).unwrap();
        url.set_path(&name);
        Self { server, name, url: url.into() }
    }
}

impl Drop for Database {
    fn drop(&mut self) {
        let (server, name) = (self.server.clone(), self.name.clone());
        // The test's runtime may be ending, so this has one of its own. A database that stays is no failure.
        let dropper = std::thread::spawn(move || {
            let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build()?;
            runtime.block_on(async {
                let mut connection = PgConnection::connect(&server).await?;
                let drop = format!("DROP DATABASE IF EXISTS {name} WITH (FORCE)");
                sqlx::raw_sql(AssertSqlSafe(drop)).execute(&mut connection).await?;
                connection.close().await
            })
        });
        let _ = dropper.join();
    }
}

#[expect(
    clippy::disallowed_methods,
    reason = "where the test's Postgres is, not configuration of the gateway"
)]
fn postgres_url() -> String {
    std::env::var("TEST_POSTGRES_URL").expect(
        "TEST_POSTGRES_URL is not set; `deploy/test` starts a Postgres and sets it, or set it yourself",
    )
}
