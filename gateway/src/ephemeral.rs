//! What may be lost at the price of a retry: rate counters, replay marks, cached documents, the push of
//! revocations. [`Redis`] shares it between replicas, [`Memory`] keeps it in one process; one suite
//! (`tests/it/ephemeral_contract.rs`) runs against both. Nothing security-relevant may depend on it: the truth
//! is in the database, and every caller knows what to do when this is away.

mod memory;
mod redis;
mod subscription;

use std::{sync::Arc, time::Duration};

use futures_util::future::BoxFuture;
use shared::clock::SharedClock;

pub use self::{
    memory::Memory,
    redis::{Redis, RedisSettings},
    subscription::{Heard, Subscription},
};

/// What a verb answers with, once awaited.
pub type Answer<'a, T> = BoxFuture<'a, Result<T, EphemeralError>>;

/// Why the store did not answer.
#[derive(Clone, Debug, thiserror::Error)]
pub enum EphemeralError {
    /// The store cannot be reached, or did not answer in time. Whether the verb took effect is not known.
    #[error("the ephemeral store is unavailable: {0}")]
    Unavailable(String),
    /// The address of the store cannot be understood. Only [`connect`] says this.
    #[error("the address of Redis cannot be used: {0}")]
    Address(String),
}

/// A counter's state after an addition.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Count {
    /// The sum of everything added in the present window, this addition included.
    pub total: u64,
    /// How long until the window ends and the counter starts at zero again.
    pub resets_in: Duration,
}

/// A key-value store that forgets, with counters and publish/subscribe. Every verb is atomic for its key and
/// touches one key only, and every entry has an end. A time to live below a millisecond counts as a millisecond.
pub trait Ephemeral: Send + Sync + 'static {
    /// The value under `key`.
    fn get<'a>(&'a self, key: &'a str) -> Answer<'a, Option<Vec<u8>>>;

    /// Sets the value under `key` for `ttl`, whatever was there before.
    fn put<'a>(&'a self, key: &'a str, value: &'a [u8], ttl: Duration) -> Answer<'a, ()>;

    /// Sets the value under `key` for `ttl` if there is none; says whether it did.
    fn put_if_absent<'a>(&'a self, key: &'a str, value: &'a [u8], ttl: Duration) -> Answer<'a, bool>;

    /// Removes the value under `key` and returns it; of several callers one gets it.
    fn take<'a>(&'a self, key: &'a str) -> Answer<'a, Option<Vec<u8>>>;

    /// Adds to the counter under `key`. The window starts with the first addition and does not move with later
    /// ones. Counters and values must not share a key.
    fn add<'a>(&'a self, key: &'a str, by: u32, window: Duration) -> Answer<'a, Count>;

    /// Sends `message` to everyone who is subscribed to `channel` at this moment; nobody else gets it later.
    fn publish<'a>(&'a self, channel: &'a str, message: &'a [u8]) -> Answer<'a, ()>;

    /// Listens to `channel` until the subscription is dropped. Losing the store does not end it: see
    /// [`Heard::Resumed`].
    fn subscribe(&self, channel: &str) -> Subscription;
}

/// The store in the Redis of these settings, or one in this process's memory if there are none. Must be called inside a
/// Tokio runtime. A Redis that is down does not stop the start: its verbs answer [`EphemeralError::Unavailable`] until it
/// is back.
///
/// # Errors
/// [`EphemeralError::Address`] if the settings cannot be understood.
pub fn connect(
    redis: Option<&RedisSettings>,
    clock: SharedClock,
) -> Result<Arc<dyn Ephemeral>, EphemeralError> {
    Ok(match redis {
        Some(settings) => Arc::new(Redis::connect(settings)?),
        None => Arc::new(Memory::new(clock)),
    })
}
