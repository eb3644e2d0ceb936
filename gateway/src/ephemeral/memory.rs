//! The store in one process's memory: for one replica, for tests, and for the rate limiter while Redis is away.

use std::{
    collections::HashMap,
    fmt,
    sync::{Mutex, MutexGuard, PoisonError},
    time::Duration,
};

use futures_util::future::{FutureExt, ready};
use quick_cache::{Weighter, unsync::Cache};
use shared::clock::{SharedClock, Timestamp};
use tokio::sync::broadcast;

use super::{Answer, Count, Ephemeral, Heard, Subscription, subscription};

/// What all entries together may weigh. The least used go first when it is reached, so that a flood of keys costs
/// other entries their time to live, never the process its memory.
const CAPACITY_BYTES: u64 = 64 << 20;
/// Reckoned for each entry's bookkeeping.
const ENTRY_BYTES: u64 = 128;
const ENTRIES_EXPECTED: usize = 100_000;
const LEAST_TTL: Duration = Duration::from_millis(1);

/// The store in memory. Expiry follows the clock it was given.
pub struct Memory {
    clock: SharedClock,
    entries: Mutex<Entries>,
    channels: Mutex<HashMap<String, broadcast::Sender<Heard>>>,
}

type Entries = Cache<String, Entry, Bytes>;

#[derive(Clone)]
struct Entry {
    held: Held,
    ends: Timestamp,
}

#[derive(Clone)]
enum Held {
    Value(Vec<u8>),
    Count(u64),
}

#[derive(Clone)]
struct Bytes;

impl Weighter<String, Entry> for Bytes {
    fn weight(&self, key: &String, entry: &Entry) -> u64 {
        let value = match &entry.held {
            Held::Value(value) => value.len(),
            Held::Count(_) => 0,
        };
        ENTRY_BYTES + key.len() as u64 + value as u64
    }
}

impl fmt::Debug for Memory {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Memory").finish_non_exhaustive()
    }
}

impl Memory {
    /// An empty store.
    pub fn new(clock: SharedClock) -> Self {
        let entries = Cache::with_weighter(ENTRIES_EXPECTED, CAPACITY_BYTES, Bytes);
        Self { clock, entries: Mutex::new(entries), channels: Mutex::default() }
    }

    /// How many bytes the entries are reckoned to take, at most 64 MiB.
    pub fn weight(&self) -> u64 {
        locked(&self.entries).weight()
    }

    /// The entry under `key` if it has not ended. One that has ended is removed on the way.
    fn live<'a>(entries: &'a mut Entries, key: &str, now: Timestamp) -> Option<&'a Entry> {
        if entries.peek(key).is_some_and(|entry| entry.ends <= now) {
            entries.remove(key);
        }
        entries.get(key)
    }

    fn set(&self, entries: &mut Entries, key: &str, held: Held, ttl: Duration) {
        let ends = self.clock.now().plus(ttl.max(LEAST_TTL));
        entries.insert(key.to_owned(), Entry { held, ends });
    }
}

impl Ephemeral for Memory {
    fn get<'a>(&'a self, key: &'a str) -> Answer<'a, Option<Vec<u8>>> {
        let found = Self::live(&mut locked(&self.entries), key, self.clock.now()).and_then(value_of);
        ready(Ok(found)).boxed()
    }

    fn put<'a>(&'a self, key: &'a str, value: &'a [u8], ttl: Duration) -> Answer<'a, ()> {
        self.set(&mut locked(&self.entries), key, Held::Value(value.to_vec()), ttl);
        ready(Ok(())).boxed()
    }

    fn put_if_absent<'a>(&'a self, key: &'a str, value: &'a [u8], ttl: Duration) -> Answer<'a, bool> {
        let mut entries = locked(&self.entries);
        let absent = Self::live(&mut entries, key, self.clock.now()).is_none();
        if absent {
            self.set(&mut entries, key, Held::Value(value.to_vec()), ttl);
        }
        ready(Ok(absent)).boxed()
    }

    fn take<'a>(&'a self, key: &'a str) -> Answer<'a, Option<Vec<u8>>> {
        let mut entries = locked(&self.entries);
        let found = Self::live(&mut entries, key, self.clock.now()).and_then(value_of);
        entries.remove(key);
        ready(Ok(found)).boxed()
    }

    fn add<'a>(&'a self, key: &'a str, by: u32, window: Duration) -> Answer<'a, Count> {
        let now = self.clock.now();
        let mut entries = locked(&self.entries);
        let (before, ends) = match Self::live(&mut entries, key, now) {
            Some(Entry { held: Held::Count(count), ends }) => (*count, *ends),
            _ => (0, now.plus(window.max(LEAST_TTL))),
        };
        let total = before.saturating_add(by.into());
        entries.insert(key.to_owned(), Entry { held: Held::Count(total), ends });
        ready(Ok(Count { total, resets_in: ends.since(now) })).boxed()
    }

    fn publish<'a>(&'a self, channel: &'a str, message: &'a [u8]) -> Answer<'a, ()> {
        let mut channels = locked(&self.channels);
        // Sending fails when nobody listens any more.
        let deaf = channels
            .get(channel)
            .is_some_and(|feeder| feeder.send(Heard::Message(message.to_vec())).is_err());
        if deaf {
            channels.remove(channel);
        }
        ready(Ok(())).boxed()
    }

    fn subscribe(&self, channel: &str) -> Subscription {
        let mut channels = locked(&self.channels);
        let feeder = channels.entry(channel.to_owned()).or_insert_with(subscription::feeder);
        Subscription::standing(feeder)
    }
}

fn value_of(entry: &Entry) -> Option<Vec<u8>> {
    match &entry.held {
        Held::Value(value) => Some(value.clone()),
        Held::Count(_) => None,
    }
}

/// No code that can panic half-way runs under these locks, so what a poisoned one guards is whole.
fn locked<T>(mutex: &Mutex<T>) -> MutexGuard<'_, T> {
    mutex.lock().unwrap_or_else(PoisonError::into_inner)
}
