//! The commands: `serve`, and what operators do beside it. Each reads the same configuration as `serve`.

#[macro_use]
mod say;

mod audit;
mod clients;
mod config;
mod doctor;
mod keys;
mod serve;
mod sessions;
mod table;

use std::process::ExitCode;

use clap::{CommandFactory as _, Parser, Subcommand};
use clap_complete::Shell;
use gateway::{
    Config,
    config::Storage,
    store::{OpenError, Store},
};
use shared::{
    chain::Chain,
    clock::{Clock as _, SystemClock, Timestamp},
    env::{Env, Mistakes},
};

/// OAuth 2.1 gateway in front of Peaka's MCP backend. Configured by environment variables; see the README.
#[derive(Debug, Parser)]
#[command(name = "gateway", version)]
pub(crate) struct Arguments {
    #[command(subcommand)]
    command: Option<Command>,
}

#[derive(Debug, Subcommand)]
enum Command {
    /// Serve (the default).
    Serve,
    /// Bring the database's schema up to date and end.
    Migrate {
        /// For machines.
        #[arg(long)]
        json: bool,
    },
    /// Look at the configuration.
    #[command(subcommand)]
    Config(config::Command),
    /// Write what completes this command's arguments in a shell, to be put where that shell looks for it.
    Completions {
        /// Which shell.
        shell: Shell,
    },
    /// Look at the clients that operators register, add or remove one.
    #[command(subcommand)]
    Clients(clients::Command),
    /// Look at the key rings, rotate one, re-seal what lies under older keys, or retire a key.
    #[command(subcommand)]
    Keys(keys::Command),
    /// Look at sessions, or end them.
    #[command(subcommand)]
    Sessions(sessions::Command),
    /// Look at a deployment from outside, as its clients do, and say what is wrong and what to do.
    Doctor(doctor::Doctor),
    /// Look at what was noted: who did what, through which client, from where.
    #[command(subcommand)]
    Audit(audit::Command),
}

/// Why a command did not do what it should.
#[derive(Debug, thiserror::Error)]
enum Failure {
    #[error(transparent)]
    Configuration(#[from] Mistakes),
    #[error(transparent)]
    Open(#[from] OpenError),
    #[error(transparent)]
    Store(#[from] gateway::store::StoreError),
    #[error(transparent)]
    Keys(#[from] gateway::keys::KeysError),
    #[error(transparent)]
    Retire(#[from] gateway::keys::RetireError),
    #[error(transparent)]
    Reseal(#[from] gateway::resealing::ResealError),
    #[error(transparent)]
    NoRandomness(#[from] gateway::domain::secret::NoRandomness),
    #[error("something still lies under an older sealing key; run the command again in a minute")]
    LeftSealed,
    #[error(transparent)]
    Telemetry(#[from] shared::telemetry::StartError),
    #[error(transparent)]
    Start(#[from] gateway::StartError),
    #[error(transparent)]
    Listen(#[from] std::io::Error),
    #[error("say which sessions: --person, --client, --session or --all; nothing was ended")]
    NoSelection,
    #[error("nothing was done:\n  {}", .0.join("\n  "))]
    Client(Vec<String>),
    #[error("{0}")]
    Usage(String),
    #[error(transparent)]
    Unexamined(#[from] gateway::doctor::Unexamined),
    #[error("the deployment has faults")]
    Faults,
    #[error("the answer could not be written as JSON")]
    Json(#[from] serde_json::Error),
}

impl Arguments {
    #[expect(clippy::print_stderr, reason = "a command's fault is told where it was called")]
    pub(crate) async fn run(self) -> ExitCode {
        match dispatch(self.command.unwrap_or(Command::Serve)).await {
            Ok(()) => ExitCode::SUCCESS,
            Err(error) => {
                eprintln!("{}", Chain(&error));
                error.exit_code()
            }
        }
    }
}

impl Failure {
    /// 2 is also what clap ends with when the arguments cannot be read.
    fn exit_code(&self) -> ExitCode {
        match self {
            Self::Configuration(_) => ExitCode::from(78), // EX_CONFIG of sysexits.h
            Self::Usage(_) | Self::Unexamined(_) => ExitCode::from(2),
            _ => ExitCode::FAILURE,
        }
    }
}

async fn dispatch(command: Command) -> Result<(), Failure> {
    match command {
        Command::Serve => serve::serve().await,
        Command::Migrate { json } => {
            open().await?;
            table::done(json, &serde_json::json!({ "migrated": true }), "The schema is up to date.")
        }
        Command::Config(command) => command.run(),
        Command::Completions { shell } => {
            completions(shell);
            Ok(())
        }
        Command::Clients(command) => command.run().await,
        Command::Keys(command) => command.run().await,
        Command::Sessions(command) => command.run().await,
        Command::Audit(command) => command.run().await,
        Command::Doctor(doctor) => doctor.run().await,
    }
}

fn completions(shell: Shell) {
    clap_complete::generate(shell, &mut Arguments::command(), "gateway", &mut std::io::stdout());
}

/// The store, migrated, and what else the storage section says.
async fn open() -> Result<(Store, Storage), Failure> {
    let storage = Config::read(Env::of_process())?.storage;
    Ok((Store::connect(&storage.store).await?, storage))
}

fn now() -> Timestamp {
    SystemClock.now()
}
