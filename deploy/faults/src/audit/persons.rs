//! I6: an answer that names somebody names who asked.

use super::{Breach, Invariant};
use crate::record::{Event, Says, What};

pub(super) fn check(events: &[Event]) -> Vec<Breach> {
    let named = events.iter().filter_map(|event| match event.what {
        _ if event.reply.says == Says::Stranger => Some((event, "a stranger".to_owned())),
        What::Called { about: Some(about), .. } if about != event.person => {
            Some((event, format!("person {about}")))
        }
        _ => None,
    });
    named
        .map(|(event, about)| {
            let seen = format!("person {} was answered for {about} at {} µs", event.person, event.from);
            Breach::of(Invariant::I6, seen)
        })
        .collect()
}

#[cfg(test)]
mod tests {
    use super::{super::tale::*, *};
    use crate::record::{Call, Reply};

    fn about(about: Option<u16>) -> Event {
        event(0, 1, What::Called { call: Call::WhoAmI, valid_until: FOREVER, about }, Reply::status(200))
    }

    #[test]
    fn oneself_or_nobody() {
        assert!(check(&[about(None), about(Some(1))]).is_empty());
    }

    #[test]
    fn nobody_else() {
        assert_eq!(check(&[about(Some(2))])[0].against, Invariant::I6);
        let mut strange = about(None);
        strange.reply.says = Says::Stranger;
        assert_eq!(check(&[strange])[0].against, Invariant::I6);
    }
}
