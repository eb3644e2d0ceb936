#![doc = include_str!("../README.md")]

mod api;
mod app;
mod chance;
mod control;
pub mod demo;
mod error;
mod faults;
mod oauth;
mod options;
mod requests;
mod router;
mod server;
mod sql;
mod studio;
mod sync;
mod time;
mod watch;
mod world;

use std::sync::Arc;

use tokio::{net::TcpListener, task::JoinHandle};
use tokio_util::sync::CancellationToken;

use crate::{app::App, options::SwitchesChange};
pub use crate::{
    error::StandinError,
    faults::{Fault, FaultKind, Faults},
    options::Options,
    requests::{Bearer, SeenRequest},
};

/// A running stand-in. Dropping it ends it.
#[derive(Debug)]
pub struct Standin {
    app: Arc<App>,
    shutdown: CancellationToken,
    server: Option<JoinHandle<()>>,
}

impl Standin {
    /// Starts one on a free port of 127.0.0.1.
    ///
    /// # Errors
    ///
    /// If no port can be had, or the data directory cannot be used.
    pub async fn start(options: Options) -> Result<Self, StandinError> {
        Self::start_on(options, TcpListener::bind("127.0.0.1:0").await.map_err(StandinError::Listen)?).await
    }

    /// Starts one on a socket that listens already.
    ///
    /// # Errors
    ///
    /// If the data directory cannot be used.
    pub async fn start_on(options: Options, listener: TcpListener) -> Result<Self, StandinError> {
        let address = listener.local_addr().map_err(StandinError::Listen)?;
        let issuer = match &options.issuer {
            Some(issuer) => issuer.trim_end_matches('/').to_owned(),
            None => format!("http://127.0.0.1:{}", address.port()),
        };
        let app = Arc::new(App::new(issuer, options)?);
        let shutdown = CancellationToken::new();
        let server =
            tokio::spawn(server::serve(listener, router::router(Arc::clone(&app)), shutdown.clone()));
        Ok(Self { app, shutdown, server: Some(server) })
    }

    /// The issuer and base URL, without a trailing slash.
    pub fn url(&self) -> &str {
        &self.app.issuer
    }

    /// The base URL of the Partner API: `{url}/api/v1`.
    pub fn partner_api_url(&self) -> String {
        format!("{}/api/v1", self.url())
    }

    /// The base URL of the switches: `{url}/control`.
    pub fn control_url(&self) -> String {
        format!("{}/control", self.url())
    }

    /// The faults on demand.
    pub fn faults(&self) -> &Faults {
        &self.app.faults
    }

    /// The requests that reached the Partner API so far, oldest first; the newest 10,000.
    pub fn requests(&self) -> Vec<SeenRequest> {
        self.app.requests.all()
    }

    /// Forgets the requests seen so far.
    pub fn clear_requests(&self) {
        self.app.requests.clear();
    }

    /// Ends all sign-ins of a person: their access tokens get 401, their refresh tokens `invalid_grant`, and the
    /// consent page is shown again. Returns how many there were.
    pub fn revoke(&self, email: &str) -> usize {
        self.app.grants.revoke(&email.trim().to_lowercase())
    }

    /// Makes all access tokens handed out so far answer 401; refresh tokens go on working.
    pub fn expire_access_tokens(&self) {
        self.app.grants.expire_access_tokens();
    }

    /// Whether a refresh ends the old refresh token from now on.
    pub fn rotate_refresh_tokens(&self, rotate: bool) {
        self.app.switch(SwitchesChange { rotate_refresh_tokens: Some(rotate), ..SwitchesChange::default() });
    }

    /// The life of access tokens issued from now on, in seconds.
    pub fn access_token_seconds(&self, seconds: u64) {
        self.app.switch(SwitchesChange { access_token_seconds: Some(seconds), ..SwitchesChange::default() });
    }

    /// How long caches, materialized queries and metadata take to come up to date, from now on and for those under
    /// way, in milliseconds (1500 unless changed).
    pub fn sync_millis(&self, millis: u64) {
        self.app.switch(SwitchesChange { sync_ms: Some(millis), ..SwitchesChange::default() });
    }

    /// Lets the requests under way finish, and ends.
    pub async fn shutdown(mut self) {
        self.shutdown.cancel();
        if let Some(server) = self.server.take()
            && let Err(error) = server.await
        {
            tracing::error!(%error, "the server ended badly");
        }
    }
}

impl Drop for Standin {
    fn drop(&mut self) {
        self.shutdown.cancel();
    }
}
