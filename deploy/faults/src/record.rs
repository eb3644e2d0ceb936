//! What the load did and was answered: an append-only list, timed by a clock that never goes back. Whoever judges it
//! needs nothing else.

use std::{
    collections::HashSet,
    hash::{DefaultHasher, Hash as _, Hasher as _},
    sync::{Mutex, MutexGuard, PoisonError},
    time::{Duration, Instant},
};

/// Microseconds since the record began.
pub type Micros = u64;

/// A code or token as the record knows it: enough to tell it from others, too little to be one.
pub type Mark = u64;

/// What stands for a secret in the record.
pub fn mark(secret: &str) -> Mark {
    let mut hasher = DefaultHasher::new();
    secret.hash(&mut hasher);
    hasher.finish()
}

/// One request, from its first byte to the end of its answer.
#[derive(Clone, Debug)]
pub struct Event {
    /// When it was sent.
    pub from: Micros,
    /// When its answer was there, or was known not to come.
    pub to: Micros,
    /// Who asked.
    pub person: u16,
    /// In which session; sessions are numbered as they are acknowledged, 0 is none.
    pub session: u32,
    /// What was asked.
    pub what: What,
    /// How it was answered.
    pub reply: Reply,
}

/// What was asked.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum What {
    /// A page on the way to a code.
    Page,
    /// A code was presented.
    Redeemed {
        /// Which.
        code: Mark,
    },
    /// A refresh token was presented.
    Refreshed {
        /// Which.
        presented: Mark,
        /// The token that it was answered with.
        successor: Option<Mark>,
    },
    /// The session was to end.
    Revoked,
    /// The resource was called.
    Called {
        /// With what.
        call: Call,
        /// When the access token was to expire, at the earliest.
        valid_until: Micros,
        /// The person that the answer names, if it names one.
        about: Option<u16>,
    },
}

/// What the resource is called with.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Call {
    /// `tools/list`: the backend alone answers it.
    Tools,
    /// A small tool, which asks Peaka.
    Projects,
    /// SQL whose answer names the person.
    WhoAmI,
    /// The same with a stream of progress before the answer.
    Stream,
}

/// How a request was answered.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Reply {
    /// The status; 0 if no answer came, or not all of it.
    pub status: u16,
    /// What the body says.
    pub says: Says,
    /// Whether it said when to come back.
    pub retry_after: bool,
}

/// What a body says.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Says {
    /// Nothing of note.
    Nothing,
    /// `invalid_grant`.
    InvalidGrant,
    /// The tool failed, and said so inside a 200.
    ToolFailed,
    /// It names somebody whom the record does not know.
    Stranger,
}

impl Reply {
    /// No answer, or half of one.
    pub const BROKEN: Self = Self { status: 0, says: Says::Nothing, retry_after: false };

    /// With this status and nothing of note.
    pub const fn status(status: u16) -> Self {
        Self { status, says: Says::Nothing, retry_after: false }
    }

    /// Whether what was asked was done.
    pub fn is_success(self) -> bool {
        self.status / 100 == 2 && self.says == Says::Nothing
    }

    /// Whether it says that the grant is dead (RFC 6749 §5.2).
    pub fn is_dead_grant(self) -> bool {
        self.status == 400 && self.says == Says::InvalidGrant
    }
}

/// The record.
#[derive(Debug)]
pub struct Record {
    began: Instant,
    events: Mutex<Vec<Event>>,
    secrets: Mutex<HashSet<String>>,
}

impl Default for Record {
    fn default() -> Self {
        Self { began: Instant::now(), events: Mutex::default(), secrets: Mutex::default() }
    }
}

impl Record {
    /// Now, by the record's clock.
    pub fn now(&self) -> Micros {
        micros(self.began.elapsed())
    }

    /// Adds an event.
    pub fn add(&self, event: Event) {
        lock(&self.events).push(event);
    }

    /// Remembers what must turn up in no log.
    pub fn keep_secret(&self, text: &str) {
        lock(&self.secrets).insert(text.to_owned());
    }

    /// Looks at what was added so far.
    pub fn look<T>(&self, at: impl FnOnce(&[Event]) -> T) -> T {
        at(&lock(&self.events))
    }

    /// The secrets that were handed out.
    pub fn secrets(&self) -> HashSet<String> {
        lock(&self.secrets).clone()
    }
}

/// As the record counts time.
pub fn micros(duration: Duration) -> Micros {
    u64::try_from(duration.as_micros()).unwrap_or(u64::MAX)
}

/// A lock whose holder panicked still guards what is true.
pub fn lock<T>(mutex: &Mutex<T>) -> MutexGuard<'_, T> {
    mutex.lock().unwrap_or_else(PoisonError::into_inner)
}
