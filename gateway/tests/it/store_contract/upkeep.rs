//! Keys that change, work that one replica does for all, and rows that go.

use std::time::Duration;

use gateway::{
    domain::{
        audit::Event,
        client::ClientOrigin,
        remembered::Remembered,
        session::{Because, Session},
    },
    store::{Browser, Horizon, KeyRow, Relation},
};
use shared::{assertion::Projects, clock::Timestamp, scope::Scopes};

use super::{
    RACERS, all, on_both,
    samples::{HOUR, NOW, ODD, add_session, browser, later, metadata, session},
    world::World,
};

on_both!(
    the_next_key_takes_over_from_the_active_one,
    the_last_end_of_older_sessions_is_known,
    a_lease_has_one_holder,
    the_sweep_takes_what_is_over_and_nothing_else,
    each_kind_of_row_has_its_own_time,
    a_client_goes_when_nothing_of_it_is_left,
    a_backlog_goes_in_batches,
);

fn key(id: &str, state: &str) -> KeyRow {
    KeyRow {
        id: id.to_owned(),
        ring: "access".to_owned(),
        state: state.to_owned(),
        sealed: ODD.to_owned(),
        master: None,
        changed_at: NOW,
    }
}

async fn the_next_key_takes_over_from_the_active_one(world: World) {
    let store = &world.store;
    let states = || async {
        let keys = store.keys().await.unwrap();
        keys.into_iter().map(|key| (key.id, key.state, key.changed_at)).collect::<Vec<_>>()
    };
    assert!(store.add_key(&key("one", "active")).await.unwrap());
    assert!(!store.promote_next_key("access", later()).await.unwrap());
    let active = ("one".to_owned(), "active".to_owned(), NOW);
    assert_eq!(states().await, [active], "without a next key the active one stays");
    let next = KeyRow { changed_at: later(), ..key("two", "next") };
    assert!(store.add_key(&next).await.unwrap());
    assert!(
        !store.add_key(&KeyRow { id: "three".to_owned(), ..next }).await.unwrap(),
        "one next key is enough"
    );
    let racers = (0..RACERS).map(|_| {
        let store = store.clone();
        tokio::spawn(async move { store.promote_next_key("access", later()).await.unwrap() })
    });
    assert_eq!(all(racers).await.into_iter().filter(|promoted| *promoted).count(), 1);
    let expected = [("one", "verify-only"), ("two", "active")]
        .map(|(id, state)| (id.to_owned(), state.to_owned(), later()));
    assert_eq!(states().await, expected);
}

async fn the_last_end_of_older_sessions_is_known(world: World) {
    let store = &world.store;
    let last = async |before, now| store.last_end_of_sessions_before(before, now).await.unwrap();
    assert_eq!(last(later(), NOW).await, None);
    for (id, hours, generation) in [("short", 2, 1), ("long", 3, 1), ("ended", 4, 1), ("no refreshes", 5, 0)]
    {
        let expires_at = NOW.plus(HOUR * hours);
        add_session(store, &Session { expires_at, generation, ..session(id) }).await;
    }
    store.revoke_session("ended", Because::Person, NOW).await.unwrap();
    let end = NOW.plus(HOUR * 3);
    assert_eq!(last(later(), NOW).await, Some(end));
    assert_eq!(last(NOW, NOW).await, None, "none began before");
    assert_eq!(last(later(), end).await, None, "they are over");
}

async fn a_lease_has_one_holder(world: World) {
    let store = &world.store;
    let racers = (0..RACERS).map(|n| {
        let store = store.clone();
        tokio::spawn(async move { store.take_lease("work", &format!("{n}"), NOW, later()).await.unwrap() })
    });
    let won: Vec<bool> = all(racers).await;
    assert_eq!(won.iter().filter(|won| **won).count(), 1);
    let holder = won.iter().position(|won| *won).unwrap().to_string();
    assert!(store.take_lease("work", &holder, NOW, later()).await.unwrap(), "its holder renews it");
    assert!(!store.take_lease("work", "other", NOW, later()).await.unwrap());
    assert!(store.take_lease("other work", "other", NOW, later()).await.unwrap());
    assert!(store.take_lease("work", "other", later(), later()).await.unwrap(), "it runs out");
    store.release_lease("work", &holder).await.unwrap();
    assert!(!store.take_lease("work", "third", NOW, later()).await.unwrap(), "it was not his any more");
    store.release_lease("work", "other").await.unwrap();
    assert!(store.take_lease("work", "third", NOW, later()).await.unwrap());
}

async fn the_sweep_takes_what_is_over_and_nothing_else(world: World) {
    let store = &world.store;
    let horizon = |at| Horizon {
        authorizations: at,
        browsers: at,
        sessions: at,
        credentials: at,
        clients: at,
        audit_events: at,
    };
    for id in ["held", "loose"] {
        store.add_credential(id, "subject", ODD, later(), NOW).await.unwrap();
    }
    let held = Browser { credential_id: "held".to_owned(), ..browser(None) };
    store.add_browser("browser", &held, later()).await.unwrap();
    assert_eq!(store.sweep(&horizon(NOW)).await.unwrap(), 0);
    let soon = NOW.plus(Duration::from_millis(1));
    assert_eq!(store.sweep(&horizon(soon)).await.unwrap(), 1, "the credential that nobody points at");
    assert!(store.credential("held").await.unwrap().is_some());
    let after = later().plus(Duration::from_millis(1));
    assert_eq!(store.sweep(&horizon(after)).await.unwrap(), 2, "the browser, and then its credential");
    assert_eq!(world.number("SELECT COUNT(*) FROM credentials").await, 0);
}

const NEVER: Timestamp = Timestamp::from_millis(i64::MIN);
const NOTHING: Horizon = Horizon {
    authorizations: NEVER,
    browsers: NEVER,
    sessions: NEVER,
    credentials: NEVER,
    clients: NEVER,
    audit_events: NEVER,
};

async fn each_kind_of_row_has_its_own_time(world: World) {
    let store = &world.store;
    // Each of the sessions has its authorization, which ends at the same time, and the events of consent and beginning.
    for id in ["live", "over", "revoked"] {
        let expires_at = if id == "over" { later() } else { NOW.plus(9 * HOUR) };
        add_session(store, &Session { expires_at, ..session(id) }).await;
    }
    store.revoke_session("revoked", Because::ClientRevoked, later()).await.unwrap();
    let after = later().plus(Duration::from_millis(1));
    assert_eq!(store.sweep(&NOTHING).await.unwrap(), 0);
    assert_eq!(store.sweep(&Horizon { sessions: later(), ..NOTHING }).await.unwrap(), 0);
    assert_eq!(store.sweep(&Horizon { sessions: after, ..NOTHING }).await.unwrap(), 2);
    assert!(store.session("live").await.unwrap().is_some());
    assert_eq!(store.audit_trail("revoked").await.unwrap(), ["session_began", "client_revoked"]);
    assert_eq!(store.sweep(&Horizon { authorizations: after, ..NOTHING }).await.unwrap(), 3);
    assert_eq!(store.sweep(&Horizon { audit_events: later(), ..NOTHING }).await.unwrap(), 6);
    assert_eq!(store.audit_trail("revoked").await.unwrap(), ["client_revoked"]);
    assert_eq!(world.number("SELECT COUNT(*) FROM sessions").await, 1);
}

async fn a_client_goes_when_nothing_of_it_is_left(world: World) {
    let store = &world.store;
    for (id, at) in [("idle", NOW), ("busy", NOW), ("remembered", NOW), ("young", later())] {
        store.remember_client(id, &metadata("c"), &ClientOrigin::Registered, at).await.unwrap();
    }
    add_session(store, &Session { client_id: "busy".to_owned(), ..session("s") }).await;
    let person = browser(None).person;
    let decided =
        Relation { person: &person, client_id: "remembered", redirect_origin: "https://client.example" };
    let decision = Remembered {
        fingerprint: String::new(),
        asked: Scopes::ALL,
        scopes: Scopes::ALL,
        projects: Projects::All,
    };
    store.remember_consent(decided, &decision, (NOW, later())).await.unwrap();

    assert_eq!(store.sweep(&Horizon { clients: NOW, ..NOTHING }).await.unwrap(), 0);
    assert_eq!(store.sweep(&Horizon { clients: later(), ..NOTHING }).await.unwrap(), 1);
    assert!(store.client("idle").await.unwrap().is_none());
    store.forget_consent(decided).await.unwrap();
    assert_eq!(store.sweep(&Horizon { clients: later(), ..NOTHING }).await.unwrap(), 1);
    for id in ["busy", "young"] {
        assert!(store.client(id).await.unwrap().is_some(), "{id}");
    }
}

async fn a_backlog_goes_in_batches(world: World) {
    let event = Event::KeyChanged { ring: "access", key: "k", state: "old" };
    for n in 0..501 {
        world.store.audit(&format!("{n}"), &event, None, NOW).await.unwrap();
    }
    let horizon = Horizon { audit_events: later(), ..NOTHING };
    for gone in [500, 1, 0] {
        assert_eq!(world.store.sweep(&horizon).await.unwrap(), gone);
    }
}
