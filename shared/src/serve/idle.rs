//! How long a connection has had nothing to do: hyper closes idle HTTP/1.1 connections by itself, HTTP/2 ones it keeps as
//! long as their peer answers pings.

use std::{
    sync::{
        Arc,
        atomic::{AtomicUsize, Ordering},
    },
    time::Duration,
};

use tokio::{sync::Notify, time::timeout};

/// Knows whether requests are being answered.
#[derive(Debug, Default)]
pub(super) struct Idle(Arc<State>);

#[derive(Debug, Default)]
struct State {
    open: AtomicUsize,
    changed: Notify,
}

/// A request that is being answered.
#[derive(Debug)]
pub(super) struct Busy(Arc<State>);

impl Drop for Busy {
    fn drop(&mut self) {
        self.0.open.fetch_sub(1, Ordering::SeqCst);
        self.0.changed.notify_one();
    }
}

impl Idle {
    /// Until the guard is dropped there is something to do.
    pub(super) fn busy(&self) -> Busy {
        self.0.open.fetch_add(1, Ordering::SeqCst);
        Busy(Arc::clone(&self.0))
    }

    /// Returns when nothing was begun or under way for so long.
    pub(super) async fn for_longer_than(&self, pause: Duration) {
        loop {
            let something_ended = timeout(pause, self.0.changed.notified()).await.is_ok();
            if !something_ended && self.0.open.load(Ordering::SeqCst) == 0 {
                return;
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[tokio::test]
    async fn only_a_connection_with_nothing_to_do_is_idle() {
        let idle = Idle::default();
        let pause = Duration::from_millis(5);
        let busy = idle.busy();
        assert!(timeout(pause * 5, idle.for_longer_than(pause)).await.is_err());
        drop(busy);
        idle.for_longer_than(pause).await;
    }
}
