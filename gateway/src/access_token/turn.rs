//! Whose turn it is to have a signature verified, which takes longer than all else that a request costs here. On each thread it is one
//! request at a time, and first whatever else is ready: a flood of tokens that nobody knows, forged ones among them, delays the
//! requests with known ones by a verification each, not by all of those that came at once.

use std::sync::Arc;

use tokio::{
    sync::{OwnedSemaphorePermit, Semaphore},
    task::yield_now,
};

/// A turn; it ends with this.
pub(super) struct Turn {
    _one_at_a_time: Option<OwnedSemaphorePermit>,
}

thread_local! {
    static TURNS: Arc<Semaphore> = Arc::new(Semaphore::new(1));
}

/// Waits for a turn.
pub(super) async fn turn() -> Turn {
    // It is never closed.
    let permit = TURNS.with(Arc::clone).acquire_owned().await.ok();
    // To the end of the queue, with a look at what else has come in.
    yield_now().await;
    Turn { _one_at_a_time: permit }
}

#[cfg(test)]
mod tests {
    use std::sync::Mutex;

    use tokio::{runtime::Builder, task::JoinSet};

    use super::*;

    #[test]
    fn between_two_verifications_everybody_else_has_a_turn() {
        let log = Arc::new(Mutex::new(String::new()));
        let note = |what: char| {
            let log = Arc::clone(&log);
            move || log.lock().unwrap().push(what)
        };
        let mut tasks = JoinSet::new();
        let runtime = Builder::new_current_thread().build().unwrap();
        runtime.block_on(async {
            for _ in 0..5 {
                let verify = note('v');
                tasks.spawn(async move {
                    let _turn = turn().await;
                    verify();
                });
            }
            let serve = note('s');
            tasks.spawn(async move {
                for _ in 0..20 {
                    serve();
                    yield_now().await;
                }
            });
            while tasks.join_next().await.is_some() {}
        });
        let log = log.lock().unwrap();
        assert_eq!(log.matches('v').count(), 5, "{log}");
        // One in each round, as the last in one and the first in the next at most.
        assert!(!log.contains("vvv"), "several in a row while somebody else was waiting: {log}");
    }

    #[tokio::test]
    async fn a_turn_that_is_given_up_goes_to_the_next() {
        let first = turn().await;
        let mut waiting = Box::pin(turn());
        assert!(futures_util::poll!(&mut waiting).is_pending());
        drop(first);
        // Now it has the turn, and lets the others go first.
        assert!(futures_util::poll!(&mut waiting).is_pending());
        assert_eq!(TURNS.with(|turns| turns.available_permits()), 0);
        drop(waiting);
        assert_eq!(TURNS.with(|turns| turns.available_permits()), 1);
        turn().await;
    }
}
