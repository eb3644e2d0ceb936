//! Crafted records, for the tests of the checkers.

use crate::record::{Call, Event, Mark, Micros, Reply, Says, What};

pub(super) const FOREVER: Micros = Micros::MAX;

pub(super) fn event(at: Micros, session: u32, what: What, reply: Reply) -> Event {
    Event { from: at, to: at + 10, person: 1, session, what, reply }
}

pub(super) fn redeemed(at: Micros, code: Mark, reply: Reply) -> Event {
    event(at, 0, What::Redeemed { code }, reply)
}

pub(super) fn refreshed(at: Micros, session: u32, presented: Mark, successor: Option<Mark>) -> Event {
    let reply = if successor.is_some() { Reply::status(200) } else { dead() };
    event(at, session, What::Refreshed { presented, successor }, reply)
}

pub(super) fn revoked(at: Micros, session: u32) -> Event {
    event(at, session, What::Revoked, Reply::status(200))
}

pub(super) fn called(at: Micros, session: u32, status: u16) -> Event {
    event(
        at,
        session,
        What::Called { call: Call::Tools, valid_until: FOREVER, about: None },
        Reply::status(status),
    )
}

pub(super) fn dead() -> Reply {
    Reply { status: 400, says: Says::InvalidGrant, retry_after: false }
}

pub(super) fn outage() -> Reply {
    Reply { status: 503, says: Says::Nothing, retry_after: true }
}
