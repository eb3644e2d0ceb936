//! The replicas that there are, and which of them is next. A name that resolves to many addresses, as that of a headless
//! Service of Kubernetes does, is looked up again and again; what it resolves to are the replicas that say they are ready.

use std::{
    collections::BTreeSet,
    net::SocketAddr,
    sync::{
        Arc,
        atomic::{AtomicU64, Ordering},
    },
    time::Duration,
};

use arc_swap::ArcSwap;
use tokio::{net::lookup_host, sync::Mutex};
use tokio_util::sync::CancellationToken;
use tracing::{info, warn};

use super::replica::Replica;

/// How often names are looked up and idle connections swept.
const REFRESH: Duration = Duration::from_secs(5);

/// All replicas.
#[derive(Debug)]
pub(super) struct Replicas {
    /// `host:port` each.
    names: Vec<String>,
    known: ArcSwap<Vec<Arc<Replica>>>,
    /// What each name resolved to last.
    resolved: Mutex<Vec<Vec<SocketAddr>>>,
    dice: AtomicU64,
}

impl Replicas {
    /// Nothing is looked up yet.
    pub(super) fn new(names: Vec<String>) -> Self {
        Self { names, known: ArcSwap::default(), resolved: Mutex::default(), dice: AtomicU64::new(0) }
    }

    /// The less busy of two taken at random, and of those with a choice none that was found dead or is `not` wanted.
    pub(super) async fn next(&self, not: Option<SocketAddr>) -> Option<Arc<Replica>> {
        if self.known.load().is_empty() {
            // The first request, or the names could not be resolved so far. Who waits for another's look-up has its answer.
            match self.resolved.try_lock() {
                Ok(guard) => {
                    drop(guard);
                    self.look_up().await;
                }
                Err(_) => drop(self.resolved.lock().await),
            }
        }
        let known = self.known.load();
        if let [only] = known.as_slice() {
            return Some(Arc::clone(only));
        }
        let others = || known.iter().filter(|replica| Some(replica.address) != not);
        let mut good: Vec<_> = others().filter(|replica| !replica.is_ejected()).collect();
        if good.is_empty() {
            // All were found dead: one of them may be back.
            good.extend(others());
        }
        let one = self.pick(good.len())?;
        // Another one, if there is another.
        let other = (one + 1 + self.pick(good.len() - 1).unwrap_or_default()) % good.len();
        let (one, other) = (good[one], good[other]);
        Some(Arc::clone(if one.under_way() <= other.under_way() { one } else { other }))
    }

    /// An even enough choice: a counter, scrambled (the finalizer of splitmix64). `None` of none.
    fn pick(&self, of: usize) -> Option<usize> {
        let mut x = self.dice.fetch_add(0x9e37_79b9_7f4a_7c15, Ordering::Relaxed);
        x = (x ^ (x >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
        x = (x ^ (x >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
        usize::try_from((x ^ (x >> 31)).checked_rem(u64::try_from(of).ok()?)?).ok()
    }

    /// Follows the names until `shutdown`.
    pub(super) async fn follow(&self, shutdown: &CancellationToken) {
        let mut refresh = tokio::time::interval(REFRESH);
        let follow = async {
            loop {
                refresh.tick().await;
                self.look_up().await;
                self.known.load().iter().for_each(|replica| replica.sweep());
            }
        };
        tokio::select! {
            () = shutdown.cancelled() => {}
            () = follow => {}
        }
    }

    /// A name that cannot be resolved keeps the replicas that it had: a resolver that is away takes no backend along.
    async fn look_up(&self) {
        let mut resolved = self.resolved.lock().await;
        resolved.resize(self.names.len(), Vec::new());
        for (name, addresses) in self.names.iter().zip(resolved.iter_mut()) {
            match lookup_host(name).await {
                Ok(found) => *addresses = found.collect(),
                Err(error) => warn!(name, %error, "the backend's name cannot be resolved"),
            }
        }
        let found: BTreeSet<SocketAddr> = resolved.iter().flatten().copied().collect();
        let known = self.known.load();
        if known.iter().map(|replica| replica.address).eq(found.iter().copied()) {
            return;
        }
        let kept = |address| known.iter().find(|replica| replica.address == address).cloned();
        let replicas: Vec<_> =
            found.iter().map(|&a| kept(a).unwrap_or_else(|| Arc::new(Replica::new(a)))).collect();
        info!(replicas = replicas.len(), "the backend's replicas changed");
        known.iter().filter(|replica| !found.contains(&replica.address)).for_each(|replica| replica.retire());
        self.known.store(Arc::new(replicas));
    }
}
