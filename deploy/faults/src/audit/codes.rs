//! I1: every code is redeemed once at most, and refused only if it was presented before.

use std::collections::HashMap;

use super::{Breach, Invariant};
use crate::record::{Event, Mark, Micros, What};

pub(super) fn check(events: &[Event]) -> Vec<Breach> {
    let mut redeemed: HashMap<Mark, u32> = HashMap::new();
    let mut first: HashMap<Mark, Micros> = HashMap::new();
    let codes = || {
        events.iter().filter_map(|event| match event.what {
            What::Redeemed { code } => Some((code, event)),
            _ => None,
        })
    };
    for (code, event) in codes() {
        let from = first.entry(code).or_insert(event.from);
        *from = (*from).min(event.from);
        if event.reply.is_success() {
            *redeemed.entry(code).or_default() += 1;
        }
    }
    let twice = redeemed.values().filter(|times| **times > 1);
    let mut breaches: Vec<Breach> =
        twice.map(|times| Breach::of(Invariant::I1, format!("a code was redeemed {times} times"))).collect();
    let refused = codes().filter(|(code, event)| event.reply.is_dead_grant() && first[code] == event.from);
    breaches.extend(refused.map(|(_, event)| {
        Breach::of(Invariant::I2, format!("at {} µs a fresh code was refused as spent", event.from))
    }));
    breaches
}

#[cfg(test)]
mod tests {
    use super::{super::tale::*, *};
    use crate::record::Reply;

    #[test]
    fn once_and_after_a_lost_answer_never() {
        let lost =
            [redeemed(0, 1, Reply::BROKEN), redeemed(20, 1, dead()), redeemed(40, 2, Reply::status(200))];
        assert!(check(&lost).is_empty());
    }

    #[test]
    fn twice_is_a_breach() {
        let twice = [redeemed(0, 1, Reply::status(200)), redeemed(20, 1, Reply::status(200))];
        assert_eq!(check(&twice)[0].against, Invariant::I1);
    }

    #[test]
    fn a_fresh_code_that_is_refused_is_a_breach() {
        assert_eq!(check(&[redeemed(0, 1, dead())])[0].against, Invariant::I2);
    }
}
