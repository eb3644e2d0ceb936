//! Two replicas, a local Peaka for them to sign people in at, and what lies beneath.

use std::time::Duration;

use shared::http_client::{self, Deadlines};
use sqlx::{Connection as _, PgConnection};
use standin::{Options, Standin};
use tempfile::TempDir;

use super::process::{Replica, free_port};
use crate::store_contract::database::Database;

/// Whether the replicas have a Redis.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Redis {
    With,
    Without,
}

pub(crate) struct Cluster {
    // In the order in which they have to go.
    pub(crate) a: Replica,
    pub(crate) b: Replica,
    pub(crate) http: reqwest::Client,
    /// What both call themselves: the address of the first.
    pub(crate) issuer: String,
    pub(crate) peaka: Standin,
    database: Database,
    #[expect(dead_code, reason = "the logs are in it")]
    logs: TempDir,
}

impl Cluster {
    /// Starts both at the same instant, on an empty database, and waits until both are ready.
    pub(crate) async fn start(redis: Redis) -> Self {
        Self::start_with(redis, &[]).await
    }

    /// The same with further variables.
    pub(crate) async fn start_with(redis: Redis, further: &[(&str, &str)]) -> Self {
        let (database, peaka) = (Database::create().await, Standin::start(Options::default()).await.unwrap());
        let logs = tempfile::tempdir().unwrap();
        let ports = (free_port(), free_port());
        let issuer = format!("http://localhost:{}", ports.0);
        let mut variables = variables(redis, &issuer, &database, &peaka);
        variables.extend(further.iter().map(|(name, value)| ((*name).to_owned(), (*value).to_owned())));
        let a = Replica::start(ports.0, variables.clone(), logs.path().join("a.log"));
        let b = Replica::start(ports.1, variables, logs.path().join("b.log"));
        let deadlines = Deadlines { connect: Duration::from_secs(5), total: Some(Duration::from_secs(30)) };
        let http = http_client::builder("replicas-test", deadlines).build().unwrap();
        let mut cluster = Self { a, b, http, issuer, peaka, database, logs };
        cluster.ready().await;
        cluster
    }

    /// Waits until both are ready.
    pub(crate) async fn ready(&mut self) {
        self.a.ready(&self.http).await;
        self.b.ready(&self.http).await;
    }

    /// The public origins of both.
    pub(crate) fn urls(&self) -> [String; 2] {
        [self.a.url.clone(), self.b.url.clone()]
    }

    /// The one number that a query gives.
    pub(crate) async fn number(&self, sql: &'static str) -> i64 {
        let mut connection = PgConnection::connect(&self.database.url).await.unwrap();
        let number = sqlx::query_scalar(sql).fetch_one(&mut connection).await.unwrap();
        connection.close().await.unwrap();
        number
    }
}

fn variables(redis: Redis, issuer: &str, database: &Database, peaka: &Standin) -> Vec<(String, String)> {
    let peaka_client = Options::default();
    let mut variables = vec![
        ("GATEWAY_PUBLIC_URL", issuer),
        ("GATEWAY_DATABASE_URL", &database.url),
        ("GATEWAY_MASTER_KEYS", "AAECAwQFBgcICQoLDA0ODxAREhMUFRYXGBkaGxwdHh8"),
        // Nobody listens there: these tests are about what happens before a request goes on.
        ("GATEWAY_BACKEND_URL", "http://127.0.0.1:1"),
        // So that each request can come from an address of its own, and no rate limit is met.
        ("GATEWAY_TRUSTED_PROXIES", "127.0.0.0/8"),
        ("PEAKA_ISSUER", peaka.url()),
        ("PEAKA_CLIENT_ID", &peaka_client.client_id),
        ("PEAKA_CLIENT_SECRET", &peaka_client.client_secret),
    ];
    let partner_api = peaka.partner_api_url();
    variables.push(("PARTNER_API_BASE_URL", &partner_api));
    let redis_url;
    if redis == Redis::With {
        redis_url = self::redis_url();
        variables.push(("GATEWAY_REDIS_URL", &redis_url));
    }
    variables.into_iter().map(|(name, value)| (name.to_owned(), value.to_owned())).collect()
}

#[expect(clippy::disallowed_methods, reason = "where the test's Redis is, not configuration of the gateway")]
fn redis_url() -> String {
    std::env::var("TEST_REDIS_URL")
        .expect("TEST_REDIS_URL is not set; `deploy/test` starts a Redis and sets it, or set it yourself")
}
