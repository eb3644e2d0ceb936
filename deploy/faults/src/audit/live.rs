//! I2: a token that was handed out works until it expires or until somebody asks for its session's end. No outage makes a
//! 401 or an `invalid_grant` of it.

use super::{Breach, Invariant, ends};
use crate::record::{Event, What};

pub(super) fn check(events: &[Event]) -> Vec<Breach> {
    let ends = ends(events);
    let ending = |event: &Event| ends.get(&event.session).is_some_and(|end| end.asked <= event.to);
    let refused = events.iter().filter(|event| match event.what {
        What::Called { valid_until, .. } => event.reply.status == 401 && event.to < valid_until,
        What::Refreshed { .. } => event.reply.is_dead_grant(),
        _ => false,
    });
    refused
        .filter(|event| !ending(event))
        .map(|event| {
            let token = if event.reply.status == 401 { "an access token" } else { "a refresh token" };
            let seen = format!(
                "{token} of live session {} was refused with {} at {} µs",
                event.session, event.reply.status, event.from
            );
            Breach::of(Invariant::I2, seen)
        })
        .collect()
}

#[cfg(test)]
mod tests {
    use super::{super::tale::*, *};
    use crate::record::{Call, Reply};

    #[test]
    fn the_dead_and_the_expired_are_refused() {
        let expired = event(
            50,
            2,
            What::Called { call: Call::Tools, valid_until: 55, about: None },
            Reply::status(401),
        );
        let mut early = called(5, 1, 401);
        early.to = 20;
        let tale = [early, revoked(15, 1), called(30, 1, 401), refreshed(40, 1, 1, None), expired];
        assert!(check(&tale).is_empty());
    }

    #[test]
    fn the_living_are_not() {
        for refused in [called(30, 1, 401), refreshed(30, 1, 1, None)] {
            let tale = [refused, revoked(50, 1), revoked(0, 2)];
            assert_eq!(check(&tale)[0].against, Invariant::I2, "the end came later, or was another's");
        }
    }
}
