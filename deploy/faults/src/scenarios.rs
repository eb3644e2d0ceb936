//! Every scenario, a file each.

mod backend_killed;
mod full_outage;
mod gateway_killed;
mod outage;
mod postgres_outage;
mod postgres_restart;
mod redis_away;
mod revocation;

use std::pin::Pin;

use crate::{Error, settings::Settings, trial::Findings};

/// A scenario's run.
pub type Playing<'a> = Pin<Box<dyn Future<Output = Result<Findings, Error>> + Send + 'a>>;

/// A scenario.
#[derive(Clone, Copy)]
pub struct Scenario {
    /// What it is called on the command line.
    pub name: &'static str,
    /// What it does, and what must hold then.
    pub about: &'static str,
    /// Whether it is part of a short run.
    pub short: bool,
    /// Plays it.
    pub play: for<'a> fn(&'a Settings) -> Playing<'a>,
}

impl std::fmt::Debug for Scenario {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str(self.name)
    }
}

/// All, in the order in which they are played.
pub const ALL: &[Scenario] = &[
    Scenario {
        name: "gateway-killed",
        about: "kill -9 of a gateway in mid-issuance; ready again within 2 s, nothing acknowledged is lost",
        short: true,
        play: |settings| Box::pin(gateway_killed::play(settings)),
    },
    Scenario {
        name: "backend-killed",
        about: "kill -9 of a backend under streams; they end within 1 s and not cleanly, nothing is sent twice",
        short: true,
        play: |settings| Box::pin(backend_killed::play(settings)),
    },
    Scenario {
        name: "postgres-restart",
        about: "the database crashes and comes back at once; recovery within 5 s",
        short: true,
        play: |settings| Box::pin(postgres_restart::play(settings)),
    },
    Scenario {
        name: "postgres-outage",
        about: "the database is away (60 s); valid tokens work on, the rest is told 503, readiness is red, liveness green",
        short: true,
        play: |settings| Box::pin(postgres_outage::play(settings)),
    },
    Scenario {
        name: "redis-away",
        about: "Redis is emptied, restarted, hangs and vanishes; nobody notices",
        short: true,
        play: |settings| Box::pin(redis_away::play(settings)),
    },
    Scenario {
        name: "full-outage",
        about: "database and Redis are away at once; /mcp with valid tokens answers, recovery needs no restart",
        short: true,
        play: |settings| Box::pin(full_outage::play(settings)),
    },
    Scenario {
        name: "revocation",
        about: "how long until every replica refuses an ended session, with Redis and without: at most 1 s",
        short: true,
        play: |settings| Box::pin(revocation::play(settings)),
    },
];
