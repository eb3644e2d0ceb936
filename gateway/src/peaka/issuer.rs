//! Where Peaka's authorization server has its endpoints: configured, or told by its metadata (RFC 8414, or OpenID
//! Connect Discovery), which is fetched when it is first needed and again every hour.

mod metadata;

pub(super) use metadata::Metadata;

use std::{
    sync::{
        Arc,
        atomic::{AtomicU64, Ordering},
    },
    time::Duration,
};

use arc_swap::ArcSwapOption;
use http::StatusCode;
use shared::clock::{SharedClock, Timestamp};
use tokio::sync::Mutex;
use tracing::warn;

use super::{error::Outage, http::Http, settings::Settings};
use metadata::{Document, addresses};

const REFRESH_AFTER: Duration = Duration::from_secs(60 * 60);
/// After a failed refresh.
const RETRY_AFTER: Duration = Duration::from_secs(60);
/// Endpoints rarely move, so a document outlives the outage of its source; but not for ever.
const KEEP_FOR: Duration = Duration::from_secs(24 * 60 * 60);

#[derive(Clone, Debug)]
struct Known {
    metadata: Arc<Metadata>,
    fetched_at: Timestamp,
    refresh_at: Timestamp,
}

pub(super) struct Issuer {
    settings: Arc<Settings>,
    http: Http,
    clock: SharedClock,
    configured: Option<Arc<Metadata>>,
    known: ArcSwapOption<Known>,
    /// One fetch at a time. Holds how the last one failed, for those who waited for it.
    flight: Mutex<Option<Outage>>,
    flights: AtomicU64,
}

impl std::fmt::Debug for Issuer {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Issuer").field("settings", &self.settings).finish_non_exhaustive()
    }
}

impl Issuer {
    pub(super) fn new(settings: Arc<Settings>, http: Http, clock: SharedClock) -> Self {
        let configured = Metadata::configured(&settings).map(Arc::new);
        Self {
            settings,
            http,
            clock,
            configured,
            known: ArcSwapOption::empty(),
            flight: Mutex::new(None),
            flights: AtomicU64::new(0),
        }
    }

    /// The metadata: configured, remembered, or fetched now.
    pub(super) async fn metadata(&self) -> Result<Arc<Metadata>, Outage> {
        if let Some(configured) = &self.configured {
            return Ok(Arc::clone(configured));
        }
        if let Some(fresh) = self.fresh() {
            return Ok(fresh);
        }
        let flights_before = self.flights.load(Ordering::SeqCst);
        let mut failure = match self.usable() {
            None => self.flight.lock().await,
            Some(old) => match self.flight.try_lock() {
                Ok(flight) => flight,
                Err(_) => return Ok(old.metadata),
            },
        };
        if let Some(fresh) = self.fresh() {
            return Ok(fresh);
        }
        // Somebody's fetch failed while this one waited. Without this the waiters of an outage would each wait for
        // a timeout of their own, one after the other.
        if let Some(outage) = &*failure
            && self.flights.load(Ordering::SeqCst) != flights_before
        {
            return Err(outage.clone());
        }
        let fetched = self.fetch().await;
        self.flights.fetch_add(1, Ordering::SeqCst);
        let now = self.clock.now();
        match (fetched, self.usable()) {
            (Ok(metadata), _) => {
                let metadata = Arc::new(metadata);
                let known = Known {
                    metadata: Arc::clone(&metadata),
                    fetched_at: now,
                    refresh_at: now.plus(REFRESH_AFTER),
                };
                self.known.store(Some(Arc::new(known)));
                *failure = None;
                Ok(metadata)
            }
            (Err(outage), Some(old)) => {
                warn!(%outage, "Peaka's metadata could not be fetched anew; the old document stays in use");
                let metadata = Arc::clone(&old.metadata);
                self.known.store(Some(Arc::new(Known { refresh_at: now.plus(RETRY_AFTER), ..old })));
                Ok(metadata)
            }
            (Err(outage), None) => {
                *failure = Some(outage.clone());
                Err(outage)
            }
        }
    }

    fn fresh(&self) -> Option<Arc<Metadata>> {
        let known = self.known.load();
        known
            .as_ref()
            .filter(|known| self.clock.now() < known.refresh_at)
            .map(|known| Arc::clone(&known.metadata))
    }

    fn usable(&self) -> Option<Known> {
        let known = self.known.load();
        known.as_deref().filter(|known| self.clock.now().since(known.fetched_at) < KEEP_FOR).cloned()
    }

    async fn fetch(&self) -> Result<Metadata, Outage> {
        let mut failure = None;
        for address in addresses(&self.settings.issuer) {
            match self.http.document::<Document>(address).await {
                Ok(document) => return Metadata::of(document, &self.settings),
                Err(outage @ (Outage::Unreachable(_) | Outage::Timeout)) => return Err(outage),
                // Of two failures the one that says more than "not here" is told.
                Err(outage) => match failure {
                    None | Some(Outage::Status(StatusCode::NOT_FOUND)) => failure = Some(outage),
                    Some(_) => {}
                },
            }
        }
        Err(failure.unwrap_or(Outage::Misconfigured("the issuer has no metadata address")))
    }
}
