//! A running gateway: its two listeners and the tasks beside them.

use std::sync::Arc;

use shared::{
    clock::SharedClock,
    serve::{Limits, Workers, serve, serve_on},
};
use tokio::net::TcpListener;
use tokio_util::sync::CancellationToken;
use tracing::info;

use crate::{
    app::{App, StartError},
    config::Config,
    router::{self, Public},
};

/// A gateway that has opened its stores and is ready to serve.
#[derive(Debug)]
pub struct Gateway {
    app: Arc<App>,
    workers: Workers,
}

impl Gateway {
    /// Opens everything that is needed; nothing is served yet.
    pub async fn start(config: Config, clock: SharedClock) -> Result<Self, StartError> {
        Ok(Self {
            app: App::start(config, clock).await?,
            workers: Workers::start().map_err(StartError::Workers)?,
        })
    }

    /// Serves both listeners until `shutdown` and for as long after it as the configuration says, then drains them.
    /// Readiness tells of `shutdown` at once.
    pub async fn serve(self, public: TcpListener, internal: TcpListener, shutdown: CancellationToken) {
        info!(issuer = %self.app.issuer, "the gateway serves");
        let closing = self.app.leaving.after(&shutdown);
        {
            let (app, shutdown) = (Arc::clone(&self.app), shutdown.clone());
            tokio::spawn(async move {
                shutdown.cancelled().await;
                app.told_to_leave.cancel();
            });
        }
        let limits = Limits { drain: self.app.leaving.drain, ..Limits::default() };
        // The internal listener outlives the public one: requests that are being drained still exchange tokens there, and
        // still have to end with their session.
        let drained = CancellationToken::new();
        let follower = {
            let (app, shutdown) = (Arc::clone(&self.app), drained.clone());
            tokio::spawn(async move { app.revocation.follow(shutdown).await })
        };
        // Who drains for long still needs the keys that others rotate meanwhile.
        let keeper = {
            let (app, shutdown) = (Arc::clone(&self.app), drained.clone());
            tokio::spawn(async move { app.housekeeping.run(shutdown).await })
        };
        let auditor = {
            let (app, shutdown) = (Arc::clone(&self.app), drained.clone());
            tokio::spawn(async move { app.audit.run(shutdown).await })
        };
        let teller = {
            let (app, shutdown) = (Arc::clone(&self.app), shutdown.clone());
            tokio::spawn(async move { app.notices.run(&shutdown).await })
        };
        let counter = {
            let (app, shutdown) = (Arc::clone(&self.app), drained.clone());
            tokio::spawn(async move { app.usage.follow(shutdown).await })
        };
        let forgetter = {
            let (app, shutdown) = (Arc::clone(&self.app), drained.clone());
            tokio::spawn(async move { app.access_tokens.follow(shutdown).await })
        };
        let internal =
            tokio::spawn(serve(internal, router::internal(Arc::clone(&self.app)), limits, drained.clone()));
        let scout = {
            let (app, shutdown) = (Arc::clone(&self.app), drained.clone());
            tokio::spawn(async move { app.upstream.follow(shutdown).await })
        };
        let handler = Public::new(Arc::clone(&self.app));
        let limits = Limits { connections: self.app.capacity.connections, ..limits };
        serve_on(&self.workers, public, handler, limits, closing).await;
        drained.cancel();
        let _ = tokio::join!(internal, follower, keeper, auditor, counter, forgetter, teller, scout);
        self.app.store.close().await;
        info!("the gateway has stopped");
    }
}
