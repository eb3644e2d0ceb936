//! The `mcp-backend` program.

use std::{net::SocketAddr, path::Path, process::ExitCode};

use clap::{Parser, Subcommand};
use mcp_backend::{
    Config,
    local::{self, LocalConfig},
};
use shared::{
    env::Env,
    serve::{Limits, serve as serve_on},
};
use tokio::net::TcpListener;
use tokio_util::sync::CancellationToken;
use tracing::{error, info};

/// Answers of Peaka are thousands of small strings, made by one thread and dropped by another: the system's allocator
/// spends a quarter of a call's CPU time on them, this one a tenth.
#[global_allocator]
static ALLOCATOR: mimalloc::MiMalloc = mimalloc::MiMalloc;

type Problem = Box<dyn std::error::Error>;

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
    /// Serve one MCP client over standard input and output, with the API key in PEAKA_API_KEY.
    Stdio,
    /// Serve MCP over HTTP on a loopback address, with the API key in PEAKA_API_KEY, without a gateway.
    ServeLocal,
}

fn main() -> ExitCode {
    let command = Arguments::parse().command.unwrap_or_default();
    match run(command) {
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

fn run(command: Command) -> Result<(), Problem> {
    let runtime = tokio::runtime::Runtime::new()?;
    let outcome = runtime.block_on(async {
        match command {
            Command::Serve => serve().await,
            Command::Stdio => stdio().await,
            Command::ServeLocal => serve_local().await,
        }
    });
    // A read of standard input that is still under way would be waited for otherwise, for as long as the client
    // likes.
    runtime.shutdown_background();
    outcome
}

async fn stdio() -> Result<(), Problem> {
    let config = local_config()?;
    let _telemetry = config.telemetry.start("mcp-backend")?;
    Ok(local::stdio(config, told_to_stop()?).await?)
}

async fn serve_local() -> Result<(), Problem> {
    let config = local_config()?;
    let _telemetry = config.telemetry.start("mcp-backend")?;
    let app = local::router(&config)?;
    let listener = listen(config.listen).await?;
    serve_on(listener, app, Limits::default(), told_to_stop()?).await;
    Ok(())
}

fn local_config() -> Result<LocalConfig, Problem> {
    let mut env = LocalConfig::environment(Env::of_process(), Path::new(""));
    let config = LocalConfig::read(&mut env);
    Ok(env.finish(config)?)
}

async fn listen(address: SocketAddr) -> Result<TcpListener, Problem> {
    let listener = TcpListener::bind(address)
        .await
        .map_err(|problem| format!("cannot listen on {address}: {problem}"))?;
    info!(address = %listener.local_addr()?, "listening");
    Ok(listener)
}

async fn serve() -> Result<(), Problem> {
    let mut env = Env::of_process();
    let config = Config::read(&mut env);
    let config = env.finish(config)?;
    let _telemetry = config.telemetry.start("mcp-backend")?;
    let listener = listen(config.listen).await?;
    mcp_backend::serve(config, listener, told_to_stop()?).await?;
    info!("stopped");
    Ok(())
}

/// A token that SIGTERM (an orchestrator) or SIGINT (a terminal) cancels.
#[cfg(unix)]
fn told_to_stop() -> std::io::Result<CancellationToken> {
    use tokio::signal::unix::{SignalKind, signal};
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

/// A token that Ctrl-C cancels.
#[cfg(not(unix))]
fn told_to_stop() -> std::io::Result<CancellationToken> {
    let stop = CancellationToken::new();
    let told = stop.clone();
    tokio::spawn(async move {
        if tokio::signal::ctrl_c().await.is_err() {
            error!("Ctrl-C can no longer be heard");
        }
        told.cancel();
    });
    Ok(stop)
}
