//! `gateway sessions`.

use clap::{Args, Subcommand};
use gateway::{
    domain::session::{Because, Session},
    store::Which,
};
use serde_json::json;
use shared::assertion::Projects;

use super::{Failure, now, open, table};

#[derive(Debug, Subcommand)]
pub(super) enum Command {
    /// List sessions, newest first.
    List {
        #[command(flatten)]
        which: Selection,
        /// How many at most.
        #[arg(long, default_value_t = 100)]
        limit: u32,
        /// For machines.
        #[arg(long)]
        json: bool,
    },
    /// End sessions. It holds on every replica within a second.
    Revoke {
        #[command(flatten)]
        which: Selection,
        /// Every session of everybody.
        #[arg(long, conflicts_with_all = ["person", "client", "session"])]
        all: bool,
        /// For machines.
        #[arg(long)]
        json: bool,
    },
}

/// Which sessions.
#[derive(Debug, Args)]
#[group(multiple = false)]
pub(super) struct Selection {
    /// Those of a person, by e-mail address or by Peaka's user id.
    #[arg(long)]
    person: Option<String>,
    /// Those of a client, by its client id.
    #[arg(long)]
    client: Option<String>,
    /// One, by its id.
    #[arg(long)]
    session: Option<String>,
}

impl Selection {
    fn which(&self) -> Option<Which<'_>> {
        let person = self.person.as_deref().map(Which::Person);
        let client = self.client.as_deref().map(Which::Client);
        person.or(client).or(self.session.as_deref().map(Which::Session))
    }
}

impl Command {
    pub(super) async fn run(self) -> Result<(), Failure> {
        let (store, _) = open().await?;
        match self {
            Self::List { which, limit, json } => {
                let sessions = store.sessions(which.which().unwrap_or(Which::All), limit).await?;
                let rows: Vec<[String; 8]> = sessions.into_iter().map(row).collect();
                let headings =
                    ["session", "person", "client", "scopes", "projects", "began", "refreshed", "state"];
                table::print(headings, &rows, json)
            }
            Self::Revoke { which, all, json } => {
                let which = which.which().or(all.then_some(Which::All)).ok_or(Failure::NoSelection)?;
                // First what is under way, so that no code becomes a session behind our back.
                store.discard_unfinished(which).await?;
                let ended = store.revoke_sessions(which, Because::Operator, now).await?;
                let ended = ended.len();
                table::done(json, &json!({ "ended": ended }), &format!("Ended {ended} session(s)."))
            }
        }
    }
}

fn row(session: Session) -> [String; 8] {
    let now = now();
    let state = match session.revoked_at {
        Some(at) => format!("ended {}", table::moment(at)),
        None if now >= session.expires_at || now >= session.idle_expires_at => "expired".to_owned(),
        None => "live".to_owned(),
    };
    let projects = match session.projects {
        Projects::All => "all".to_owned(),
        Projects::Only(ids) => ids.into_iter().collect::<Vec<_>>().join(" "),
    };
    [
        session.id,
        session.email,
        session.client_name,
        session.scopes.to_string(),
        projects,
        table::moment(session.created_at),
        table::moment(session.refreshed_at),
        state,
    ]
}
