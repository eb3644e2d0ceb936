//! Sessions: one generation after another, and an end that is written once.

use std::time::Duration;

use gateway::{
    domain::{
        dpop::Thumbprint,
        session::{Because, Session},
    },
    store::{Revoked, Which},
};
use shared::assertion::Projects;

use super::{
    RACERS, all, on_both,
    samples::{HOUR, NOW, add_session, later, only, session},
    world::World,
};

on_both!(
    a_session_reads_as_it_was_written,
    of_many_refreshes_one_advances,
    only_the_newest_generation_of_a_live_session_advances,
    a_bound_session_advances_with_its_key_alone,
    an_end_is_written_once,
    of_many_revocations_one_is_written,
    a_credential_takes_its_sessions_along,
    what_ended_since_is_told,
    an_advance_is_seen_by_whoever_looks_next,
);

fn fields(session: &Session) -> String {
    format!("{session:?}")
}

async fn a_session_reads_as_it_was_written(world: World) {
    for (id, projects, generation) in [("all", Projects::All, 0), ("some", only(&["p1", "p2"]), u32::MAX - 1)]
    {
        let written = Session { projects, generation, ..session(id) };
        add_session(&world.store, &written).await;
        assert_eq!(fields(&world.store.session(id).await.unwrap().unwrap()), fields(&written));
    }
    assert!(world.store.session("unknown").await.unwrap().is_none());
}

async fn of_many_refreshes_one_advances(world: World) {
    add_session(&world.store, &session("s")).await;
    for generation in 1..6 {
        let racers = (0..RACERS).map(|_| {
            let store = world.store.clone();
            tokio::spawn(async move {
                store.advance_session("s", "client", generation, None, NOW, later()).await.unwrap()
            })
        });
        let advanced: Vec<Session> = all(racers).await.into_iter().flatten().collect();
        assert_eq!(advanced.len(), 1);
        assert_eq!(advanced[0].generation, generation + 1);
    }
    assert_eq!(world.store.session("s").await.unwrap().unwrap().generation, 6);
}

async fn only_the_newest_generation_of_a_live_session_advances(world: World) {
    let store = &world.store;
    let written = session("s");
    add_session(store, &written).await;
    let idle = NOW.plus(2 * HOUR);
    for (id, client, generation, now) in [
        ("s", "another client", 1, NOW),
        ("s", "client", 0, NOW),
        ("s", "client", 2, NOW),
        ("unknown", "client", 1, NOW),
        ("s", "client", 1, written.idle_expires_at),
    ] {
        let advanced = store.advance_session(id, client, generation, None, now, idle).await.unwrap();
        assert!(advanced.is_none(), "{id} {client} {generation}");
    }
    let advanced = store.advance_session("s", "client", 1, None, NOW, idle).await.unwrap().unwrap();
    let expected = Session { generation: 2, idle_expires_at: idle, ..written.clone() };
    assert_eq!(fields(&advanced), fields(&expected));
    assert!(store.advance_session("s", "client", 1, None, NOW, idle).await.unwrap().is_none());
    // Idle time was extended to the end, and the end holds.
    assert!(
        store.advance_session("s", "client", 2, None, written.expires_at, later()).await.unwrap().is_none()
    );

    assert!(store.revoke_session("s", Because::ClientRevoked, NOW).await.unwrap());
    assert!(store.advance_session("s", "client", 2, None, NOW, idle).await.unwrap().is_none());
}

async fn a_bound_session_advances_with_its_key_alone(world: World) {
    let key = |letter: &str| Thumbprint::try_from(letter.repeat(43)).unwrap();
    let (own, other) = (key("A"), key("E"));
    let written = Session { key_thumbprint: Some(own.clone()), ..session("s") };
    add_session(&world.store, &written).await;
    assert_eq!(fields(&world.store.session("s").await.unwrap().unwrap()), fields(&written));
    for (key, advances) in [(None, false), (Some(&other), false), (Some(&own), true)] {
        let advanced = world.store.advance_session("s", "client", 1, key, NOW, later()).await.unwrap();
        assert_eq!(advanced.is_some(), advances, "{key:?}");
    }
    // One that is not bound goes on with whatever key its client has found by now.
    add_session(&world.store, &session("unbound")).await;
    let advanced =
        world.store.advance_session("unbound", "client", 1, Some(&own), NOW, later()).await.unwrap();
    assert_eq!(advanced.unwrap().key_thumbprint, None);
}

async fn an_end_is_written_once(world: World) {
    let store = &world.store;
    add_session(store, &session("s")).await;
    let at = NOW.plus(Duration::from_millis(7));
    assert!(store.revoke_session("s", Because::RefreshReused, at).await.unwrap());
    assert!(!store.revoke_session("s", Because::ClientRevoked, later()).await.unwrap());
    assert!(!store.revoke_session("unknown", Because::ClientRevoked, NOW).await.unwrap());
    assert_eq!(store.session("s").await.unwrap().unwrap().revoked_at, Some(at));
    assert_eq!(store.audit_trail("s").await.unwrap(), ["session_began", "refresh_reused"]);
    assert_eq!(world.number("SELECT COUNT(*) FROM audit_events WHERE session_id = 's'").await, 2);
}

async fn of_many_revocations_one_is_written(world: World) {
    add_session(&world.store, &session("s")).await;
    let racers = (0..RACERS).map(|n| {
        let store = world.store.clone();
        let because = if n % 2 == 0 { Because::ClientRevoked } else { Because::CodeReplayed };
        tokio::spawn(async move { store.revoke_session("s", because, NOW).await.unwrap() })
    });
    assert_eq!(all(racers).await.into_iter().filter(|won| *won).count(), 1);
    assert_eq!(world.store.audit_trail("s").await.unwrap().len(), 2);
}

async fn a_credential_takes_its_sessions_along(world: World) {
    let store = &world.store;
    for (id, credential) in [("a", "shared"), ("b", "shared"), ("c", "other"), ("d", "shared")] {
        add_session(store, &Session { credential_id: credential.to_owned(), ..session(id) }).await;
    }
    assert!(store.revoke_session("d", Because::ClientRevoked, NOW).await.unwrap());
    let mut ended =
        store.revoke_sessions(Which::Credential("shared"), Because::CredentialDead, || NOW).await.unwrap();
    ended.sort();
    assert_eq!(ended, ["a", "b"]);
    let again =
        store.revoke_sessions(Which::Credential("shared"), Because::CredentialDead, || NOW).await.unwrap();
    assert!(again.is_empty());
    assert!(store.session("c").await.unwrap().unwrap().revoked_at.is_none());
    for (id, trail) in [("a", "credential_dead"), ("b", "credential_dead"), ("d", "client_revoked")] {
        let mut kinds = store.audit_trail(id).await.unwrap();
        kinds.sort();
        let mut expected = ["session_began", trail];
        expected.sort_unstable();
        assert_eq!(kinds, expected);
    }
}

async fn what_ended_since_is_told(world: World) {
    let store = &world.store;
    assert!(store.revoked_since(NOW).await.unwrap().is_empty());
    let at = |millis| NOW.plus(Duration::from_millis(millis));
    for (id, millis) in [("a", 1), ("b", 2), ("c", 3)] {
        add_session(store, &session(id)).await;
        store.revoke_session(id, Because::ClientRevoked, at(millis)).await.unwrap();
    }
    add_session(store, &session("alive")).await;
    let mut told = store.revoked_since(at(2)).await.unwrap();
    told.sort_by_key(|revoked| revoked.at);
    let expected = [("b", 2), ("c", 3)];
    let expected = expected.map(|(id, millis)| Revoked { session_id: id.to_owned(), at: at(millis) });
    assert_eq!(told, expected);
}

/// An answer that comes before its transaction is committed would let the next request read the old generation.
async fn an_advance_is_seen_by_whoever_looks_next(world: World) {
    add_session(&world.store, &session("s")).await;
    for generation in 1..300 {
        let advanced =
            world.store.advance_session("s", "client", generation, None, NOW, later()).await.unwrap();
        let newest = advanced.unwrap().generation;
        let looks = (0..4).map(|_| {
            let store = world.store.clone();
            tokio::spawn(async move { store.session("s").await.unwrap().unwrap().generation })
        });
        assert_eq!(all(looks).await, [newest; 4]);
    }
}
