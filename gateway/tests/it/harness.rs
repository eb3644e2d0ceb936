//! A gateway in this process, on real sockets, with the local Peaka and a double of the backend beside it, and a clock
//! that only the test moves.

mod backend;
mod browser;
mod client;
mod database;
mod form;
mod raw;
mod reply;

use std::{net::SocketAddr, sync::Arc, time::Duration};

use gateway::{Config, Gateway};
use shared::{
    clock::{Clock as _, ManualClock, SystemClock, Timestamp},
    env::Env,
    http_client::{Deadlines, builder},
};
use standin::Standin;
use tempfile::TempDir;
use tokio::net::TcpListener;
use tokio_util::sync::CancellationToken;

pub(crate) use self::{
    backend::{Answer, Backend, Seen},
    browser::Browser,
    client::{Client, Tokens, VERIFIER},
    database::Database,
    form::Form,
    reply::{Reply, parameters},
};

use crate::replicas::process::{Replica, free_port};

/// When every test begins.
pub(crate) const NOW: Timestamp = Timestamp::from_seconds(1_800_000_000);

/// What the stored keys lie under.
pub(crate) const MASTER_KEY: &str = "AAECAwQFBgcICQoLDA0ODxAREhMUFRYXGBkaGxwdHh8";

/// The gateway and everything around it.
pub(crate) struct World {
    /// The issuer: what clients and browsers call.
    pub(crate) origin: String,
    /// The internal listener.
    pub(crate) internal: String,
    pub(crate) clock: Arc<ManualClock>,
    pub(crate) peaka: Standin,
    pub(crate) backend: Backend,
    pub(crate) database: Database,
    /// Follows no redirect and keeps no cookie.
    pub(crate) http: reqwest::Client,
    /// The gateway, where it is a process of its own; `clock` is not its clock then.
    pub(crate) process: Option<Replica>,
    shutdown: CancellationToken,
    _directory: TempDir,
}

impl Drop for World {
    fn drop(&mut self) {
        self.shutdown.cancel();
    }
}

impl World {
    pub(crate) async fn start() -> Self {
        Self::start_with(&[]).await
    }

    /// With further variables; one of the usual names replaces the usual value.
    pub(crate) async fn start_with(variables: &[(&str, &str)]) -> Self {
        let options = standin::Options::default();
        let (client_id, client_secret) = (options.client_id.clone(), options.client_secret.clone());
        let peaka = Standin::start(options).await.unwrap();
        let backend = Backend::start().await;
        let directory = tempfile::tempdir().unwrap();
        let file = directory.path().join("gateway.db").display().to_string();
        let public = TcpListener::bind("127.0.0.1:0").await.unwrap();
        let internal_listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
        // Clients compare it with what they were given, so it has to be known before the gateway starts.
        let origin = format!("http://localhost:{}", public.local_addr().unwrap().port());
        let internal = format!("http://{}", internal_listener.local_addr().unwrap());
        let (database_url, partner_api) = (format!("sqlite://{file}?mode=rwc"), peaka.partner_api_url());
        let usual = [
            ("GATEWAY_PUBLIC_URL", origin.as_str()),
            ("GATEWAY_BACKEND_URL", backend.origin.as_str()),
            ("GATEWAY_DATABASE_URL", database_url.as_str()),
            ("GATEWAY_DATABASE_CONNECTIONS", "4"),
            ("GATEWAY_MASTER_KEYS", MASTER_KEY),
            ("PEAKA_ISSUER", peaka.url()),
            ("PEAKA_CLIENT_ID", client_id.as_str()),
            ("PEAKA_CLIENT_SECRET", client_secret.as_str()),
            ("PARTNER_API_BASE_URL", partner_api.as_str()),
        ];
        let config = Config::read(Env::of(usual.iter().chain(variables).copied())).unwrap();
        let clock = Arc::new(ManualClock::starting_at(NOW));
        let gateway = Gateway::start(config, clock.clone()).await.unwrap();
        let database = Database::open(&file).await;
        let shutdown = CancellationToken::new();
        let address = public.local_addr().unwrap();
        tokio::spawn(gateway.serve(public, internal_listener, shutdown.clone()));
        Self {
            http: http_client(address),
            origin,
            internal,
            clock,
            peaka,
            backend,
            database,
            process: None,
            shutdown,
            _directory: directory,
        }
    }

    /// The same with the gateway in a process of its own, as it is deployed.
    pub(crate) async fn start_process_with(variables: &[(&str, &str)]) -> Self {
        let options = standin::Options::default();
        let (client_id, client_secret) = (options.client_id.clone(), options.client_secret.clone());
        let peaka = Standin::start(options).await.unwrap();
        let backend = Backend::start().await;
        let directory = tempfile::tempdir().unwrap();
        let file = directory.path().join("gateway.db").display().to_string();
        let port = free_port();
        let origin = format!("http://localhost:{port}");
        let (database_url, partner_api) = (format!("sqlite://{file}?mode=rwc"), peaka.partner_api_url());
        let usual = [
            ("GATEWAY_PUBLIC_URL", origin.as_str()),
            ("GATEWAY_BACKEND_URL", backend.origin.as_str()),
            ("GATEWAY_DATABASE_URL", database_url.as_str()),
            ("GATEWAY_DATABASE_CONNECTIONS", "4"),
            ("GATEWAY_MASTER_KEYS", MASTER_KEY),
            ("PEAKA_ISSUER", peaka.url()),
            ("PEAKA_CLIENT_ID", client_id.as_str()),
            ("PEAKA_CLIENT_SECRET", client_secret.as_str()),
            ("PARTNER_API_BASE_URL", partner_api.as_str()),
        ];
        let all =
            usual.iter().chain(variables).map(|(name, value)| ((*name).to_owned(), (*value).to_owned()));
        let mut process = Replica::start(port, all.collect(), directory.path().join("gateway.log"));
        let http = http_client(SocketAddr::from(([127, 0, 0, 1], port)));
        process.ready(&http).await;
        Self {
            http,
            origin,
            internal: process.internal.clone(),
            clock: Arc::new(ManualClock::starting_at(SystemClock.now())),
            peaka,
            backend,
            database: Database::open(&file).await,
            process: Some(process),
            shutdown: CancellationToken::new(),
            _directory: directory,
        }
    }

    /// An address of the public listener.
    pub(crate) fn url(&self, path: &str) -> String {
        format!("{}{path}", self.origin)
    }

    pub(crate) async fn get(&self, path: &str) -> Reply {
        self.get_with(path, &[]).await
    }

    pub(crate) async fn get_with(&self, path: &str, headers: &[(&str, &str)]) -> Reply {
        let mut request = self.http.get(self.url(path));
        for (name, value) in headers {
            request = request.header(*name, *value);
        }
        Reply::of(request.send().await.unwrap()).await
    }

    /// A form post, as a client makes it.
    pub(crate) async fn post(&self, path: &str, form: &Form) -> Reply {
        self.post_with(path, form, &[]).await
    }

    pub(crate) async fn post_with(&self, path: &str, form: &Form, headers: &[(&str, &str)]) -> Reply {
        let mut request = self
            .http
            .post(self.url(path))
            .header("content-type", "application/x-www-form-urlencoded")
            .body(form.encode());
        for (name, value) in headers {
            request = request.header(*name, *value);
        }
        Reply::of(request.send().await.unwrap()).await
    }

    /// Moves time.
    pub(crate) fn pass(&self, seconds: u64) {
        self.clock.advance(Duration::from_secs(seconds));
    }
}

/// The public name resolves to where the listener is, whatever this machine thinks of `localhost`.
fn http_client(address: SocketAddr) -> reqwest::Client {
    let deadlines = Deadlines { connect: Duration::from_secs(5), total: Some(Duration::from_secs(50)) };
    builder("a test", deadlines).resolve("localhost", address).build().unwrap()
}
