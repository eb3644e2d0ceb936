//! `gateway clients`.

use std::path::PathBuf;

use clap::{Args, Subcommand};
use gateway::{
    Config,
    domain::{client::AuthMethod, session::Because},
    keys::Keys,
    operator_clients::{Entry, FILE, FileClients, prepare, stored_entry},
    store::{Store, Which},
};
use secrecy::{ExposeSecret as _, SecretString};
use serde_json::{Value, json};
use shared::env::Env;

use super::{Failure, now, table};

#[derive(Debug, Subcommand)]
pub(super) enum Command {
    /// List the clients that were registered by an operator, in the file or by command.
    List {
        /// For machines.
        #[arg(long)]
        json: bool,
    },
    /// Register a client. It is known to every replica at once. Its secret, if it has one, is told here and never again.
    Add(Box<Add>),
    /// Remove a client. From now on it gets no token on any replica.
    Remove {
        /// Its id.
        client_id: String,
        /// End its sessions too, so that its tokens end within a second.
        #[arg(long)]
        end_sessions: bool,
        /// For machines.
        #[arg(long)]
        json: bool,
    },
}

#[derive(Debug, Args)]
pub(super) struct Add {
    /// Its id: letters, digits and -._~
    #[arg(long)]
    id: String,
    /// What people see; the id if there is none.
    #[arg(long)]
    name: Option<String>,
    /// Where codes may be sent; may be repeated.
    #[arg(long)]
    redirect_uri: Vec<String>,
    /// How it proves itself: none, client_secret_basic, client_secret_post or private_key_jwt.
    #[arg(long)]
    auth: String,
    /// How it asks for tokens; may be repeated: authorization_code, refresh_token, client_credentials, device or id_jag.
    /// The default is the first two.
    #[arg(long)]
    grant: Vec<String>,
    /// What it may ask for at most, separated by spaces; all scopes if there is none.
    #[arg(long)]
    scope: Option<String>,
    /// It gets no token without a proof of possession (DPoP).
    #[arg(long)]
    dpop_bound_access_tokens: bool,
    /// It asks for nothing but by a pushed authorization request.
    #[arg(long)]
    require_pushed_authorization_requests: bool,
    /// A file with its public keys (a JWK set), for private_key_jwt.
    #[arg(long)]
    jwks_file: Option<PathBuf>,
    /// The address of its public keys, for private_key_jwt.
    #[arg(long)]
    jwks_uri: Option<String>,
    /// A file with the Peaka API key that it acts with, for client_credentials.
    #[arg(long)]
    peaka_api_key_file: Option<PathBuf>,
    /// For machines.
    #[arg(long)]
    json: bool,
}

impl Add {
    /// In the form of the clients file.
    fn written(&self) -> Result<Value, Failure> {
        let mut written = json!({"client_id": self.id, "token_endpoint_auth_method": self.auth});
        let mut put = |name: &str, value: Option<Value>| {
            if let Some(value) = value {
                written[name] = value;
            }
        };
        put("name", self.name.as_deref().map(Value::from));
        put("redirect_uris", (!self.redirect_uri.is_empty()).then(|| json!(self.redirect_uri)));
        put("grant_types", (!self.grant.is_empty()).then(|| json!(self.grant)));
        put("scope", self.scope.as_deref().map(Value::from));
        put("dpop_bound_access_tokens", self.dpop_bound_access_tokens.then_some(true.into()));
        put(
            "require_pushed_authorization_requests",
            self.require_pushed_authorization_requests.then_some(true.into()),
        );
        put("jwks_uri", self.jwks_uri.as_deref().map(Value::from));
        if let Some(path) = &self.jwks_file {
            let text = read(path)?;
            let set = serde_json::from_str(&text)
                .map_err(|_| Failure::Client(vec!["jwks_file should be a JWK set in JSON".to_owned()]))?;
            put("jwks", Some(set));
        }
        Ok(written)
    }

    fn api_key(&self, entry: &Entry) -> Result<Option<SecretString>, Failure> {
        let wrong = |problem: &str| Failure::Client(vec![format!("peaka_api_key_file {problem}")]);
        match (&self.peaka_api_key_file, entry.is_a_machine()) {
            (None, false) => Ok(None),
            (None, true) => {
                Err(wrong("is missing; a client with client_credentials acts with a Peaka API key"))
            }
            (Some(_), false) => Err(wrong("is of no use without client_credentials")),
            (Some(path), true) => {
                let key = read(path)?.trim().to_owned();
                if key.is_empty() || !key.bytes().all(|byte| byte.is_ascii_graphic()) {
                    return Err(wrong("should hold the key and nothing else"));
                }
                Ok(Some(key.into()))
            }
        }
    }

    async fn run(&self, config: Config) -> Result<(), Failure> {
        let mut mistakes = Vec::new();
        let entry = Entry::read(&self.written()?, "the client", &[], &mut mistakes);
        let entry = entry.ok_or(Failure::Client(mistakes))?;
        let api_key = self.api_key(&entry)?;
        if config.clients.contains_key(&entry.id) {
            return Err(Failure::Client(vec![format!("the file of {FILE} has a client with this id")]));
        }
        let store = Store::connect(&config.storage.store).await?;
        let keys = Keys::open(store.clone(), config.storage.master_keys, now()).await?;
        let prepared =
            prepare(&keys, &entry, api_key.as_ref()).map_err(gateway::keys::KeysError::NoRandomness)?;
        if !store.add_operator_client(&prepared.row, now()).await? {
            return Err(Failure::Client(vec!["there is a client with this id; remove it first".to_owned()]));
        }
        added(&entry, prepared.secret.as_ref(), self.json)
    }
}

fn added(entry: &Entry, secret: Option<&SecretString>, as_json: bool) -> Result<(), Failure> {
    if as_json {
        let mut told = entry.to_json();
        if let Some(secret) = secret {
            told["client_secret"] = secret.expose_secret().into();
        }
        say!("{}", serde_json::to_string_pretty(&told)?);
        return Ok(());
    }
    say!("Registered {}.", entry.id);
    if let Some(secret) = secret {
        say!("Its secret, which is told only now: {}", secret.expose_secret());
    }
    Ok(())
}

impl Command {
    pub(super) async fn run(self) -> Result<(), Failure> {
        let config = Config::read(Env::of_process())?;
        match self {
            Self::List { json } => {
                let store = Store::connect(&config.storage.store).await?;
                list(&store, &config.clients, json).await
            }
            Self::Add(add) => add.run(config).await,
            Self::Remove { client_id, end_sessions, json } => {
                if config.clients.contains_key(&client_id) {
                    let problem = format!("the client is in the file of {FILE}; take it out there");
                    return Err(Failure::Client(vec![problem]));
                }
                remove(&Store::connect(&config.storage.store).await?, &client_id, end_sessions, json).await
            }
        }
    }
}

async fn list(store: &Store, file: &FileClients, as_json: bool) -> Result<(), Failure> {
    let mut rows: Vec<[String; 6]> = file.values().map(|client| row(&client.entry, "file")).collect();
    for stored in store.operator_clients().await? {
        // One that is in the file, too, is what the file says.
        if !file.contains_key(&stored.id) {
            rows.push(row(&stored_entry(&stored)?, "command"));
        }
    }
    table::print(["client", "name", "auth", "grants", "scopes", "registered by"], &rows, as_json)
}

fn row(entry: &Entry, by: &str) -> [String; 6] {
    let auth = if entry.auth == AuthMethod::None { "none" } else { entry.auth.as_str() };
    [
        entry.id.clone(),
        entry.name.clone(),
        auth.to_owned(),
        entry.grants.names().join(" "),
        entry.scopes.to_string(),
        by.to_owned(),
    ]
}

async fn remove(store: &Store, client_id: &str, end_sessions: bool, as_json: bool) -> Result<(), Failure> {
    // First the client, so that none of its sessions begins behind our back. What is under way goes with it.
    let removed = store.remove_operator_client(client_id, now()).await?;
    if !removed && !end_sessions {
        return Err(Failure::Client(vec!["there is no client with this id".to_owned()]));
    }
    store.discard_unfinished(Which::Client(client_id)).await?;
    let mut sentences = Vec::new();
    if removed {
        sentences.push(format!("Removed {client_id}."));
    }
    let ended = if end_sessions {
        let ended = store.revoke_sessions(Which::Client(client_id), Because::Operator, now).await?.len();
        sentences.push(format!("Ended {ended} session(s)."));
        ended
    } else {
        0
    };
    let live = if end_sessions { 0 } else { store.live_sessions_of_client(client_id, now()).await? };
    if live > 0 {
        sentences.push(format!(
            "{live} session(s) of it go on until their access tokens end. To end them now: gateway clients remove \
             {client_id} --end-sessions"
        ));
    }
    let object = json!({ "client": client_id, "removed": removed, "ended": ended, "live": live });
    table::done(as_json, &object, &sentences.join("\n"))
}

fn read(path: &PathBuf) -> Result<String, Failure> {
    std::fs::read_to_string(path)
        .map_err(|_| Failure::Client(vec![format!("{} cannot be read", path.display())]))
}
