//! The store in Redis 6.2 or newer (or Valkey), shared by all replicas: one server, one that Sentinel watches over, or a
//! cluster.

mod address;
mod link;
mod listen;
mod wire;

use std::{fmt, time::Duration};

use redis::{Cmd, FromRedisValue, cmd};

pub use self::address::RedisSettings;
use self::{address::Address, link::Link, wire::Target};
use super::{Answer, Count, Ephemeral, EphemeralError, Subscription};

/// Adds, and starts the window where the counter has none. A counter without an end would lock its key for ever,
/// so that is asked each time and not concluded from the total.
const ADD: &str = "\
local total = redis.call('INCRBY', KEYS[1], ARGV[1])
local left = redis.call('PTTL', KEYS[1])
if left < 0 then
  redis.call('PEXPIRE', KEYS[1], ARGV[2])
  left = tonumber(ARGV[2])
end
return {total, left}";

/// The store in Redis.
pub struct Redis {
    target: Target,
    link: Link,
}

impl fmt::Debug for Redis {
    /// Without the target, which knows the password.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Redis").field("link", &self.link).finish_non_exhaustive()
    }
}

impl Redis {
    /// The store that these settings lead to. Connects in the background, and again whenever the connection is lost or its
    /// server is no master any more; verbs answer `Unavailable` at once meanwhile. Must be called inside a Tokio runtime.
    ///
    /// # Errors
    /// [`EphemeralError::Address`] if the settings cannot be understood.
    pub fn connect(settings: &RedisSettings) -> Result<Self, EphemeralError> {
        let target = Target::at(Address::read(settings)?)?;
        Ok(Self { link: Link::to(target.clone()), target })
    }

    /// Waits until the store can be reached, for `patience` at most; says whether it can.
    pub async fn reachable(&self, patience: Duration) -> bool {
        self.link.up(patience).await
    }

    async fn ask<T: FromRedisValue>(&self, command: &Cmd) -> Result<T, EphemeralError> {
        self.link.run(command).await
    }
}

impl Ephemeral for Redis {
    fn get<'a>(&'a self, key: &'a str) -> Answer<'a, Option<Vec<u8>>> {
        Box::pin(async move { self.ask(cmd("GET").arg(name(key))).await })
    }

    fn put<'a>(&'a self, key: &'a str, value: &'a [u8], ttl: Duration) -> Answer<'a, ()> {
        Box::pin(
            async move { self.ask(cmd("SET").arg(name(key)).arg(value).arg("PX").arg(millis(ttl))).await },
        )
    }

    fn put_if_absent<'a>(&'a self, key: &'a str, value: &'a [u8], ttl: Duration) -> Answer<'a, bool> {
        Box::pin(async move {
            self.ask(cmd("SET").arg(name(key)).arg(value).arg("NX").arg("PX").arg(millis(ttl))).await
        })
    }

    fn take<'a>(&'a self, key: &'a str) -> Answer<'a, Option<Vec<u8>>> {
        Box::pin(async move { self.ask(cmd("GETDEL").arg(name(key))).await })
    }

    fn add<'a>(&'a self, key: &'a str, by: u32, window: Duration) -> Answer<'a, Count> {
        Box::pin(async move {
            // Always with its text: a new master does not know the script, and telling all nodes of a cluster could fail.
            let mut call = cmd("EVAL");
            call.arg(ADD).arg(1).arg(name(key)).arg(by).arg(millis(window));
            let (total, left): (u64, u64) = self.ask(&call).await?;
            Ok(Count { total, resets_in: Duration::from_millis(left) })
        })
    }

    fn publish<'a>(&'a self, channel: &'a str, message: &'a [u8]) -> Answer<'a, ()> {
        Box::pin(async move { self.ask(cmd("PUBLISH").arg(name(channel)).arg(message)).await })
    }

    fn subscribe(&self, channel: &str) -> Subscription {
        let (feeder, subscription) = Subscription::pending();
        tokio::spawn(listen::feed(self.target.clone(), name(channel), feeder));
        subscription
    }
}

/// Our names carry a prefix, as a Redis is often shared, and are hash-tagged whole, so that on Redis Cluster a key
/// sits in the slot of its own name whatever the prefix is.
fn name(key: &str) -> String {
    format!("peaka-mcp:{{{key}}}")
}

fn millis(duration: Duration) -> u64 {
    u64::try_from(duration.as_millis()).unwrap_or(u64::MAX).clamp(1, i64::MAX as u64 / 2)
}
