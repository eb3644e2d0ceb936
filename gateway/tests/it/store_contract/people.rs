//! Browsers, clients and keys.

use gateway::{
    domain::client::{Client, ClientOrigin},
    store::{KeyRow, Lease},
};

use super::{
    RACERS, all, on_both,
    samples::{NOW, ODD, browser, later, metadata},
    world::World,
};

on_both!(
    a_browser_is_known_until_it_ends,
    a_browser_goes_with_its_credential,
    a_client_is_as_it_was_at_its_last_approval,
    a_ring_has_one_first_key,
    retired_keys_are_not_read,
    it_answers,
);

async fn a_browser_is_known_until_it_ends(world: World) {
    let store = &world.store;
    store.add_credential("credential", "subject", "sealed", later(), NOW).await.unwrap();
    for (id, name) in [("named", Some(ODD)), ("nameless", None)] {
        store.add_browser(id, &browser(name), later()).await.unwrap();
        let known = store.browser(id, NOW).await.unwrap().unwrap();
        assert_eq!(known.person, browser(name).person);
        assert_eq!((known.credential_id.as_str(), known.signed_in_at), ("credential", NOW));
    }
    assert!(store.browser("named", later()).await.unwrap().is_none());
    assert!(store.browser("unknown", NOW).await.unwrap().is_none());
    store.remove_browser("named").await.unwrap();
    store.remove_browser("named").await.unwrap();
    assert!(store.browser("named", NOW).await.unwrap().is_none());
    assert!(store.browser("nameless", NOW).await.unwrap().is_some());
}

async fn a_browser_goes_with_its_credential(world: World) {
    let store = &world.store;
    store.add_browser("b", &browser(None), later()).await.unwrap();
    assert!(store.browser("b", NOW).await.unwrap().is_none());
    store.add_credential("credential", "subject", "sealed", later(), NOW).await.unwrap();
    assert!(store.browser("b", NOW).await.unwrap().is_some());
    store.bury_credential("credential", Lease { version: 1, until: later() }, NOW).await.unwrap();
    assert!(store.browser("b", NOW).await.unwrap().is_none());
}

async fn a_client_is_as_it_was_at_its_last_approval(world: World) {
    let store = &world.store;
    let id = format!("pkm_client_{}", "x".repeat(4000));
    let host = ClientOrigin::Document { host: "client.example".to_owned() };
    assert!(store.client(&id).await.unwrap().is_none());
    store.remember_client(&id, &metadata("Before"), &ClientOrigin::Registered, NOW).await.unwrap();
    store.remember_client(&id, &metadata(ODD), &host, later()).await.unwrap();
    let expected = Client::of_its_own(&id, metadata(ODD), host);
    assert_eq!(store.client(&id).await.unwrap(), Some(expected));
    assert_eq!(world.number("SELECT first_approved_at_ms FROM clients").await, NOW.millis());
    assert_eq!(world.number("SELECT last_approved_at_ms FROM clients").await, later().millis());

    let racers = (0..RACERS).map(|_| {
        let store = store.clone();
        tokio::spawn(async move {
            store.remember_client("raced", &metadata("Racer"), &ClientOrigin::Registered, NOW).await.unwrap();
        })
    });
    all(racers).await;
    assert_eq!(world.number("SELECT COUNT(*) FROM clients").await, 2);
}

fn key(id: &str, ring: &str) -> KeyRow {
    KeyRow {
        id: id.to_owned(),
        ring: ring.to_owned(),
        state: "active".to_owned(),
        sealed: ODD.to_owned(),
        master: Some("fingerprint".to_owned()),
        changed_at: NOW,
    }
}

async fn a_ring_has_one_first_key(world: World) {
    let racers = (0..RACERS).map(|n| {
        let (store, ring) = (world.store.clone(), if n % 2 == 0 { "access" } else { "refresh" });
        tokio::spawn(async move { store.add_key(&key(&format!("key {n}"), ring)).await.unwrap() })
    });
    assert_eq!(all(racers).await.into_iter().filter(|added| *added).count(), 2);
    let keys = world.store.keys().await.unwrap();
    let mut rings: Vec<&str> = keys.iter().map(|key| key.ring.as_str()).collect();
    rings.sort_unstable();
    assert_eq!(rings, ["access", "refresh"]);
    assert!(keys.iter().all(|key| key.state == "active" && key.sealed == ODD));
}

async fn retired_keys_are_not_read(world: World) {
    let store = &world.store;
    assert!(store.add_key(&key("old", "access")).await.unwrap());
    world.meddle("UPDATE keys SET state = 'verify-only'").await;
    assert!(store.add_key(&KeyRow { changed_at: later(), ..key("new", "access") }).await.unwrap());
    let ids = |keys: Vec<KeyRow>| keys.into_iter().map(|key| key.id).collect::<Vec<_>>();
    assert_eq!(ids(store.keys().await.unwrap()), ["old", "new"]);
    assert!(!store.retire_key("new", later()).await.unwrap(), "an active key is not retired");
    let needs_it = "UPDATE keys SET id = 'AAAAAAAAAAA' WHERE id = 'old'";
    world.meddle(needs_it).await;
    store.add_credential("c", "subject", "AAAAAAAAAAsealed", later(), NOW).await.unwrap();
    assert!(!store.retire_key("AAAAAAAAAAA", later()).await.unwrap(), "a credential lies under it");
    world.meddle("DELETE FROM credentials").await;
    let old = store.keys().await.unwrap().remove(0);
    assert!(store.reseal_key(&old, "anew", "other").await.unwrap());
    assert!(!store.reseal_key(&old, "late", "other").await.unwrap(), "it is another by now");
    let row = store.keys().await.unwrap().remove(0);
    assert_eq!((row.sealed.as_str(), row.master.as_deref()), ("anew", Some("other")));
    assert!(store.retire_key("AAAAAAAAAAA", later()).await.unwrap());
    assert_eq!(ids(store.keys().await.unwrap()), ["new"]);
}

async fn it_answers(world: World) {
    world.store.ping().await.unwrap();
    world.store.close().await;
    assert!(world.store.ping().await.is_err());
}
