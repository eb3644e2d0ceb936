//! Threads with a runtime each. A connection stays with one of them, and with it all that is done for it, so that the
//! cheap requests that a proxy lives on never wake another thread.

use std::{
    io,
    sync::{
        Arc,
        atomic::{AtomicUsize, Ordering},
    },
    thread,
    time::Duration,
};

use tokio::{
    runtime::{Builder, Handle},
    time::{MissedTickBehavior, interval},
};
use tokio_util::sync::{CancellationToken, DropGuard};

/// Sooner than the timers of an ordinary request are due. A runtime whose earliest timer is set anew is woken through the kernel, even
/// by itself and while it is awake: with one that is always due before, those of a request are not the earliest.
const TICK: Duration = Duration::from_secs(5);

/// Some threads. They end when this is dropped.
#[derive(Debug)]
pub struct Workers {
    workers: Vec<Worker>,
    _stop: DropGuard,
}

#[derive(Debug)]
struct Worker {
    runtime: Handle,
    connections: Arc<AtomicUsize>,
}

/// A worker's connection, counted until this is dropped.
#[derive(Debug)]
pub(super) struct Place(Arc<AtomicUsize>);

impl Drop for Place {
    fn drop(&mut self) {
        self.0.fetch_sub(1, Ordering::Relaxed);
    }
}

impl Workers {
    /// One for each core that this process may use.
    ///
    /// # Errors
    ///
    /// When the system gives no thread or no runtime.
    pub fn start() -> io::Result<Self> {
        let stop = CancellationToken::new();
        let count = thread::available_parallelism()?.get();
        let workers = (0..count).map(|n| worker(n, stop.clone())).collect::<io::Result<_>>()?;
        Ok(Self { workers, _stop: stop.drop_guard() })
    }

    /// A place with the worker that has the fewest connections.
    pub(super) fn place(&self) -> Option<(Handle, Place)> {
        let worker = self.workers.iter().min_by_key(|worker| worker.connections.load(Ordering::Relaxed))?;
        worker.connections.fetch_add(1, Ordering::Relaxed);
        Some((worker.runtime.clone(), Place(Arc::clone(&worker.connections))))
    }
}

fn worker(n: usize, stop: CancellationToken) -> io::Result<Worker> {
    let runtime = Builder::new_current_thread().enable_all().build()?;
    let handle = runtime.handle().clone();
    thread::Builder::new().name(format!("worker-{n}")).spawn(move || runtime.block_on(tick_until(stop)))?;
    Ok(Worker { runtime: handle, connections: Arc::default() })
}

async fn tick_until(stop: CancellationToken) {
    let mut ticks = interval(TICK);
    ticks.set_missed_tick_behavior(MissedTickBehavior::Delay);
    let tick = async {
        loop {
            ticks.tick().await;
        }
    };
    stop.run_until_cancelled(tick).await;
}
