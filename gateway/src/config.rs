//! Configuration, a file per section. Each field's documentation names its variable.

mod capacity;
mod dpop;
mod grants;
mod mail;
mod network;
mod reference;
mod storage;
mod tokens;
mod webhook;

use shared::{
    env::{Env, Mistakes},
    telemetry::Telemetry,
};

pub(crate) use self::mail::as_smtp;
pub use self::{
    capacity::Capacity,
    mail::{Mail, Security},
    network::{AllowedOrigins, BackendUrl, Network},
    reference::{Origin, Variable},
    storage::Storage,
    tokens::Tokens,
    webhook::Webhook,
};
use crate::{
    cimd::FetchPolicy,
    domain::{
        dpop::Mode,
        grant::{Grant, Grants},
    },
    id_jag::{self, Issuers},
    operator_clients::{self, FileClients},
    peaka,
};

/// Everything the gateway needs to be told.
#[derive(Debug)]
pub struct Config {
    /// Addresses and origins.
    pub network: Network,
    /// How much this replica takes on.
    pub capacity: Capacity,
    /// Databases and the keys that lock them.
    pub storage: Storage,
    /// How long things live.
    pub tokens: Tokens,
    /// `GATEWAY_GRANTS`: the ways to a token, separated by commas; default
    /// `authorization_code,refresh_token,client_credentials,device`.
    pub grants: Grants,
    /// `GATEWAY_DPOP`: `on` binds the tokens of clients that prove possession of a key to it (RFC 9449), `nonce` asks for a
    /// nonce in every proof besides, `off` looks at no proof; default `on`.
    pub dpop: Mode,
    /// `GATEWAY_CLIENTS_FILE`: a JSON file of clients that the operator registers; default none.
    pub clients: FileClients,
    /// `GATEWAY_ENTERPRISE_ISSUERS_FILE`: a JSON file of enterprises' issuers that may speak for their people; default none.
    pub issuers: Issuers,
    /// Peaka's sign-in and Partner API.
    pub peaka: peaka::Settings,
    /// Client ID metadata documents.
    pub cimd: FetchPolicy,
    /// Who is told of new connections and of thefts.
    pub webhook: Option<Webhook>,
    /// How people are told of new connections of theirs, and of thefts.
    pub mail: Option<Mail>,
    /// Logs and traces.
    pub telemetry: Telemetry,
}

impl Config {
    /// Reads every section; reports every mistake at once.
    pub fn read(mut env: Env) -> Result<Self, Mistakes> {
        let network = Network::read(&mut env);
        let capacity = Capacity::read(&mut env);
        let storage = Storage::read(&mut env);
        let tokens = Tokens::read(&mut env);
        let grants = grants::read(&mut env);
        let dpop = dpop::read(&mut env);
        let clients = operator_clients::read_file(&mut env);
        let issuers = id_jag::read_file(&mut env);
        let grants = if issuers.is_empty() { grants } else { grants.with(Grant::IdJag) };
        let peaka = peaka::Settings::read(&mut env);
        let cimd = FetchPolicy::read(&mut env);
        let webhook = Webhook::read(&mut env);
        let mail = Mail::read(&mut env);
        let telemetry = Telemetry::read(&mut env);
        match (network, storage) {
            (Some(network), Some(storage)) => env.finish(Self {
                network,
                capacity,
                storage,
                tokens,
                grants,
                dpop,
                clients,
                issuers,
                peaka,
                cimd,
                webhook,
                mail,
                telemetry,
            }),
            // A section that could not be read has noted why.
            _ => env.finish(()).and_then(|()| Err(Mistakes(Vec::new()))),
        }
    }
}
