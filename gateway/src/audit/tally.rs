//! Refusals, counted by the minute.

use std::{collections::HashMap, time::Duration};

use shared::clock::Timestamp;

use crate::domain::audit::{Event, Refusal};

const MINUTE: Duration = Duration::from_secs(60);
/// Kinds and prefixes that are told apart at a time.
pub(super) const PREFIXES: usize = 64;

/// Refusals that are one event.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Counted {
    pub(super) refusal: Refusal,
    /// `None` if they came from several prefixes.
    pub(super) origin: Option<String>,
    /// The first one's.
    pub(super) client_id: Option<String>,
    pub(super) times: u64,
    /// The first one's.
    pub(super) at: Timestamp,
}

impl Counted {
    pub(super) fn event(&self) -> Event<'_> {
        Event::Refused { refusal: self.refusal, client_id: self.client_id.as_deref(), times: self.times }
    }
}

#[derive(Debug, Default)]
pub(super) struct Tally(HashMap<(Refusal, Option<String>), Minute>);

#[derive(Debug)]
struct Minute {
    began: Timestamp,
    /// What came after the first.
    further: Option<Counted>,
}

impl Tally {
    /// Counts one. Answers with it if it is the first of its minute, to be noted at once.
    pub(super) fn count(
        &mut self,
        refusal: Refusal,
        origin: Option<&str>,
        client_id: Option<&str>,
        now: Timestamp,
    ) -> Option<Counted> {
        let known = (refusal, origin.map(str::to_owned));
        let crowded = self.0.len() >= PREFIXES && !self.0.contains_key(&known);
        let key = if crowded { (refusal, None) } else { known };
        let one = Counted {
            refusal,
            origin: key.1.clone(),
            // Cut where it is held, not only where it is written: memory is bounded too.
            client_id: client_id.map(|id| id.chars().take(100).collect()),
            times: 1,
            at: now,
        };
        match self.0.get_mut(&key) {
            None => {
                self.0.insert(key, Minute { began: now, further: None });
                Some(one)
            }
            Some(minute) => {
                match &mut minute.further {
                    Some(further) => further.times += 1,
                    none => *none = Some(one),
                }
                None
            }
        }
    }

    /// Ends the minutes that are over at `now`, or `all`. Answers with what came in them after their first.
    pub(super) fn take_over(&mut self, now: Timestamp, all: bool) -> Vec<Counted> {
        let mut over = Vec::new();
        self.0.retain(|_, minute| {
            let lasts = !all && now.since(minute.began) < MINUTE;
            if !lasts {
                over.extend(minute.further.take());
            }
            lasts
        });
        over
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const NOW: Timestamp = Timestamp::from_seconds(1_800_000_000);

    #[test]
    fn a_flood_is_two_events_a_minute() {
        let mut tally = Tally::default();
        let count = |tally: &mut Tally| tally.count(Refusal::Token, Some("192.0.2.1/32"), None, NOW);
        assert_eq!(count(&mut tally).unwrap().times, 1);
        for _ in 0..1000 {
            assert_eq!(count(&mut tally), None);
        }
        assert!(tally.take_over(NOW.plus(Duration::from_secs(59)), false).is_empty());
        let over = tally.take_over(NOW.plus(MINUTE), false);
        assert_eq!((over.len(), over[0].times, over[0].origin.as_deref()), (1, 1000, Some("192.0.2.1/32")));
        assert!(count(&mut tally).is_some());
        assert!(tally.take_over(NOW, true).is_empty());
    }

    #[test]
    fn a_flood_from_everywhere_is_not_more() {
        let mut tally = Tally::default();
        let noted = (0..10_000)
            .filter(|n| tally.count(Refusal::Client, Some(&n.to_string()), Some("c"), NOW).is_some())
            .count();
        assert_eq!(noted, PREFIXES + 1, "one for each that is told apart, and one for all the others");
        let over = tally.take_over(NOW, true);
        assert_eq!(over.len(), 1);
        assert_eq!((over[0].times, over[0].origin.as_ref()), (10_000 - noted as u64, None));
    }
}
