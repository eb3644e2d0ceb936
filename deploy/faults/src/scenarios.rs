//! Every scenario, a file each.

mod backend_killed;
mod clock_skew;
mod disk_full;
mod full_outage;
mod gateway_killed;
mod key_rotation;
mod lost_answers;
mod mixed;
mod outage;
mod peaka_trouble;
mod postgres_failover;
mod postgres_outage;
mod postgres_restart;
mod redis_away;
mod redis_failover;
mod redis_reshard;
mod redis_use;
mod revocation;
mod rolling_restart;
mod soak;

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
        about: "kill -9 of a backend under streams; they end within 1 s, and the other backends go on",
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
        name: "redis-failover",
        about: "the master that the sentinels watch is lost; nobody notices, the new one is used within 10 s",
        short: false,
        play: |settings| Box::pin(redis_failover::play(settings)),
    },
    Scenario {
        name: "redis-reshard",
        about: "a cluster moves slots and loses a master; nobody notices",
        short: false,
        play: |settings| Box::pin(redis_reshard::play(settings)),
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
    Scenario {
        name: "lost-answers",
        about: "questions arrive and answers do not; who asks again gets the same again, or the truth",
        short: true,
        play: |settings| Box::pin(lost_answers::play(settings)),
    },
    Scenario {
        name: "postgres-failover",
        about: "the primary is lost and the standby takes over; nothing acknowledged is lost, writing goes on within 15 s",
        short: true,
        play: |settings| Box::pin(postgres_failover::play(settings)),
    },
    Scenario {
        name: "peaka-trouble",
        about: "Peaka is slow, fails, resets and vanishes while its tokens run out and rotate; no session ends of it",
        short: true,
        play: |settings| Box::pin(peaka_trouble::play(settings)),
    },
    Scenario {
        name: "key-rotation",
        about: "a key of some ring takes over every 10 s; nobody notices",
        short: false,
        play: |settings| Box::pin(key_rotation::play(settings)),
    },
    Scenario {
        name: "clock-skew",
        about: "the replicas' clocks differ by up to 30 s; nobody notices",
        short: false,
        play: |settings| Box::pin(clock_skew::play(settings)),
    },
    Scenario {
        name: "rolling-restart",
        about: "every gateway is restarted five times behind a balancer; no error in 100,000 requests",
        short: false,
        play: |settings| Box::pin(rolling_restart::play(settings)),
    },
    Scenario {
        name: "mixed",
        about: "1,000,000 requests by 200 people over 3 gateways and 3 backends; 0 answers for somebody else",
        short: false,
        play: |settings| Box::pin(mixed::play(settings)),
    },
    Scenario {
        name: "disk-full",
        about: "the database's disk is full; nothing half done, 503 until there is room again, no gateway restarts",
        short: false,
        play: |settings| Box::pin(disk_full::play(settings)),
    },
    Scenario {
        name: "soak",
        about: "half an hour of little load; memory flat, no descriptor lost, nothing left open, no more labels",
        short: false,
        play: |settings| Box::pin(soak::play(settings)),
    },
];
