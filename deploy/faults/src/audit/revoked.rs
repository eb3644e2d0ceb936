//! I3: once its end is acknowledged a session gets no new token, and after the bound no answer, on any replica, ever.

use super::{Breach, Invariant, Terms, ends};
use crate::record::{Event, What};

pub(super) fn check(events: &[Event], terms: &Terms) -> Vec<Breach> {
    let ends = ends(events);
    let bound = terms.revocation_bound();
    let mut breaches = Vec::new();
    for event in events.iter().filter(|event| event.reply.status == 200) {
        let Some(ended) = ends.get(&event.session).and_then(|end| end.acknowledged) else { continue };
        let late = event.from.saturating_sub(ended);
        let breach = match event.what {
            What::Called { .. } => event.from > ended && late > bound,
            What::Refreshed { .. } => event.from > ended,
            _ => false,
        };
        if breach {
            let seen = format!("session {} was served {late} µs after its acknowledged end", event.session);
            breaches.push(Breach::of(Invariant::I3, seen));
        }
    }
    breaches
}

#[cfg(test)]
mod tests {
    use super::{super::tale::*, *};
    use crate::record::Reply;

    #[test]
    fn within_the_bound_is_in_time() {
        let tale = [revoked(0, 1), called(1_000_000, 1, 200), called(3_000_000, 2, 200)];
        assert!(check(&tale, &Terms::default()).is_empty());
    }

    #[test]
    fn after_it_is_a_breach() {
        let tale = [revoked(0, 1), called(1_000_020, 1, 200)];
        assert_eq!(check(&tale, &Terms::default())[0].against, Invariant::I3);
    }

    #[test]
    fn a_new_token_is_one_at_once() {
        let tale = [revoked(0, 1), refreshed(20, 1, 1, Some(2))];
        assert_eq!(check(&tale, &Terms::default())[0].against, Invariant::I3);
    }

    #[test]
    fn what_was_not_acknowledged_binds_nobody() {
        let mut lost = revoked(0, 1);
        lost.reply = Reply::BROKEN;
        assert!(check(&[lost, called(9_000_000, 1, 200)], &Terms::default()).is_empty());
    }
}
