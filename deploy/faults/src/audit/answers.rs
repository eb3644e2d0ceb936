//! I7: errors tell the truth. Outside of troubles nothing fails; in a trouble what is away is answered with 503 and when
//! to come back. 401 and `invalid_grant` are judged by [`super::live`].

use super::{Breach, Excuse, Invariant, Terms};
use crate::record::{Call, Event, Says, What};

pub(super) fn check(events: &[Event], terms: &Terms) -> Vec<Breach> {
    let untrue = events.iter().filter(|event| {
        let fine = event.reply.is_success()
            || event.reply.is_dead_grant()
            || matches!((&event.what, event.reply.status), (What::Called { .. }, 401))
            // Judged with the persons.
            || event.reply.says == Says::Stranger;
        !fine && !excused(event, terms.excuse(event.from, event.to))
    });
    untrue
        .map(|event| {
            let reply = event.reply;
            let seen = format!(
                "{:?} was answered with status {}{}{} from {} to {} µs",
                event.what,
                reply.status,
                if reply.retry_after { " and Retry-After" } else { "" },
                if reply.says == Says::ToolFailed { ", the tool failed," } else { "" },
                event.from,
                event.to
            );
            Breach::of(Invariant::I7, seen)
        })
        .collect()
}

fn excused(event: &Event, excuse: Excuse) -> bool {
    let (resource, away) = match event.what {
        What::Called { call: Call::Tools, .. } => (true, excuse.backend),
        What::Called { .. } => (true, excuse.tools),
        _ => (false, excuse.control),
    };
    match event.reply.status {
        0 => excuse.broken,
        // A form that is sent without the cookie that was lost with an answer is refused, and rightly so.
        400 => excuse.broken && event.what == What::Page,
        503 => away && event.reply.retry_after,
        200 | 502 | 504 => away && resource,
        _ => false,
    }
}

#[cfg(test)]
mod tests {
    use super::{
        super::{Trouble, tale::*},
        *,
    };
    use crate::record::Reply;

    fn terms(excuse: Excuse) -> Terms {
        Terms { troubles: vec![Trouble { from: 100, to: 200, excuse }], ..Terms::default() }
    }

    #[test]
    fn an_outage_is_told_as_one() {
        let terms = terms(Excuse { control: true, ..Excuse::default() });
        let page = |at, reply| event(at, 0, What::Page, reply);
        assert!(check(&[page(150, outage()), page(95, outage()), called(150, 1, 200)], &terms).is_empty());
        for untrue in [
            page(0, outage()),
            page(300, outage()),
            page(150, Reply::status(503)),
            page(150, Reply::status(500)),
            page(150, Reply::status(429)),
            page(150, Reply::BROKEN),
            called(150, 1, 503),
        ] {
            assert_eq!(check(std::slice::from_ref(&untrue), &terms).len(), 1, "{untrue:?}");
        }
    }

    #[test]
    fn what_was_cut_is_excused_where_something_was_killed() {
        let terms = terms(Excuse { broken: true, ..Excuse::default() });
        let broken = |at| event(at, 1, What::Revoked, Reply::BROKEN);
        assert!(check(&[broken(150)], &terms).is_empty());
        assert_eq!(check(&[broken(0)], &terms).len(), 1);
        let refused = |at| event(at, 0, What::Page, Reply::status(400));
        assert!(check(&[refused(150)], &terms).is_empty());
        assert_eq!(check(&[refused(0)], &terms).len(), 1);
    }

    #[test]
    fn a_tool_that_fails_is_excused_where_its_service_is_away() {
        let mut failed = called(150, 1, 200);
        failed.reply.says = Says::ToolFailed;
        failed.what = What::Called { call: Call::Projects, valid_until: FOREVER, about: None };
        let away = terms(Excuse { tools: true, ..Excuse::default() });
        assert!(check(std::slice::from_ref(&failed), &away).is_empty());
        assert_eq!(check(std::slice::from_ref(&failed), &Terms::default()).len(), 1);
        failed.what = What::Called { call: Call::Tools, valid_until: FOREVER, about: None };
        assert_eq!(check(&[failed], &away).len(), 1, "this needs nobody else");
    }
}
