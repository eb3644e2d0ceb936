//! Events that no change of the store goes with: refusals of strangers, and refreshes. They are written beside the
//! requests, so that neither an outage of the database nor its slowness reaches whoever is answered; the line in the log
//! is written at once, and stays if the row cannot be written.
//!
//! What strangers cause is bounded: of each kind, and from each address prefix, the first refusal of a minute is noted at
//! once and the others as one event when the minute is over; further prefixes than [`PREFIXES`] count together.

mod tally;

use std::sync::{Mutex, PoisonError};

use quick_cache::sync::Cache;
use shared::{chain::Chain, clock::SharedClock};
use tokio::{
    sync::mpsc,
    time::{MissedTickBehavior, interval},
};
use tokio_util::sync::CancellationToken;
use tracing::warn;

use self::tally::{Counted, Tally};
use crate::{
    caller,
    domain::{
        audit::{Event, Refusal},
        secret::{hash, random_text},
        session::Session,
    },
    store::{self, Store},
};

/// Events that wait to be written; further ones are only in the log.
const QUEUE: usize = 1024;
/// Sessions of which it is remembered that they were refreshed today.
const SESSIONS: usize = 10_000;
const DAY_MS: i64 = 24 * 60 * 60 * 1000;
/// How often it is looked for minutes that are over.
const LOOK: std::time::Duration = std::time::Duration::from_secs(5);

/// Notes what happens beside the store's own changes.
pub(crate) struct Audit {
    store: Store,
    clock: SharedClock,
    tally: Mutex<Tally>,
    refreshed: Cache<String, i64>,
    queue: mpsc::Sender<Waiting>,
    waiting: tokio::sync::Mutex<mpsc::Receiver<Waiting>>,
}

impl std::fmt::Debug for Audit {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str("Audit")
    }
}

enum Waiting {
    Counted(Counted),
    Refreshed { session: Box<Session>, day: i64, origin: Option<String> },
}

impl Audit {
    pub(crate) fn new(store: Store, clock: SharedClock) -> Self {
        let (queue, waiting) = mpsc::channel(QUEUE);
        Self {
            store,
            clock,
            tally: Mutex::default(),
            refreshed: Cache::new(SESSIONS),
            queue,
            waiting: tokio::sync::Mutex::new(waiting),
        }
    }

    /// Somebody was refused. `client_id` is only what they claimed.
    pub(crate) fn refused(&self, refusal: Refusal, client_id: Option<&str>) {
        let origin = caller::prefix();
        let now = self.clock.now();
        let noted = {
            let mut tally = self.tally.lock().unwrap_or_else(PoisonError::into_inner);
            tally.count(refusal, origin.as_deref(), client_id, now)
        };
        if let Some(first) = noted {
            self.note(first);
        }
    }

    /// A session's tokens were renewed. Every one is in the log; a row is written once a day for each session, as they
    /// would crowd out everything else.
    pub(crate) fn refreshed(&self, session: &Session) {
        store::tell(&Event::Refreshed(session));
        let day = self.clock.now().millis().div_euclid(DAY_MS);
        if self.refreshed.get(&session.id) == Some(day) {
            return;
        }
        self.refreshed.insert(session.id.clone(), day);
        let origin = caller::prefix().map(|origin| origin.to_string());
        self.enqueue(Waiting::Refreshed { session: Box::new(session.clone()), day, origin });
    }

    fn note(&self, counted: Counted) {
        store::tell_entry(&counted.event().entry(), counted.origin.as_deref());
        self.enqueue(Waiting::Counted(counted));
    }

    fn enqueue(&self, waiting: Waiting) {
        if self.queue.try_send(waiting).is_err() {
            warn!("more audit events than can be written; the log has them all");
        }
    }

    /// Writes what comes until `shutdown`, and then what is left.
    pub(crate) async fn run(&self, shutdown: CancellationToken) {
        let mut waiting = self.waiting.lock().await;
        let mut look = interval(LOOK);
        look.set_missed_tick_behavior(MissedTickBehavior::Delay);
        loop {
            tokio::select! {
                () = shutdown.cancelled() => break,
                _ = look.tick() => self.end_minutes(false),
                Some(next) = waiting.recv() => self.write(next).await,
            }
        }
        self.end_minutes(true);
        while let Ok(next) = waiting.try_recv() {
            self.write(next).await;
        }
    }

    /// Notes what was counted in minutes that are over, or in all.
    fn end_minutes(&self, all: bool) {
        let now = self.clock.now();
        let over = {
            let mut tally = self.tally.lock().unwrap_or_else(PoisonError::into_inner);
            tally.take_over(now, all)
        };
        for counted in over {
            self.note(counted);
        }
    }

    async fn write(&self, waiting: Waiting) {
        let written = match waiting {
            Waiting::Counted(counted) => match random_text() {
                Ok(id) => {
                    let origin = counted.origin.as_deref();
                    self.store.audit(&id, &counted.event(), origin, counted.at).await
                }
                Err(_) => return,
            },
            Waiting::Refreshed { session, day, origin } => {
                // The same on every replica, so that however many refresh it, a day has one row.
                let id = hash(&format!("refreshed/{}/{day}", session.id));
                let event = Event::Refreshed(&session);
                self.store.audit(&id, &event, origin.as_deref(), self.clock.now()).await
            }
        };
        if let Err(error) = written {
            warn!(error = %Chain(&error), "could not write an audit event; the log has it");
        }
    }
}
