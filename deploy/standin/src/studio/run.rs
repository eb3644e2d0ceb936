//! Things that take their time: a run is where the time since its start says it is.

use std::time::Duration;

use crate::time;

/// One execution.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Run {
    started: Duration,
}

/// How far a run is.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Phase {
    /// Asked for, and not yet to be seen: statuses still show what was before.
    Queued,
    Running,
    Done,
}

impl Run {
    pub(crate) fn begin() -> Self {
        Self { started: time::now() }
    }

    /// Where a run that takes `millis` is. It is queued for the first fifth.
    pub(crate) fn phase(&self, millis: u64) -> Phase {
        let elapsed = u64::try_from(time::now().saturating_sub(self.started).as_millis()).unwrap_or(u64::MAX);
        match elapsed {
            _ if elapsed >= millis => Phase::Done,
            _ if elapsed < millis / 5 => Phase::Queued,
            _ => Phase::Running,
        }
    }

    pub(crate) fn started_at(&self) -> String {
        time::stamp_of(self.started)
    }

    pub(crate) fn finished_at(&self, millis: u64) -> String {
        time::stamp_of(self.started + Duration::from_millis(millis))
    }
}
