//! What both ways of telling have in common: one replica at a time tells, in order, and tries again for a day. A message
//! may come twice, so it carries the event's id.

use std::time::Duration;

use shared::{chain::Chain, clock::SharedClock};
use tokio::time::MissedTickBehavior;
use tokio_util::sync::CancellationToken;
use tracing::{info, warn};

use crate::{
    domain::secret::{NoRandomness, random_text},
    metrics::{NOTICES, Notice, NoticeWay},
    store::{AuditRow, Channel, Store, StoreError, Untold},
};

const LEASE_LIFE: Duration = Duration::from_secs(60);
/// A message takes no longer: well within the lease, which is taken anew for each.
const DEADLINE: Duration = Duration::from_secs(30);
const LOOK: Duration = Duration::from_secs(2);
const BATCH: u32 = 16;
/// Events older than this are not told any more.
const TOLD_FOR: Duration = Duration::from_secs(24 * 60 * 60);
const LONGEST_PAUSE: Duration = Duration::from_secs(60 * 60);

/// One way of telling.
pub(super) trait Messenger: Send + Sync {
    /// Which.
    const CHANNEL: Channel;

    /// Tells of an event, once.
    fn tell(&self, event: &AuditRow) -> impl Future<Output = Result<(), Failure>> + Send;
}

/// Why an event was not told. For the log: holds neither a secret nor a person's address.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) enum Failure {
    /// It may be otherwise later.
    ForNow(String),
    /// Nothing is won by trying again.
    ForGood(String),
}

impl From<StoreError> for Failure {
    fn from(error: StoreError) -> Self {
        Self::ForNow(Chain(&error).to_string())
    }
}

/// Tells on one way.
pub(super) struct Teller<M> {
    messenger: M,
    store: Store,
    clock: SharedClock,
    holder: String,
}

impl<M: Messenger> std::fmt::Debug for Teller<M> {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Teller").field("channel", &M::CHANNEL).finish_non_exhaustive()
    }
}

impl<M: Messenger> Teller<M> {
    pub(super) fn new(messenger: M, store: &Store, clock: &SharedClock) -> Result<Self, NoRandomness> {
        Ok(Self { messenger, store: store.clone(), clock: clock.clone(), holder: random_text()? })
    }

    /// Tells until `shutdown`.
    pub(super) async fn run(&self, shutdown: &CancellationToken) {
        let mut looks = tokio::time::interval(LOOK);
        looks.set_missed_tick_behavior(MissedTickBehavior::Delay);
        loop {
            let round = async {
                looks.tick().await;
                self.round().await
            };
            // A message that is being sent when this ends is sent once more by whoever tells next.
            match shutdown.run_until_cancelled(round).await {
                None => return,
                Some(Ok(())) => {}
                Some(Err(error)) => {
                    warn!(error = %Chain(&error), way = way::<M>(), "could not read what is to be told");
                }
            }
        }
    }

    async fn round(&self) -> Result<(), StoreError> {
        while self.is_first().await? {
            let now = self.clock.now();
            let untold = self.store.untold(M::CHANNEL, now.minus(TOLD_FOR), now, BATCH).await?;
            let last = untold.len() < BATCH as usize;
            for untold in untold {
                if !self.is_first().await? {
                    return Ok(());
                }
                self.deliver(&untold).await?;
            }
            if last {
                return Ok(());
            }
        }
        Ok(())
    }

    /// Whether this replica tells. It goes on doing so unless it pauses for longer than the lease lives.
    async fn is_first(&self) -> Result<bool, StoreError> {
        let now = self.clock.now();
        self.store.take_lease(way::<M>(), &self.holder, now, now.plus(LEASE_LIFE)).await
    }

    async fn deliver(&self, Untold { event, attempts }: &Untold) -> Result<(), StoreError> {
        let told = tokio::time::timeout(DEADLINE, self.messenger.tell(event)).await;
        let told = told.unwrap_or_else(|_| Err(Failure::ForNow("it took too long".to_owned())));
        let (attempts, now, way) = (attempts + 1, self.clock.now(), way::<M>());
        let label = NoticeWay::from(M::CHANNEL);
        let (why, next_at) = match told {
            Ok(()) => {
                info!(event = event.id, kind = event.kind, attempts, way, "told of an event");
                NOTICES.count((label, Notice::Told));
                return self.store.note_delivery(M::CHANNEL, &event.id, attempts, now, Some(now)).await;
            }
            Err(Failure::ForNow(why)) => {
                (why, Some(now.plus(pause(attempts))).filter(|next_at| *next_at <= event.at.plus(TOLD_FOR)))
            }
            Err(Failure::ForGood(why)) => (why, None),
        };
        let given_up = next_at.is_none();
        warn!(
            event = event.id,
            kind = event.kind,
            attempts,
            given_up,
            why,
            way,
            "could not tell of an event"
        );
        NOTICES.count((label, if given_up { Notice::GivenUp } else { Notice::Failed }));
        let over = given_up.then_some(now);
        self.store.note_delivery(M::CHANNEL, &event.id, attempts, next_at.unwrap_or(now), over).await
    }
}

impl From<Channel> for NoticeWay {
    fn from(channel: Channel) -> Self {
        match channel {
            Channel::Webhook => Self::Webhook,
            Channel::Mail => Self::Mail,
        }
    }
}

/// What the lease is called, and the way in the log.
const fn way<M: Messenger>() -> &'static str {
    match M::CHANNEL {
        Channel::Webhook => "webhook",
        Channel::Mail => "mail",
    }
}

/// 5 s, 10 s, 20 s, … and an hour at the most.
fn pause(attempts: u32) -> Duration {
    let doubled = 5_u64.saturating_mul(1 << attempts.saturating_sub(1).min(20));
    Duration::from_secs(doubled).min(LONGEST_PAUSE)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn pauses_grow_and_end() {
        let seconds: Vec<u64> = [1, 2, 3, 10, 11, 1000].map(|n| pause(n).as_secs()).into();
        assert_eq!(seconds, [5, 10, 20, 2560, 3600, 3600]);
    }
}
