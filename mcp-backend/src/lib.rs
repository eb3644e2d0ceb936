#![doc = include_str!("../README.md")]

mod bounded;
mod caller;
mod catalogue;
mod config;
mod credential;
mod envelope;
mod error;
mod gateway;
mod identity;
mod key;
pub mod local;
mod mcp;
mod metrics;
mod peaka;
mod progress;
mod prompts;
mod resources;
mod router;
mod schema;
mod scope;
mod server;
mod tools;
mod user_agent;

use shared::{
    clock::SystemClock,
    serve::{Limits, serve as accept},
};
use std::sync::Arc;
use tokio::net::TcpListener;
use tokio_util::sync::CancellationToken;

pub use config::Config;
pub use router::{BuildError, router};

/// Serves on `listener` until `shutdown` and for as long after it as the configuration says, then lets the requests under
/// way finish. Readiness tells of `shutdown` at once.
///
/// # Errors
///
/// When the service cannot be put together; nothing has been served then.
pub async fn serve(
    config: Config,
    listener: TcpListener,
    shutdown: CancellationToken,
) -> Result<(), BuildError> {
    let leaving = config.leaving;
    let app = router::router_until(config, Arc::new(SystemClock), shutdown.clone())?;
    let limits = Limits { drain: leaving.drain, ..Limits::default() };
    accept(listener, app, limits, leaving.after(&shutdown)).await;
    Ok(())
}
