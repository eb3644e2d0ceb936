//! That an assertion or a proof is used once (RFC 7523 §3, item 7; RFC 9449 §11.1).
//!
//! Nothing rests on this alone, so it may rest on what can be lost. What comes with an assertion of a client (a code, a
//! refresh token) is spent by itself; a proof of possession is of use only together with a token that its sender holds.
//! Whoever repeats a request gets no more by it than its first sender.

use std::{sync::Arc, time::Duration};

use shared::clock::SharedClock;
use tracing::debug;

use crate::{
    domain::secret::hash,
    ephemeral::{Ephemeral, Memory},
};

/// Marks of one kind.
pub(crate) struct Replays {
    kind: &'static str,
    shared: Arc<dyn Ephemeral>,
    local: Memory,
}

impl Replays {
    /// In `shared`, where no other kind has the same name.
    pub(crate) fn new(kind: &'static str, shared: Arc<dyn Ephemeral>, clock: SharedClock) -> Self {
        Self { kind, shared, local: Memory::new(clock) }
    }

    /// Marks the use of a signer's `jti`, until nobody would take it any more; says whether it is the first one. This
    /// replica remembers its own uses besides, so that it refuses a replay while the shared marks are away, or were lost.
    pub(crate) async fn is_first(&self, signer: &str, jti: &str, keep_for: Duration) -> bool {
        // The hash bounds the key's length; the length in front tells where the signer ends and its jti begins.
        let key = format!("{}:{}", self.kind, hash(&format!("{}:{signer}{jti}", signer.len())));
        // Memory always answers; if it ever did not, refusing is the safe side.
        if !self.local.put_if_absent(&key, b"", keep_for).await.unwrap_or(false) {
            return false;
        }
        self.shared.put_if_absent(&key, b"", keep_for).await.unwrap_or_else(|error| {
            debug!(%error, kind = self.kind, "marking a use in this replica alone");
            true
        })
    }
}

#[cfg(test)]
mod tests {
    use shared::clock::{ManualClock, Timestamp};

    use super::*;
    use crate::ephemeral::Redis;

    const MINUTE: Duration = Duration::from_secs(60);

    fn clock() -> Arc<ManualClock> {
        Arc::new(ManualClock::starting_at(Timestamp::from_seconds(1_800_000_000)))
    }

    #[tokio::test]
    async fn a_use_on_one_replica_is_one_on_all_until_it_ends() {
        let clock = clock();
        let shared = Arc::new(Memory::new(clock.clone()));
        let replicas = [(); 2].map(|()| Replays::new("test", shared.clone(), clock.clone()));
        assert!(replicas[0].is_first("client", "a", MINUTE).await);
        assert!(!replicas[0].is_first("client", "a", MINUTE).await);
        assert!(!replicas[1].is_first("client", "a", MINUTE).await);
        for (client, jti) in [("client", "b"), ("clien", "ta"), ("clienta", "")] {
            assert!(replicas[1].is_first(client, jti, MINUTE).await, "{client} {jti}");
        }
        clock.advance(MINUTE);
        assert!(replicas[0].is_first("client", "a", MINUTE).await);
    }

    #[tokio::test]
    async fn while_the_shared_marks_are_away_a_replica_knows_its_own() {
        let away = Redis::connect(&secrecy::SecretString::from("redis://127.0.0.1:1").into()).unwrap();
        let replays = Replays::new("test", Arc::new(away), clock());
        assert!(replays.is_first("client", "a", MINUTE).await);
        assert!(!replays.is_first("client", "a", MINUTE).await);
        assert!(replays.is_first("client", "b", MINUTE).await);
    }
}
