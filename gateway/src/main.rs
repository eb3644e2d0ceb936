//! The gateway's program.

use std::{process::ExitCode, sync::Arc};

use clap::{Parser, Subcommand};
use gateway::{Config, Gateway};
use shared::{chain::Chain, clock::SystemClock, env::Env};
use tokio::{
    net::TcpListener,
    signal::unix::{SignalKind, signal},
};
use tokio_util::sync::CancellationToken;
use tracing::{error, info};

/// OAuth 2.1 gateway in front of Peaka's MCP backend. Configured by environment variables; see the README.
#[derive(Debug, Parser)]
#[command(version)]
struct Arguments {
    #[command(subcommand)]
    command: Option<Command>,
}

#[derive(Debug, Subcommand)]
enum Command {
    /// Serve (the default).
    Serve,
}

#[tokio::main]
async fn main() -> ExitCode {
    let Arguments { command } = Arguments::parse();
    match command {
        None | Some(Command::Serve) => serve().await,
    }
}

#[expect(clippy::print_stderr, reason = "logging starts only after the configuration is read")]
async fn serve() -> ExitCode {
    let config = match Config::read(Env::of_process()) {
        Ok(config) => config,
        Err(mistakes) => {
            eprintln!("{mistakes}");
            return ExitCode::from(78); // EX_CONFIG of sysexits.h
        }
    };
    let _telemetry = match config.telemetry.start("gateway") {
        Ok(guard) => guard,
        Err(error) => {
            eprintln!("{error}");
            return ExitCode::FAILURE;
        }
    };
    match run(config).await {
        Ok(()) => ExitCode::SUCCESS,
        Err(error) => {
            error!("{}", Chain(error.as_ref()));
            ExitCode::FAILURE
        }
    }
}

async fn run(config: Config) -> Result<(), Box<dyn std::error::Error>> {
    let public = TcpListener::bind(config.network.listen).await?;
    let internal = TcpListener::bind(config.network.internal_listen).await?;
    let shutdown = CancellationToken::new();
    let mut terminate = signal(SignalKind::terminate())?;
    let mut interrupt = signal(SignalKind::interrupt())?;
    let token = shutdown.clone();
    tokio::spawn(async move {
        tokio::select! {
            _ = terminate.recv() => {}
            _ = interrupt.recv() => {}
        }
        info!("draining; a second signal ends at once");
        token.cancel();
        tokio::select! {
            _ = terminate.recv() => {}
            _ = interrupt.recv() => {}
        }
        std::process::exit(1);
    });
    let gateway = Gateway::start(config, Arc::new(SystemClock)).await?;
    gateway.serve(public, internal, shutdown).await;
    Ok(())
}
