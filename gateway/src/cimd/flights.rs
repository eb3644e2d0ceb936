//! One piece of work per key at a time, whose result all who ask get.

use std::{
    collections::HashMap,
    sync::{Arc, Mutex, MutexGuard, PoisonError},
};

use futures_util::{
    FutureExt,
    future::{BoxFuture, Shared},
};

/// Pieces of work under way at most.
const MOST: usize = 256;

type Landing<T> = Shared<BoxFuture<'static, Option<T>>>;

/// The pieces of work under way.
pub(super) struct Flights<T: Clone>(Arc<Mutex<HashMap<String, Landing<T>>>>);

impl<T: Clone> Default for Flights<T> {
    fn default() -> Self {
        Self(Arc::default())
    }
}

impl<T: Clone + Send + Sync + 'static> Flights<T> {
    /// The result of the work for `key`, which is started if it is not under way; `None` if too much is. The work
    /// goes on when nobody waits for it any more. Its result is `None` if it panicked.
    pub(super) fn join<F>(&self, key: &str, work: impl FnOnce() -> F) -> Option<Landing<T>>
    where
        F: Future<Output = T> + Send + 'static,
    {
        let mut flights = locked(&self.0);
        if let Some(landing) = flights.get(key) {
            return Some(landing.clone());
        }
        if flights.len() >= MOST {
            return None;
        }
        let (work, landed) = (work(), Landed { flights: self.0.clone(), key: key.to_owned() });
        let task = tokio::spawn(async move {
            let _landed = landed;
            work.await
        });
        let landing = task.map(Result::ok).boxed().shared();
        flights.insert(key.to_owned(), landing.clone());
        Some(landing)
    }
}

/// Takes the work off the list, also when it panics.
struct Landed<T: Clone> {
    flights: Arc<Mutex<HashMap<String, Landing<T>>>>,
    key: String,
}

impl<T: Clone> Drop for Landed<T> {
    fn drop(&mut self) {
        locked(&self.flights).remove(&self.key);
    }
}

/// Nothing panics half-way under this lock.
fn locked<T>(mutex: &Mutex<T>) -> MutexGuard<'_, T> {
    mutex.lock().unwrap_or_else(PoisonError::into_inner)
}
