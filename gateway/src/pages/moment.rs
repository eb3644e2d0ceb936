//! Moments in words: how long ago, or in how long. The exact time, in UTC, goes beside it.

use chrono::DateTime;
use shared::clock::Timestamp;

use crate::language::Here;

const MINUTE: u64 = 60;
const HOUR: u64 = 60 * MINUTE;
const DAY: u64 = 24 * HOUR;

/// A moment on a page.
pub(super) struct Moment {
    pub(super) words: String,
    /// For `<time datetime>`, which is also what is shown on request.
    pub(super) exact: String,
}

impl Moment {
    pub(super) fn of(w: &Here, at: Timestamp, now: Timestamp) -> Self {
        let exact = DateTime::from_timestamp(at.seconds(), 0)
            .map_or_else(String::new, |at| at.format("%Y-%m-%dT%H:%MZ").to_string());
        Self { words: words(w, at, now), exact }
    }
}

fn words(w: &Here, at: Timestamp, now: Timestamp) -> String {
    if at > now {
        return match at.since(now).as_secs() {
            seconds if seconds < 2 * DAY => w.say("time.in_hours", "n", seconds.div_ceil(HOUR)),
            seconds => w.say("time.in_days", "n", seconds / DAY),
        };
    }
    match now.since(at).as_secs() {
        seconds if seconds < MINUTE => w.t("time.now").to_owned(),
        seconds if seconds < HOUR => w.say("time.minutes", "n", seconds / MINUTE),
        seconds if seconds < DAY => w.say("time.hours", "n", seconds / HOUR),
        seconds if seconds < 2 * DAY => w.t("time.yesterday").to_owned(),
        seconds => w.say("time.days", "n", seconds / DAY),
    }
}

/// A length of time in words: days, or hours where it is shorter.
pub(super) fn length(w: &Here, seconds: u64) -> String {
    match seconds {
        DAY => w.t("time.for_a_day").to_owned(),
        seconds if seconds % DAY == 0 => w.say("time.for_days", "n", seconds / DAY),
        seconds => w.say("time.for_hours", "n", seconds.div_ceil(HOUR)),
    }
}
