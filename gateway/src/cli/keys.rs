//! `gateway keys`.

use clap::Subcommand;
use gateway::keys::{Keys, PUBLISH, RINGS};

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
    },
}

impl Command {
    #[expect(clippy::print_stdout, reason = "a command answers where it was called")]
    pub(super) async fn run(self) -> Result<(), Failure> {
        let (store, storage) = open().await?;
        match self {
            Self::List { json } => {
                let rows: Vec<[String; 4]> = store
                    .keys()
                    .await?
                    .into_iter()
                    .map(|key| [key.ring, key.id, key.state, table::moment(key.changed_at)])
                    .collect();
                table::print(["ring", "key", "state", "since"], &rows, json)
            }
            Self::Rotate { ring } => {
                let keys = Keys::open(store, storage.master_keys, now()).await?;
                if keys.rotate(&ring, now()).await? {
                    println!(
                        "The next key of {ring} is published; it takes over in {} minutes.",
                        PUBLISH.as_secs() / 60
                    );
                } else {
                    println!("The ring {ring} has a next key already, which is waiting to take over.");
                }
                Ok(())
            }
        }
    }
}
