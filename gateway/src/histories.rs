//! Random histories of authorizations and sessions, against the store on both engines. In a third of the steps one of the
//! store's calls fails, before it did anything or after it did all. After each step the rows are read past the gateway
//! and held against what its clients were told:
//!
//! - a code became one session at most, and a session has the one code, credential and audit event that it came from;
//! - a session's generation grows by one at a time, and only the newest token and the one before it are worth anything;
//! - what was acknowledged is kept, an end for ever;
//! - a call that failed is an outage to the client, and never a verdict.
//!
//! A history is made by its seed, but for who wins a race; one that fails prints it. `GATEWAY_HISTORIES` asks for more of them than the
//! usual few, `GATEWAY_HISTORY` for a certain one.

mod chance;
mod grants;
mod steps;
mod truth;
mod world;

use self::{chance::Chance, steps::History, world::World};

const STEPS: usize = 150;
const USUAL: u64 = 6;

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn on_sqlite() {
    for seed in seeds() {
        play(World::sqlite().await, seed).await;
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn on_postgres() {
    for seed in seeds() {
        play(World::postgres().await, seed).await;
    }
}

#[expect(clippy::disallowed_methods, reason = "how long to test, not configuration of the gateway")]
fn seeds() -> std::ops::RangeInclusive<u64> {
    let number = |name| std::env::var(name).ok().map(|text| text.parse::<u64>().unwrap());
    match number("GATEWAY_HISTORY") {
        Some(seed) => seed..=seed,
        None => 1..=number("GATEWAY_HISTORIES").unwrap_or(USUAL),
    }
}

async fn play(world: World, seed: u64) {
    let mut history = History::new(world, Chance::of(seed), seed);
    for _ in 0..STEPS {
        history.step().await;
    }
    history.end().await;
}
