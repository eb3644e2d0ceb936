//! `gateway keys`.

mod reseal;

use std::sync::Arc;

use clap::Subcommand;
use gateway::{
    config::{Config, Storage},
    keys::{Keys, PUBLISH, RINGS},
    store::{KeyRow, Store},
};
use serde_json::json;
use shared::env::Env;

use super::{Failure, now, open, table};

#[derive(Debug, Subcommand)]
pub(super) enum Command {
    /// List the keys that are not retired.
    List {
        /// For machines.
        #[arg(long)]
        json: bool,
    },
    /// Make a ring's next key. It is published at once and takes over when every cache knows it.
    Rotate {
        /// Which ring.
        #[arg(value_parser = RINGS)]
        ring: String,
        /// For machines.
        #[arg(long)]
        json: bool,
    },
    /// Put all stored keys under the newest master key, and all credentials under the sealing key in use. Serving goes
    /// on; it can be ended and begun again at any time.
    Reseal {
        /// For machines.
        #[arg(long)]
        json: bool,
    },
    /// Retire a key. Refused for as long as anything needs it.
    Retire {
        /// Which ring.
        #[arg(value_parser = RINGS)]
        ring: String,
        /// Which key, by its id.
        key: String,
        /// Even if clients that registered by themselves become unknown and must register again (ring `sealing`).
        #[arg(long)]
        forget_clients: bool,
        /// For machines.
        #[arg(long)]
        json: bool,
    },
}

impl Command {
    pub(super) async fn run(self) -> Result<(), Failure> {
        match self {
            Self::List { json } => {
                let (store, _) = open().await?;
                let rows: Vec<[String; 5]> = store.keys().await?.into_iter().map(row).collect();
                table::print(["ring", "key", "state", "since", "master"], &rows, json)
            }
            Self::Rotate { ring, json } => {
                let (_, keys) = open_rings().await?;
                let rotated = keys.rotate(&ring, now()).await?;
                let sentence = if rotated {
                    let minutes = PUBLISH.as_secs() / 60;
                    format!("The next key of {ring} is published; it takes over in {minutes} minutes.")
                } else {
                    format!("The ring {ring} has a next key already, which is waiting to take over.")
                };
                table::done(json, &json!({ "ring": ring, "rotated": rotated }), &sentence)
            }
            Self::Reseal { json } => {
                let (store, keys) = open_rings().await?;
                reseal::run(store, Arc::new(keys), json).await
            }
            Self::Retire { ring, key, forget_clients, json } => {
                let schedule = Config::read(Env::of_process())?.tokens.schedule();
                let (_, keys) = open_rings().await?;
                keys.retire(&ring, &key, &schedule, forget_clients, now()).await?;
                let sentence = format!("The key {key} of {ring} is retired.");
                table::done(json, &json!({ "ring": ring, "key": key, "retired": true }), &sentence)
            }
        }
    }
}

async fn open_rings() -> Result<(Store, Keys), Failure> {
    let (store, Storage { master_keys, .. }) = open().await?;
    let keys = Keys::open(store.clone(), master_keys, now()).await?;
    Ok((store, keys))
}

fn row(key: KeyRow) -> [String; 5] {
    let master = key.master.unwrap_or_else(|| "?".to_owned());
    [key.ring, key.id, key.state, table::moment(key.changed_at), master]
}
