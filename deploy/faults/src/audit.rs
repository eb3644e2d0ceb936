//! The record is held against what must be true whatever fails. Each invariant is a pure function over the record.

mod answers;
mod codes;
mod live;
mod logs;
mod persons;
mod revoked;
mod rows;
mod successors;
#[cfg(test)]
mod tale;

use std::{fmt, time::Duration};

pub use self::{
    logs::{logs, pieces},
    rows::{Rows, rows},
};
use crate::record::{Event, Micros, micros};

/// What must hold.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Invariant {
    /// A code is redeemed once at most.
    I1,
    /// What was acknowledged and is alive works.
    I2,
    /// An acknowledged revocation holds for ever.
    I3,
    /// A refresh token has one successor.
    I4,
    /// No orphan rows.
    I5,
    /// Nobody is answered as somebody else.
    I6,
    /// Errors tell the truth.
    I7,
    /// No secret in a log.
    Secrets,
    /// What this scenario promises beyond these.
    Promise,
}

impl fmt::Display for Invariant {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        fmt::Debug::fmt(self, f)
    }
}

/// Something that must not be.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Breach {
    /// What it goes against.
    pub against: Invariant,
    /// What was seen.
    pub seen: String,
}

impl Breach {
    /// Against `invariant`.
    pub fn of(against: Invariant, seen: impl Into<String>) -> Self {
        Self { against, seen: seen.into() }
    }
}

/// How a scenario is judged.
#[derive(Clone, Debug)]
pub struct Terms {
    /// An ended session is refused everywhere after so long.
    pub revoked_within: Duration,
    /// When outages are excused.
    pub troubles: Vec<Trouble>,
}

impl Default for Terms {
    fn default() -> Self {
        Self { revoked_within: Duration::from_secs(1), troubles: Vec::new() }
    }
}

/// A time in which something is away. A request that overlaps it may be answered with the truth: 503 and when to come
/// back.
#[derive(Clone, Copy, Debug)]
pub struct Trouble {
    /// From when.
    pub from: Micros,
    /// To when; open until then.
    pub to: Micros,
    /// What may happen in it.
    pub excuse: Excuse,
}

/// What an outage excuses.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Excuse {
    /// 503 with `Retry-After` for what needs the database: pages, tokens and revocations.
    pub control: bool,
    /// 502, 503 and 504 for tools that ask Peaka, and tools that fail.
    pub tools: bool,
    /// The same for what the backend alone answers.
    pub backend: bool,
    /// Answers that never come, or break off.
    pub broken: bool,
}

impl Terms {
    /// What is excused of a request that was under way at any time between these.
    fn excuse(&self, from: Micros, to: Micros) -> Excuse {
        let during = self.troubles.iter().filter(|trouble| from <= trouble.to && to >= trouble.from);
        during.fold(Excuse::default(), |sum, trouble| Excuse {
            control: sum.control || trouble.excuse.control,
            tools: sum.tools || trouble.excuse.tools,
            backend: sum.backend || trouble.excuse.backend,
            broken: sum.broken || trouble.excuse.broken,
        })
    }

    fn revocation_bound(&self) -> Micros {
        micros(self.revoked_within)
    }
}

/// All that the record alone can tell.
pub fn record(events: &[Event], terms: &Terms) -> Vec<Breach> {
    let mut breaches = codes::check(events);
    breaches.extend(live::check(events));
    breaches.extend(revoked::check(events, terms));
    breaches.extend(successors::check(events));
    breaches.extend(persons::check(events));
    breaches.extend(answers::check(events, terms));
    breaches
}

/// When a session's end was first asked for, and when it was first acknowledged.
#[derive(Clone, Copy, Debug)]
struct End {
    asked: Micros,
    acknowledged: Option<Micros>,
}

fn ends(events: &[Event]) -> std::collections::HashMap<u32, End> {
    let mut ends = std::collections::HashMap::new();
    for event in events.iter().filter(|event| event.what == crate::record::What::Revoked) {
        let end = ends.entry(event.session).or_insert(End { asked: event.from, acknowledged: None });
        end.asked = end.asked.min(event.from);
        if event.reply.is_success() {
            end.acknowledged = Some(end.acknowledged.map_or(event.to, |at: Micros| at.min(event.to)));
        }
    }
    ends
}
