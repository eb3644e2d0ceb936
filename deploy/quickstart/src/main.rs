//! `cargo quickstart`: the whole of it on this machine, in one process, on embedded stores. A local stand-in takes
//! Peaka's place; the two services meet it over HTTP with the configuration that real Peaka gets.
#![expect(clippy::print_stdout, reason = "what this program prints is what it is for")]

use std::{path::PathBuf, process::ExitCode};

use clap::Parser;
use quickstart::{Error, House, Ports, State};
use shared::{chain::Chain, env::Env, telemetry::Telemetry};

/// Runs the gateway, the MCP backend and a local Peaka on this machine.
#[derive(Debug, Parser)]
#[command(name = "cargo quickstart", version)]
struct Arguments {
    /// Play a client from the first 401 to the revoked token, print each step, and end.
    #[arg(long)]
    tour: bool,
    /// Where the databases and keys lie; they survive a restart.
    #[arg(long, value_name = "DIRECTORY", default_value = ".quickstart")]
    state: PathBuf,
    /// The port of the one URL to paste.
    #[arg(long, value_name = "PORT", default_value_t = 8080)]
    port: u16,
}

#[tokio::main]
async fn main() -> ExitCode {
    let arguments = Arguments::parse();
    match run(arguments).await {
        Ok(()) => ExitCode::SUCCESS,
        Err(error) => {
            println!("\nIt did not work: {}", Chain(error.as_ref()));
            ExitCode::FAILURE
        }
    }
}

async fn run(arguments: Arguments) -> Result<(), Error> {
    let mut env = Env::of_process();
    let chosen = env.text("LOG_FILTER").is_some();
    let mut telemetry = Telemetry::read(&mut env);
    env.finish(())?;
    if !chosen {
        "warn".clone_into(&mut telemetry.filter);
    }
    let _guard = telemetry.start("peaka-mcp-quickstart")?;
    if arguments.tour {
        // A house of its own on free ports: the tour neither needs nor touches one that is in use.
        let state = State::temporary()?;
        let house = House::start(&state, Ports::Free).await?;
        let result = quickstart::play(&house).await;
        house.stop().await;
        return result;
    }
    let state = State::open(&arguments.state)?;
    let house = House::start(&state, Ports::From(arguments.port)).await?;
    println!("{}", quickstart::welcome(&house, &state));
    tokio::signal::ctrl_c().await?;
    println!("Stopping.");
    house.stop().await;
    Ok(())
}
