//! Peaka credentials: one holder of the lease at a time, each version renewed once.

use std::time::Duration;

use gateway::{
    domain::{
        client::ClientOrigin,
        session::{Because, Session},
    },
    store::{CredentialRow, Lease},
};
use shared::clock::Timestamp;

use super::{
    RACERS, all, on_both,
    samples::{HOUR, NOW, ODD, add_session, later, metadata, session},
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
    what_lies_under_a_key_is_found_and_moved,
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

async fn what_lies_under_a_key_is_found_and_moved(world: World) {
    let store = &world.store;
    let (old, new) = ("AAAAAAAAAAA", "BBBBBBBBBBA");
    for (id, key) in [("a", old), ("b", new), ("c", old), ("d", old)] {
        store.add_credential(id, "subject", &format!("{}xy {ODD}", &key[..10]), later(), NOW).await.unwrap();
    }
    let ids = async |after, limit| {
        let found = store.sealed_under(old, after, limit).await.unwrap();
        found.into_iter().map(|row| row.id).collect::<Vec<_>>()
    };
    assert_eq!(ids("", 2).await, ["a", "c"]);
    assert_eq!(ids("c", 2).await, ["d"]);
    assert_eq!(store.count_sealed_under(old).await.unwrap(), 3);
    let row = store.sealed_under(old, "", 1).await.unwrap().remove(0);
    let moved = format!("{new} {ODD}");
    assert!(store.reseal_credential(&row, &moved).await.unwrap());
    assert!(!store.reseal_credential(&row, "later").await.unwrap(), "it is another by now");
    assert_eq!(seen(&store.credential("a").await.unwrap().unwrap()), (moved.as_str(), 1, later(), None));
    assert_eq!(store.count_sealed_under(old).await.unwrap(), 2);
    let id = format!("pkm_client_{}", &old[..10]);
    for id in [id.clone(), format!("{id}more"), "https://client.example".to_owned()] {
        store.remember_client(&id, &metadata("c"), &ClientOrigin::Registered, NOW).await.unwrap();
    }
    assert_eq!(store.count_clients_with_id(&id).await.unwrap(), 2);
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
