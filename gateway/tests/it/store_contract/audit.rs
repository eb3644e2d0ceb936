//! What was noted: in which order it is told, and to whom.

use std::time::Duration;

use gateway::{
    domain::{
        audit::{Event, Refusal},
        session::{Because, Session},
    },
    store::{AuditFilter, AuditRow},
};
use shared::clock::Timestamp;

use super::{
    on_both,
    samples::{HOUR, NOW, ODD, add_session, browser, later, request, session},
    world::World,
};

on_both!(
    an_event_reads_as_it_was_written,
    an_event_is_written_once,
    a_session_tells_its_story_in_order,
    people_see_their_own_newest_first,
    operators_pick_and_page,
    a_person_is_found_by_every_subject_with_their_address,
    a_page_begins_where_the_one_before_ended,
    what_did_not_happen_is_not_noted,
);

const STRANGER: Event<'static> = Event::Refused { refusal: Refusal::Client, client_id: Some(ODD), times: 7 };

async fn an_event_reads_as_it_was_written(world: World) {
    world.store.audit("id", &STRANGER, Some("192.0.2.1/32"), NOW).await.unwrap();
    let ended = Event::SessionEnded {
        session_id: "s",
        subject: ODD,
        client_id: "c",
        client_name: ODD,
        because: Because::Operator,
    };
    world.store.audit("ie", &ended, None, NOW).await.unwrap();
    let text = |text: &str| Some(text.to_owned());
    let nothing = AuditRow {
        id: "id".to_owned(),
        at: NOW,
        kind: "client_refused".to_owned(),
        outcome: text("refused"),
        subject: None,
        client_id: None,
        client_name: None,
        session_id: None,
        origin: None,
        detail: None,
    };
    let stranger = AuditRow {
        client_id: STRANGER.entry().client_id.map(|id| id.into_owned()),
        origin: text("192.0.2.1/32"),
        detail: text("7 times"),
        ..nothing.clone()
    };
    let ended = AuditRow {
        id: "ie".to_owned(),
        kind: "operator".to_owned(),
        outcome: text("done"),
        subject: text(ODD),
        client_id: text("c"),
        client_name: text(ODD),
        session_id: text("s"),
        ..nothing
    };
    let all = world.store.audit_page(&AuditFilter::default(), None, 9).await.unwrap();
    assert_eq!(all, [stranger, ended]);
}

async fn an_event_is_written_once(world: World) {
    for _ in 0..2 {
        world.store.audit("1", &STRANGER, None, NOW).await.unwrap();
    }
    assert_eq!(world.number("SELECT COUNT(*) FROM audit_events").await, 1);
}

async fn a_session_tells_its_story_in_order(world: World) {
    let store = &world.store;
    let whole = session(ODD);
    store.audit("2", &Event::Refreshed(&whole), None, later()).await.unwrap();
    store.audit("1", &Event::SessionBegan { session: &whole, grant: "g" }, None, NOW).await.unwrap();
    store.audit("3", &STRANGER, None, NOW).await.unwrap();
    assert_eq!(store.audit_trail(ODD).await.unwrap(), ["session_began", "refreshed"]);
    assert!(store.audit_trail("unknown").await.unwrap().is_empty());
}

fn at(seconds: u64) -> Timestamp {
    NOW.plus(Duration::from_secs(seconds))
}

fn ids(rows: Vec<AuditRow>) -> Vec<String> {
    rows.into_iter().map(|row| row.id).collect()
}

/// Ten events of two people's sessions; even ones are ada's, and two come at a time.
async fn ten(world: &World) {
    for n in 0..10_u64 {
        let of = Session {
            subject: if n % 2 == 0 { "ada" } else { "bob" }.to_owned(),
            client_id: format!("client {}", n % 3),
            ..session(&format!("s{}", n % 5))
        };
        world.store.audit(&n.to_string(), &Event::Refreshed(&of), None, at(n / 2)).await.unwrap();
    }
}

async fn people_see_their_own_newest_first(world: World) {
    ten(&world).await;
    let seen = async |subject, since, most| {
        let rows = world.store.told_of_subject(subject, since, most).await.unwrap();
        rows.into_iter().map(|row| (row.kind, row.at)).collect::<Vec<_>>()
    };
    assert_eq!(seen("ada", NOW, 100).await, [], "a refresh is nothing to tell of");
    let of = Session { subject: "ada".to_owned(), ..session("s") };
    let began = Event::SessionBegan { session: &of, grant: "g" };
    for (n, because) in [(1, Because::RefreshReused), (2, Because::CodeReplayed), (3, Because::Person)] {
        let ended = Event::SessionEnded {
            session_id: "s",
            subject: "ada",
            client_id: "c",
            client_name: "c",
            because,
        };
        world.store.audit(&format!("end {n}"), &ended, None, at(n)).await.unwrap();
    }
    for n in 4..9 {
        world.store.audit(&format!("begin {n}"), &began, None, at(n)).await.unwrap();
    }
    let told = |kind: &str, n| (kind.to_owned(), at(n));
    let thefts = [told("code_replayed", 2), told("refresh_reused", 1)];
    let expected = [&[told("session_began", 8), told("session_began", 7)], &thefts[..]].concat();
    assert_eq!(seen("ada", NOW, 4).await, expected);
    assert_eq!(seen("ada", NOW, 2).await, thefts);
    assert_eq!(seen("ada", at(2), 100).await.len(), 7);
    assert_eq!(seen("bob", NOW, 100).await, []);
    assert_eq!(seen("", NOW, 100).await, []);
}

async fn operators_pick_and_page(world: World) {
    let store = &world.store;
    add_session(store, &Session { subject: "bob".to_owned(), email: "bob@x".to_owned(), ..session("b") })
        .await;
    world.meddle("DELETE FROM audit_events").await;
    ten(&world).await;
    let all = AuditFilter::default();
    let mut told = Vec::new();
    let mut last: Option<AuditRow> = None;
    loop {
        let after = last.as_ref().map(|row| (row.at, row.id.as_str()));
        let page = store.audit_page(&all, after, 3).await.unwrap();
        let Some(end) = page.last() else { break };
        last = Some(end.clone());
        told.extend(ids(page));
    }
    assert_eq!(told, ["0", "1", "2", "3", "4", "5", "6", "7", "8", "9"]);
    assert_eq!(ids(store.audit_newest(&all, 3).await.unwrap()), ["9", "8", "7"]);
    let picked = |filter| async move { ids(store.audit_page(&filter, None, 100).await.unwrap()) };
    assert_eq!(picked(AuditFilter { person: "ada", ..all }).await, ["0", "2", "4", "6", "8"]);
    assert_eq!(picked(AuditFilter { person: "bob@x", ..all }).await, ["1", "3", "5", "7", "9"]);
    assert_eq!(picked(AuditFilter { client: "client 0", ..all }).await, ["0", "3", "6", "9"]);
    assert_eq!(picked(AuditFilter { session: "s4", ..all }).await, ["4", "9"]);
    assert_eq!(picked(AuditFilter { kind: "refreshed", ..all }).await.len(), 10);
    assert!(picked(AuditFilter { kind: "operator", ..all }).await.is_empty());
    let (since, until) = (Some(at(1)), Some(at(2)));
    assert_eq!(picked(AuditFilter { since, until, ..all }).await, ["2", "3"]);
}

/// Somebody who left and came back is another subject.
async fn a_person_is_found_by_every_subject_with_their_address(world: World) {
    let store = &world.store;
    for (subject, email) in [("ada", "A.L@x"), ("bob", "a.l@X"), ("eve", "a_l@x"), ("ida", "a.l@x.y")] {
        let of = Session { subject: subject.to_owned(), email: email.to_owned(), ..session(subject) };
        add_session(store, &of).await;
    }
    world.meddle("DELETE FROM audit_events").await;
    ten(&world).await;
    let filter = AuditFilter { person: "a.L@x", ..AuditFilter::default() };
    assert_eq!(ids(store.audit_page(&filter, None, 4).await.unwrap()), ["0", "1", "2", "3"]);
    assert_eq!(ids(store.audit_page(&filter, Some((at(1), "3")), 3).await.unwrap()), ["4", "5", "6"]);
    assert_eq!(ids(store.audit_newest(&filter, 3).await.unwrap()), ["9", "8", "7"]);
    for (person, found) in [("a_l@x", 0), ("nobody@x", 0), ("%", 0), ("bob", 5)] {
        let filter = AuditFilter { person, ..AuditFilter::default() };
        assert_eq!(store.audit_page(&filter, None, 100).await.unwrap().len(), found, "{person}");
    }
}

async fn a_page_begins_where_the_one_before_ended(world: World) {
    ten(&world).await;
    let page = async |since, after| {
        let filter = AuditFilter { since, until: Some(at(4)), ..AuditFilter::default() };
        ids(world.store.audit_page(&filter, after, 2).await.unwrap())
    };
    assert_eq!(page(None, Some((at(1), "2"))).await, ["3", "4"]);
    assert_eq!(page(None, Some((at(1), "3"))).await, ["4", "5"]);
    assert_eq!(page(Some(at(2)), Some((at(1), "2"))).await, ["4", "5"]);
    assert_eq!(page(Some(at(1)), Some((at(1), "2"))).await, ["3", "4"]);
    assert_eq!(page(Some(at(1)), Some((at(3), "6"))).await, ["7"]);
}

async fn what_did_not_happen_is_not_noted(world: World) {
    let store = &world.store;
    let life = (NOW, NOW.plus(HOUR));
    store.begin_signed_in("handle", &request(None), "browser", &browser(None), life).await.unwrap();
    let signed_in = store.signed_in("handle", "browser", NOW).await.unwrap().unwrap();
    assert!(store.deny(&signed_in, NOW).await.unwrap());
    assert!(!store.deny(&signed_in, NOW).await.unwrap());
    assert!(!store.revoke_session("unknown", Because::Operator, NOW).await.unwrap());
    assert!(!store.promote_next_key("access", NOW).await.unwrap());
    let kinds: Vec<String> = store
        .audit_page(&AuditFilter::default(), None, 9)
        .await
        .unwrap()
        .into_iter()
        .map(|row| row.kind)
        .collect();
    assert_eq!(kinds, ["consent_denied"]);
}
