//! Configuration, a file per section. Each field's documentation names its variable.

mod network;
mod storage;
mod tokens;

use shared::{
    env::{Env, Mistakes},
    telemetry::Telemetry,
};

pub use self::{
    network::{AllowedOrigins, Network},
    storage::Storage,
    tokens::Tokens,
};
use crate::{cimd::FetchPolicy, peaka};

/// Everything the gateway needs to be told.
#[derive(Debug)]
pub struct Config {
    /// Addresses and origins.
    pub network: Network,
    /// Databases and the keys that lock them.
    pub storage: Storage,
    /// How long things live.
    pub tokens: Tokens,
    /// Peaka's sign-in and Partner API.
    pub peaka: peaka::Settings,
    /// Client ID metadata documents.
    pub cimd: FetchPolicy,
    /// Logs and traces.
    pub telemetry: Telemetry,
}

impl Config {
    /// Reads every section; reports every mistake at once.
    pub fn read(mut env: Env) -> Result<Self, Mistakes> {
        let network = Network::read(&mut env);
        let storage = Storage::read(&mut env);
        let tokens = Tokens::read(&mut env);
        let peaka = peaka::Settings::read(&mut env);
        let cimd = FetchPolicy::read(&mut env);
        let telemetry = Telemetry::read(&mut env);
        match (network, storage) {
            (Some(network), Some(storage)) => {
                env.finish(Self { network, storage, tokens, peaka, cimd, telemetry })
            }
            // A section that could not be read has noted why.
            _ => env.finish(()).and_then(|()| Err(Mistakes(Vec::new()))),
        }
    }
}
