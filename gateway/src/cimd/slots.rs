//! How many documents are fetched at a time: one from each host, so that we cannot be made to flood anyone, and a
//! bounded number in all.

use std::{
    collections::HashMap,
    sync::{Arc, Mutex, PoisonError, Weak},
};

use tokio::sync::{AcquireError, OwnedSemaphorePermit, Semaphore};

const OVERALL: usize = 32;

pub(super) struct Slots {
    overall: Arc<Semaphore>,
    hosts: Mutex<HashMap<String, Weak<Semaphore>>>,
}

/// Leave to fetch from one host.
pub(super) struct Slot {
    _host: Result<OwnedSemaphorePermit, AcquireError>,
    _overall: Result<OwnedSemaphorePermit, AcquireError>,
}

impl Default for Slots {
    fn default() -> Self {
        Self { overall: Arc::new(Semaphore::new(OVERALL)), hosts: Mutex::default() }
    }
}

impl Slots {
    /// Waits for leave to fetch from `host`. The host's comes first, so that a queue before one host does not use
    /// up what all share.
    pub(super) async fn one(&self, host: &str) -> Slot {
        let host = self.host(host);
        // Neither semaphore is ever closed, which is the only way to fail.
        Slot { _host: host.acquire_owned().await, _overall: self.overall.clone().acquire_owned().await }
    }

    fn host(&self, host: &str) -> Arc<Semaphore> {
        let mut hosts = self.hosts.lock().unwrap_or_else(PoisonError::into_inner);
        if let Some(semaphore) = hosts.get(host).and_then(Weak::upgrade) {
            return semaphore;
        }
        hosts.retain(|_, semaphore| semaphore.strong_count() > 0);
        let semaphore = Arc::new(Semaphore::new(1));
        hosts.insert(host.to_owned(), Arc::downgrade(&semaphore));
        semaphore
    }
}
