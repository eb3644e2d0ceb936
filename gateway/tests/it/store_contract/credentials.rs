//! Peaka credentials: one holder of the lease at a time, each version renewed once.

use std::time::Duration;

use gateway::{
    domain::session::{Because, Session},
    store::{CredentialRow, Lease},
};
use shared::clock::Timestamp;

use super::{
    RACERS, all, on_both,
    samples::{HOUR, NOW, ODD, add_session, later, session},
    world::World,
};

on_both!(
    a_credential_reads_as_it_was_written,
    a_lease_has_one_holder,
    of_many_one_takes_the_lease,
    a_lease_runs_out_and_is_given_back,
    a_version_is_renewed_once,
    a_dead_credential_stays_dead,
    a_session_leads_to_its_credential_while_it_lives,
);

const ID: &str = "credential";

fn lease(version: i64, seconds: u64) -> Lease {
    Lease { version, until: NOW.plus(Duration::from_secs(seconds)) }
}

fn seen(row: &CredentialRow) -> (&str, i64, Timestamp, Option<Timestamp>) {
    (&row.sealed, row.version, row.expires_at, row.dead_at)
}

async fn with_credential(world: &World) {
    world.store.add_credential(ID, "subject", ODD, later(), NOW).await.unwrap();
}

async fn a_credential_reads_as_it_was_written(world: World) {
    let store = &world.store;
    let long = "x".repeat(1 << 20);
    store.add_credential("long", ODD, &long, later(), NOW).await.unwrap();
    with_credential(&world).await;
    assert_eq!(seen(&store.credential(ID).await.unwrap().unwrap()), (ODD, 1, later(), None));
    assert_eq!(store.credential("long").await.unwrap().unwrap().sealed, long);
    assert!(store.credential("unknown").await.unwrap().is_none());
    assert!(store.add_credential(ID, "subject", ODD, later(), NOW).await.is_err());
}

async fn a_lease_has_one_holder(world: World) {
    let store = &world.store;
    with_credential(&world).await;
    assert!(!store.lease_credential(ID, lease(2, 20), NOW).await.unwrap());
    assert!(!store.lease_credential("unknown", lease(1, 20), NOW).await.unwrap());
    assert!(store.lease_credential(ID, lease(1, 20), NOW).await.unwrap());
    assert!(!store.lease_credential(ID, lease(1, 30), NOW).await.unwrap());
}

async fn of_many_one_takes_the_lease(world: World) {
    with_credential(&world).await;
    let racers = (0..RACERS).map(|n| {
        let store = world.store.clone();
        let lease = lease(1, 20 + u64::from(n));
        tokio::spawn(async move { store.lease_credential(ID, lease, NOW).await.unwrap() })
    });
    assert_eq!(all(racers).await.into_iter().filter(|won| *won).count(), 1);
}

async fn a_lease_runs_out_and_is_given_back(world: World) {
    let store = &world.store;
    with_credential(&world).await;
    let (first, second) = (lease(1, 20), lease(1, 40));
    assert!(store.lease_credential(ID, first, NOW).await.unwrap());
    assert!(store.lease_credential(ID, second, first.until).await.unwrap());
    // Whose lease ran out gives nothing back any more.
    store.release_credential(ID, first).await.unwrap();
    assert!(!store.lease_credential(ID, lease(1, 60), first.until).await.unwrap());
    store.release_credential(ID, second).await.unwrap();
    assert!(store.lease_credential(ID, lease(1, 60), first.until).await.unwrap());
}

async fn a_version_is_renewed_once(world: World) {
    let store = &world.store;
    with_credential(&world).await;
    let held = lease(1, 20);
    assert!(store.lease_credential(ID, held, NOW).await.unwrap());
    let racers = (0..RACERS).map(|n| {
        let store = store.clone();
        tokio::spawn(async move {
            let won = store.renew_credential(ID, held, &format!("pair {n}"), NOW.plus(2 * HOUR)).await;
            won.unwrap().then_some(n)
        })
    });
    let winners: Vec<u32> = all(racers).await.into_iter().flatten().collect();
    assert_eq!(winners.len(), 1);
    let row = store.credential(ID).await.unwrap().unwrap();
    let pair = format!("pair {}", winners[0]);
    assert_eq!(seen(&row), (pair.as_str(), 2, NOW.plus(2 * HOUR), None));
    // The lease went with it, and the old version is neither leased, renewed nor buried.
    assert!(!store.lease_credential(ID, lease(1, 60), NOW).await.unwrap());
    assert!(!store.bury_credential(ID, held, NOW).await.unwrap());
    assert!(store.lease_credential(ID, lease(2, 20), NOW).await.unwrap());
}

async fn a_dead_credential_stays_dead(world: World) {
    let store = &world.store;
    with_credential(&world).await;
    let held = lease(1, 20);
    assert!(store.lease_credential(ID, held, NOW).await.unwrap());
    assert!(store.bury_credential(ID, held, NOW).await.unwrap());
    assert!(!store.bury_credential(ID, held, later()).await.unwrap());
    assert!(!store.lease_credential(ID, lease(1, 90), later()).await.unwrap());
    assert_eq!(store.credential(ID).await.unwrap().unwrap().dead_at, Some(NOW));
}

async fn a_session_leads_to_its_credential_while_it_lives(world: World) {
    let store = &world.store;
    let written = session("s");
    add_session(store, &written).await;
    assert!(store.credential_of_session("s", NOW).await.unwrap().is_none());
    with_credential(&world).await;
    let (id, row) = store.credential_of_session("s", NOW).await.unwrap().unwrap();
    assert_eq!((id.as_str(), seen(&row)), (ID, (ODD, 1, later(), None)));
    assert!(store.credential_of_session("unknown", NOW).await.unwrap().is_none());
    assert!(store.credential_of_session("s", written.expires_at).await.unwrap().is_none());
    store.bury_credential(ID, lease(1, 20), NOW).await.unwrap();
    let (_, row) = store.credential_of_session("s", NOW).await.unwrap().unwrap();
    assert_eq!(row.dead_at, Some(NOW));

    add_session(store, &Session { credential_id: "gone".to_owned(), ..session("other") }).await;
    assert!(store.credential_of_session("other", NOW).await.unwrap().is_none());
    store.revoke_session("s", Because::ClientRevoked, NOW).await.unwrap();
    assert!(store.credential_of_session("s", NOW).await.unwrap().is_none());
}
