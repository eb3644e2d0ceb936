//! `gateway serve`.

use std::sync::Arc;

use gateway::{Config, Gateway};
use shared::{clock::SystemClock, env::Env};
use tokio::{
    net::TcpListener,
    signal::unix::{Signal, SignalKind, signal},
};
use tokio_util::sync::CancellationToken;
use tracing::info;

use super::Failure;

pub(super) async fn serve() -> Result<(), Failure> {
    let config = Config::read(Env::of_process())?;
    let _telemetry = config.telemetry.start("gateway")?;
    let public = TcpListener::bind(config.network.listen).await?;
    let internal = TcpListener::bind(config.network.internal_listen).await?;
    let shutdown = CancellationToken::new();
    tokio::spawn(end_on_signal(
        signal(SignalKind::terminate())?,
        signal(SignalKind::interrupt())?,
        shutdown.clone(),
    ));
    let gateway = Gateway::start(config, Arc::new(SystemClock)).await?;
    gateway.serve(public, internal, shutdown).await;
    Ok(())
}

async fn end_on_signal(mut terminate: Signal, mut interrupt: Signal, shutdown: CancellationToken) {
    tokio::select! {
        _ = terminate.recv() => {}
        _ = interrupt.recv() => {}
    }
    info!("draining; a second signal ends at once");
    shutdown.cancel();
    tokio::select! {
        _ = terminate.recv() => {}
        _ = interrupt.recv() => {}
    }
    std::process::exit(1);
}
