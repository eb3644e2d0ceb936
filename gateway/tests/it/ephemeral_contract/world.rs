//! One of the two stores, and how time passes for it.

use std::{
    hash::{BuildHasher, RandomState},
    sync::Arc,
    time::Duration,
};

use gateway::ephemeral::{Ephemeral, Memory, Redis};
use secrecy::SecretString;
use shared::clock::{ManualClock, Timestamp};
use tokio::time::{Instant, sleep};

pub(crate) struct World {
    pub(crate) store: Arc<dyn Ephemeral>,
    pub(crate) memory: Option<Arc<Memory>>,
    clock: Arc<ManualClock>,
    unique: u64,
}

impl World {
    pub(crate) fn memory() -> Self {
        let clock = Arc::new(ManualClock::starting_at(Timestamp::from_seconds(1_800_000_000)));
        let memory = Arc::new(Memory::new(clock.clone()));
        Self { store: memory.clone(), memory: Some(memory), clock, unique: 0 }
    }

    /// The Redis that this variable of the environment leads to.
    pub(crate) async fn redis(variable: &str) -> Self {
        let redis = Redis::connect(&url_in(variable).into()).unwrap();
        assert!(redis.reachable(Duration::from_secs(10)).await, "no Redis answers at {variable}");
        let clock = Arc::new(ManualClock::starting_at(Timestamp::from_seconds(0)));
        // Tests share one server, and runs do.
        Self { store: Arc::new(redis), memory: None, clock, unique: RandomState::new().hash_one(0) }
    }

    pub(crate) fn key(&self, name: &str) -> String {
        format!("test:{:x}:{name}", self.unique)
    }

    /// Lets `time` pass, until the entry under `key` has ended. Redis tells nobody when an entry ends, so that is
    /// asked for, within a bound.
    pub(crate) async fn let_pass(&self, key: &str, time: Duration) {
        if self.memory.is_some() {
            self.clock.advance(time);
            return;
        }
        let latest = Instant::now() + Duration::from_secs(10);
        sleep(time).await;
        while !self.store.put_if_absent(key, b"probe", Duration::from_millis(1)).await.unwrap() {
            assert!(Instant::now() < latest, "{key} does not end");
            sleep(Duration::from_millis(5)).await;
        }
        self.store.take(key).await.unwrap();
    }
}

/// The one server.
pub(crate) fn redis_url() -> SecretString {
    url_in("TEST_REDIS_URL")
}

#[expect(clippy::disallowed_methods, reason = "where the test's Redis is, not configuration of the gateway")]
fn url_in(variable: &str) -> SecretString {
    std::env::var(variable)
        .unwrap_or_else(|_| {
            panic!("{variable} is not set; `deploy/test` starts a Redis and sets it, or set it yourself")
        })
        .into()
}
