//! I4: a refresh token has one successor, whichever replica is asked, and however often.

use std::collections::HashMap;

use super::{Breach, Invariant};
use crate::record::{Event, Mark, What};

pub(super) fn check(events: &[Event]) -> Vec<Breach> {
    let mut successors: HashMap<Mark, Mark> = HashMap::new();
    let mut breaches = Vec::new();
    for event in events {
        let What::Refreshed { presented, successor: Some(successor) } = event.what else { continue };
        if *successors.entry(presented).or_insert(successor) != successor {
            let seen =
                format!("session {} has two branches: one refresh token, two successors", event.session);
            breaches.push(Breach::of(Invariant::I4, seen));
        }
    }
    breaches
}

#[cfg(test)]
mod tests {
    use super::{super::tale::*, *};

    #[test]
    fn the_same_again_is_no_branch() {
        assert!(check(&[refreshed(0, 1, 1, Some(2)), refreshed(0, 1, 1, Some(2))]).is_empty());
    }

    #[test]
    fn another_is() {
        let tale = [refreshed(0, 1, 1, Some(2)), refreshed(0, 1, 1, Some(3))];
        assert_eq!(check(&tale)[0].against, Invariant::I4);
    }
}
