//! Counts that are to be written. Those of one session and tool are one, so that the longest outage of the database
//! costs none of them; what is bounded is of how many sessions and tools they are.

use std::collections::BTreeMap;

use shared::clock::Timestamp;

use crate::{store::Calls, tally::Count};

/// Rows written in one transaction.
const BATCH: usize = 200;
/// Of further sessions and tools the counts are dropped while nothing can be written.
const MOST: usize = 50_000;

/// How many calls, and when the last one was, by session and tool. In one order in all replicas, so that none waits for
/// a row while it holds what another one waits for.
#[derive(Debug, Default)]
pub(super) struct Waiting(BTreeMap<(String, &'static str), (i64, Timestamp)>);

impl Waiting {
    pub(super) fn add(&mut self, session_id: &str, Count { tool, calls, last_at }: Count) {
        let sum = self.0.entry((session_id.to_owned(), tool)).or_insert((0, last_at));
        *sum = (sum.0 + calls, sum.1.max(last_at));
    }

    /// To be kept while nothing can be written.
    pub(super) fn bounded(mut self) -> Self {
        while self.0.len() > MOST {
            self.0.pop_last();
        }
        self
    }

    /// The next ones to write; none when all are written.
    pub(super) fn batch(&self) -> Vec<Calls> {
        let row = |((session_id, tool), (calls, last_at)): (&(String, &str), &(i64, Timestamp))| Calls {
            session_id: session_id.clone(),
            tool: (*tool).to_owned(),
            calls: *calls,
            last_at: *last_at,
        };
        self.0.iter().take(BATCH).map(row).collect()
    }

    /// The batch is written.
    pub(super) fn written(&mut self) {
        for _ in 0..BATCH {
            self.0.pop_first();
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn add(waiting: &mut Waiting, session: usize, second: i64) {
        let count = Count { tool: "a", calls: 2, last_at: Timestamp::from_seconds(second) };
        waiting.add(&format!("{session:06}"), count);
    }

    #[test]
    fn those_of_one_session_and_tool_become_one() {
        let mut waiting = Waiting::default();
        for second in [1, 3, 2] {
            add(&mut waiting, 7, second);
        }
        let [Calls { calls, last_at, .. }] = &waiting.batch()[..] else { panic!("one row") };
        assert_eq!((*calls, *last_at), (6, Timestamp::from_seconds(3)));
        waiting.written();
        assert!(waiting.batch().is_empty());
    }

    #[test]
    fn what_waits_is_bounded_and_what_can_be_written_is_not() {
        let rows = |mut waiting: Waiting| {
            let mut rows = 0;
            while let batch @ [_, ..] = &waiting.batch()[..] {
                rows += batch.len();
                waiting.written();
            }
            rows
        };
        let many = || {
            let mut waiting = Waiting::default();
            (0..=MOST).for_each(|session| add(&mut waiting, session, 1));
            waiting
        };
        assert_eq!((rows(many()), rows(many().bounded())), (MOST + 1, MOST));
    }
}
