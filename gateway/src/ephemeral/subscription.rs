//! The listening end of publish/subscribe, the same for both stores.

use tokio::sync::broadcast::{self, error::RecvError};

/// Messages a listener may lag behind before it loses the oldest.
const BACKLOG: usize = 1024;

/// What a subscriber hears.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Heard {
    /// The subscription stands from here on. What was published earlier may have been missed, so look at the
    /// truth now. Comes first, and again after each interruption.
    Resumed,
    /// A message.
    Message(Vec<u8>),
}

/// A standing subscription. Dropping it ends it.
#[derive(Debug)]
pub struct Subscription {
    receiver: broadcast::Receiver<Heard>,
    first: Option<Heard>,
}

impl Subscription {
    /// A subscription whose feeder says itself when it stands.
    pub(super) fn pending() -> (broadcast::Sender<Heard>, Self) {
        let (sender, receiver) = broadcast::channel(BACKLOG);
        (sender, Self { receiver, first: None })
    }

    /// One more listener of a feeder that stands already.
    pub(super) fn standing(feeder: &broadcast::Sender<Heard>) -> Self {
        Self { receiver: feeder.subscribe(), first: Some(Heard::Resumed) }
    }

    /// The next thing heard; `None` when the store itself is gone, which happens at shutdown only. Cancel safe.
    pub async fn next(&mut self) -> Option<Heard> {
        if let Some(first) = self.first.take() {
            return Some(first);
        }
        match self.receiver.recv().await {
            Ok(heard) => Some(heard),
            Err(RecvError::Lagged(_)) => Some(Heard::Resumed),
            Err(RecvError::Closed) => None,
        }
    }
}

/// A feeder for listeners that come later.
pub(super) fn feeder() -> broadcast::Sender<Heard> {
    broadcast::channel(BACKLOG).0
}
