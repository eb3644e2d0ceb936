//! How often a session used each tool since that was last written. Kept with its principal, so that counting a call waits
//! for no other session's.

use std::sync::{Mutex, PoisonError};

use shared::clock::Timestamp;

/// The counts of one principal.
#[derive(Debug, Default)]
pub(crate) struct Tally(Mutex<Vec<Count>>);

/// How often one tool was used, and when last.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Count {
    /// Its name; empty if that is not known.
    pub(crate) tool: &'static str,
    pub(crate) calls: i64,
    pub(crate) last_at: Timestamp,
}

impl Tally {
    /// Counts one use. Tells whether it is the first since the last [`Tally::take`].
    pub(crate) fn count(&self, tool: &'static str, at: Timestamp) -> bool {
        let mut counts = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        if let Some(count) = counts.iter_mut().find(|count| count.tool == tool) {
            *count = Count { tool, calls: count.calls + 1, last_at: at };
            return false;
        }
        counts.push(Count { tool, calls: 1, last_at: at });
        counts.len() == 1
    }

    /// What was counted; counting begins anew.
    pub(crate) fn take(&self) -> Vec<Count> {
        std::mem::take(&mut *self.0.lock().unwrap_or_else(PoisonError::into_inner))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn counts_each_tool_and_begins_anew() {
        let tally = Tally::default();
        let at = Timestamp::from_seconds;
        let firsts = [("a", 1), ("b", 2), ("a", 3)].map(|(tool, second)| tally.count(tool, at(second)));
        assert_eq!(firsts, [true, false, false]);
        let [a, b] = tally.take()[..] else { panic!("two tools") };
        assert_eq!(a, Count { tool: "a", calls: 2, last_at: at(3) });
        assert_eq!(b, Count { tool: "b", calls: 1, last_at: at(2) });
        assert!(tally.count("a", at(4)));
    }
}
