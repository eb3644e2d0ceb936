//! The `mcp-backend` program.

use std::process::ExitCode;

use clap::{Parser, Subcommand};
use mcp_backend::Config;
use shared::env::Env;
use tokio::{
    net::TcpListener,
    signal::unix::{SignalKind, signal},
};
use tokio_util::sync::CancellationToken;
use tracing::{error, info};

/// Peaka's tools as an MCP server. It stands behind the gateway and answers nobody else.
#[derive(Debug, Parser)]
#[command(version)]
struct Arguments {
    #[command(subcommand)]
    command: Option<Command>,
}

#[derive(Clone, Copy, Debug, Default, Subcommand)]
enum Command {
    /// Serve MCP over HTTP; configured by environment variables (the default).
    #[default]
    Serve,
}

#[tokio::main]
async fn main() -> ExitCode {
    let outcome = match Arguments::parse().command.unwrap_or_default() {
        Command::Serve => serve().await,
    };
    match outcome {
        Ok(()) => ExitCode::SUCCESS,
        Err(problem) => {
            #[expect(clippy::print_stderr, reason = "the reason of a failed start goes to the terminal")]
            {
                eprintln!("mcp-backend: {problem}");
            }
            ExitCode::FAILURE
        }
    }
}

async fn serve() -> Result<(), Box<dyn std::error::Error>> {
    let mut env = Env::of_process();
    let config = Config::read(&mut env);
    let config = env.finish(config)?;
    let _telemetry = config.telemetry.start("mcp-backend")?;
    let listener = TcpListener::bind(config.listen)
        .await
        .map_err(|problem| format!("cannot listen on {}: {problem}", config.listen))?;
    info!(address = %config.listen, "listening");
    mcp_backend::serve(config, listener, told_to_stop()?).await?;
    info!("stopped");
    Ok(())
}

/// A token that SIGTERM (an orchestrator) or SIGINT (a terminal) cancels.
fn told_to_stop() -> std::io::Result<CancellationToken> {
    let (mut terminate, mut interrupt) = (signal(SignalKind::terminate())?, signal(SignalKind::interrupt())?);
    let stop = CancellationToken::new();
    let told = stop.clone();
    tokio::spawn(async move {
        tokio::select! {
            heard = terminate.recv() => if heard.is_none() { error!("SIGTERM can no longer be heard") },
            heard = interrupt.recv() => if heard.is_none() { error!("SIGINT can no longer be heard") },
        }
        told.cancel();
    });
    Ok(stop)
}
