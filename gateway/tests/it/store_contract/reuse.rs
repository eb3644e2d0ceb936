//! Sessions that go on while the same is asked for, what is used once, and who is known by an address.

use std::time::Duration;

use gateway::{
    domain::{
        authorization::Person,
        session::{Because, Session},
    },
    store::{Browser, Once, Reuse, Store},
};
use shared::clock::Timestamp;

use super::{
    RACERS, all, on_both,
    samples::{HOUR, NOW, add_session, later, session},
    world::World,
};

on_both!(
    the_same_is_one_session,
    of_many_one_begins,
    a_session_that_is_over_gives_its_place_up,
    what_is_used_once_is_used_once,
    of_many_uses_one_counts,
    people_are_found_by_their_address,
    a_sign_in_that_is_over_does_not_count,
);

const SOON: Duration = Duration::from_secs(60);

async fn ask(store: &Store, id: &str, now: Timestamp) -> Reuse {
    let fresh = Session {
        generation: 0,
        created_at: now,
        refreshed_at: now,
        idle_expires_at: now.plus(HOUR),
        expires_at: now.plus(2 * HOUR),
        ..session(id)
    };
    store.reuse_session(&fresh, "key", "grant", now.plus(SOON), None, now).await.unwrap()
}

fn id(reuse: &Reuse) -> &str {
    match reuse {
        Reuse::Session(session) => &session.id,
        other => panic!("no session: {other:?}"),
    }
}

async fn the_same_is_one_session(world: World) {
    let store = &world.store;
    assert_eq!(id(&ask(store, "one", NOW).await), "one");
    let again = ask(store, "two", NOW.plus(SOON)).await;
    let Reuse::Session(again) = again else { panic!("no session") };
    assert_eq!((again.id.as_str(), again.refreshed_at), ("one", NOW.plus(SOON)));
    // Its idle time began anew, its end did not move.
    assert_eq!((again.idle_expires_at, again.expires_at), (NOW.plus(SOON + HOUR), NOW.plus(2 * HOUR)));
    assert!(store.session("two").await.unwrap().is_none());
    assert_eq!(store.audit_trail("one").await.unwrap(), ["session_began"]);
    assert_eq!(world.number("SELECT COUNT(*) FROM audit_events").await, 1);
    // A session of a person has no such key, however many there are.
    for id in ["p", "q"] {
        add_session(store, &session(id)).await;
    }
}

async fn of_many_one_begins(world: World) {
    let racers = (0..RACERS).map(|n| {
        let store = world.store.clone();
        tokio::spawn(async move { id(&ask(&store, &n.to_string(), NOW).await).to_owned() })
    });
    let ids = all(racers).await;
    assert!(ids.iter().all(|id| *id == ids[0]), "{ids:?}");
    assert_eq!(world.number("SELECT COUNT(*) FROM sessions").await, 1);
    assert_eq!(world.number("SELECT COUNT(*) FROM audit_events").await, 1);
}

async fn a_session_that_is_over_gives_its_place_up(world: World) {
    let store = &world.store;
    ask(store, "revoked", NOW).await;
    store.revoke_session("revoked", Because::Operator, NOW).await.unwrap();
    assert_eq!(id(&ask(store, "idle", NOW).await), "idle");
    assert_eq!(id(&ask(store, "ending", NOW.plus(HOUR)).await), "ending");
    // It is used for long enough, but would end before the token.
    let nearly = NOW.plus(HOUR).plus(2 * HOUR).minus(SOON);
    store.advance_session("ending", "client", 0, None, nearly.minus(HOUR), nearly.plus(HOUR)).await.unwrap();
    assert_eq!(id(&ask(store, "last", nearly).await), "last");
    assert_eq!(world.number("SELECT COUNT(*) FROM sessions").await, 4);
    assert!(store.session("revoked").await.unwrap().unwrap().revoked_at.is_some());
}

async fn use_once(store: &Store, name: &str, fresh: &str) -> Reuse {
    let once = Once { id_hash: name, until: later() };
    store.reuse_session(&session(fresh), fresh, "grant", NOW.plus(SOON), Some(once), NOW).await.unwrap()
}

async fn what_is_used_once_is_used_once(world: World) {
    let store = &world.store;
    assert_eq!(id(&use_once(store, "a", "one").await), "one");
    assert!(matches!(use_once(store, "a", "two").await, Reuse::Replayed));
    assert!(store.session("two").await.unwrap().is_none());
    assert_eq!(id(&use_once(store, "b", "two").await), "two");
    // A failure takes the mark back with it: here the audit events are away.
    world.meddle("ALTER TABLE audit_events RENAME TO away").await;
    let once = Once { id_hash: "c", until: later() };
    assert!(store.reuse_session(&session("x"), "x", "grant", NOW.plus(SOON), Some(once), NOW).await.is_err());
    world.meddle("ALTER TABLE away RENAME TO audit_events").await;
    assert_eq!(id(&use_once(store, "c", "x").await), "x");
}

async fn of_many_uses_one_counts(world: World) {
    let racers = (0..RACERS).map(|n| {
        let store = world.store.clone();
        tokio::spawn(async move { use_once(&store, "a", &n.to_string()).await })
    });
    let won = all(racers).await.into_iter().filter(|reuse| matches!(reuse, Reuse::Session(_))).count();
    assert_eq!(won, 1);
    assert_eq!(world.number("SELECT COUNT(*) FROM sessions").await, 1);
}

async fn sign_in(store: &Store, subject: &str, email: &str, credential_id: &str, now: Timestamp) {
    store.add_credential(credential_id, subject, "sealed", later(), now).await.unwrap();
    let person = Person { subject: subject.to_owned(), email: email.to_owned(), name: None };
    let browser = Browser { person, credential_id: credential_id.to_owned(), signed_in_at: now };
    store.add_browser(&format!("browser {credential_id}"), &browser, later()).await.unwrap();
}

async fn found(store: &Store, email: &str, now: Timestamp) -> Vec<String> {
    let people = store.people_by_email(email, now).await.unwrap();
    people.into_iter().map(|person| format!("{} {}", person.subject, person.credential_id)).collect()
}

async fn people_are_found_by_their_address(world: World) {
    let store = &world.store;
    sign_in(store, "u1", "Ada@Example.com", "c1", NOW).await;
    sign_in(store, "u1", "ada@example.com", "c2", NOW.plus(SOON)).await;
    sign_in(store, "u2", "grace@example.com", "c3", NOW).await;
    let long = format!("{}@example.com", "x".repeat(4000));
    sign_in(store, "u3", &long, "c4", NOW).await;
    assert_eq!(found(store, "ada@example.com", NOW).await, ["u1 c2", "u1 c1"]);
    assert_eq!(found(store, "grace@example.com", NOW).await, ["u2 c3"]);
    assert_eq!(found(store, &long[..320], NOW).await, [""; 0]);
    for unknown in ["", "ada@example.co", "%", "_da@example.com", "' OR 1=1--"] {
        assert_eq!(found(store, unknown, NOW).await, [""; 0], "{unknown}");
    }
}

async fn a_sign_in_that_is_over_does_not_count(world: World) {
    let store = &world.store;
    sign_in(store, "u1", "ada@example.com", "c1", NOW).await;
    assert_eq!(found(store, "ada@example.com", later()).await, [""; 0]);
    // A live session is a sign-in, too, but not with a credential that is somebody else's.
    for (id, subject) in [("s", "u1"), ("t", "u2")] {
        let session = Session {
            subject: subject.to_owned(),
            email: "ada@example.com".to_owned(),
            credential_id: "c1".to_owned(),
            idle_expires_at: later().plus(HOUR),
            expires_at: later().plus(HOUR),
            ..session(id)
        };
        add_session(store, &session).await;
    }
    assert_eq!(found(store, "ada@example.com", later()).await, ["u1 c1"]);
    assert_eq!(found(store, "ada@example.com", later().plus(HOUR)).await, [""; 0]);
    store.revoke_session("s", Because::Operator, NOW).await.unwrap();
    assert_eq!(found(store, "ada@example.com", later()).await, [""; 0]);
    assert_eq!(found(store, "ada@example.com", NOW).await, ["u1 c1"], "the browser is still signed in");
    world.meddle("UPDATE credentials SET dead_at_ms = 1").await;
    assert_eq!(found(store, "ada@example.com", NOW).await, [""; 0]);
}
