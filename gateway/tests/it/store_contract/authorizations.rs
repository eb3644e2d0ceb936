//! An authorization on its way to a code: each step is taken in its turn, and once.

use gateway::{
    domain::authorization::{Approval, Returned, Terms},
    store::{Store, Which},
};
use secrecy::{ExposeSecret as _, SecretString};
use shared::{assertion::Projects, scope::Scope};

use super::{
    RACERS, all, on_both,
    samples::{HOUR, NOW, ODD, browser, later, only, request},
    world::World,
};

on_both!(
    a_sign_in_is_followed_step_by_step,
    a_step_out_of_turn_finds_nothing,
    a_returning_browser_is_taken_once,
    what_is_unfinished_is_dropped,
    what_is_too_old_is_not_taken,
    consent_waits_for_its_browser_alone,
    consent_is_answered_once,
    a_refusal_is_final,
);

fn verifier() -> SecretString {
    SecretString::from(ODD)
}

async fn begin(store: &Store, state: Option<&str>) {
    store
        .begin_authorization("state", &request(state), "browser", &verifier(), (NOW, later()))
        .await
        .unwrap();
}

async fn begin_signed_in(store: &Store) {
    store.begin_signed_in("handle", &request(None), "browser", &browser(None), (NOW, later())).await.unwrap();
}

fn approval() -> Approval {
    let terms = Terms { life: Some(HOUR), device: Some(ODD.to_owned()) };
    Approval { scopes: Scope::Query.into(), projects: only(&["b", "a"]), terms }
}

async fn a_sign_in_is_followed_step_by_step(world: World) {
    let store = &world.store;
    begin(store, Some(ODD)).await;
    let returned = store.return_from_login("state", NOW).await.unwrap().unwrap();
    assert_eq!((returned.id_hash.as_str(), returned.browser_hash.as_str()), ("state", "browser"));
    assert_eq!(returned.login_verifier.expose_secret(), ODD);

    assert!(store.sign_in(returned, "handle", &browser(Some(ODD)), NOW).await.unwrap());
    assert_eq!(world.number("SELECT COUNT(*) FROM authorizations WHERE login_verifier IS NOT NULL").await, 0);
    // The old name is good for nothing, and so is the new one in another browser.
    assert!(store.signed_in("state", "browser", NOW).await.unwrap().is_none());
    assert!(store.signed_in("handle", "other browser", NOW).await.unwrap().is_none());
    let signed_in = store.signed_in("handle", "browser", NOW).await.unwrap().unwrap();
    assert_eq!(signed_in.request, request(Some(ODD)));
    assert_eq!(signed_in.person, browser(Some(ODD)).person);
    assert_eq!(signed_in.credential_id, "credential");

    assert!(store.approve(&signed_in, &approval(), "code", (NOW, later())).await.unwrap());
    let coded = store.coded("code").await.unwrap().unwrap();
    assert_eq!(coded.id_hash, "handle");
    assert_eq!(coded.request, request(Some(ODD)));
    assert_eq!(coded.person, browser(Some(ODD)).person);
    assert_eq!(coded.approval, approval());
    assert_eq!((coded.expires_at, coded.failed_attempts, coded.session_id), (later(), 0, None));
}

async fn a_step_out_of_turn_finds_nothing(world: World) {
    let store = &world.store;
    begin(store, None).await;
    // Pending: nobody is signed in yet, and Peaka has not sent anybody back.
    assert!(store.signed_in("state", "browser", NOW).await.unwrap().is_none());
    let early = Returned {
        id_hash: "state".to_owned(),
        browser_hash: "browser".to_owned(),
        login_verifier: verifier(),
    };
    assert!(!store.sign_in(early, "handle", &browser(None), NOW).await.unwrap());

    begin_signed_in(store).await;
    let signed_in = store.signed_in("handle", "browser", NOW).await.unwrap().unwrap();
    // Signed in: the way back from Peaka is closed.
    assert!(store.return_from_login("handle", NOW).await.unwrap().is_none());
    assert!(store.approve(&signed_in, &approval(), "code", (NOW, later())).await.unwrap());
    // Approved: it is no longer asked.
    assert!(store.signed_in("handle", "browser", NOW).await.unwrap().is_none());
    assert!(store.coded("no code").await.unwrap().is_none());
}

async fn a_returning_browser_is_taken_once(world: World) {
    begin(&world.store, None).await;
    let racers = (0..RACERS).map(|n| {
        let store = world.store.clone();
        tokio::spawn(async move {
            let returned = store.return_from_login("state", NOW).await.unwrap()?;
            let done = store.sign_in(returned, &format!("handle {n}"), &browser(None), NOW).await;
            Some(done.unwrap())
        })
    });
    let won: Vec<bool> = all(racers).await.into_iter().flatten().collect();
    assert_eq!(won, [true]);

    let again = Returned {
        id_hash: "state".to_owned(),
        browser_hash: "browser".to_owned(),
        login_verifier: verifier(),
    };
    assert!(!world.store.sign_in(again, "other", &browser(None), NOW).await.unwrap());
}

async fn what_is_too_old_is_not_taken(world: World) {
    let store = &world.store;
    begin(store, None).await;
    begin_signed_in(store).await;
    let last = later().minus(std::time::Duration::from_millis(1));
    assert!(store.return_from_login("state", later()).await.unwrap().is_none());
    assert!(store.return_from_login("state", last).await.unwrap().is_some());
    assert!(store.signed_in("handle", "browser", later()).await.unwrap().is_none());
    assert!(store.signed_in("handle", "browser", last).await.unwrap().is_some());
}

async fn consent_waits_for_its_browser_alone(world: World) {
    begin_signed_in(&world.store).await;
    for (handle, browser) in
        [("handle", "another"), ("handle", ""), ("another", "browser"), ("' OR 1=1 --", "browser")]
    {
        assert!(world.store.signed_in(handle, browser, NOW).await.unwrap().is_none());
    }
    let signed_in = world.store.signed_in("handle", "browser", NOW).await.unwrap().unwrap();
    assert_eq!((signed_in.request.state, signed_in.person.name), (None, None));
}

async fn consent_is_answered_once(world: World) {
    begin_signed_in(&world.store).await;
    let racers = (0..RACERS).map(|n| {
        let store = world.store.clone();
        tokio::spawn(async move {
            let Some(signed_in) = store.signed_in("handle", "browser", NOW).await.unwrap() else {
                return false;
            };
            if n % 2 == 0 {
                store.approve(&signed_in, &approval(), &format!("code {n}"), (NOW, later())).await.unwrap()
            } else {
                store.deny(&signed_in, NOW).await.unwrap()
            }
        })
    });
    assert_eq!(all(racers).await.into_iter().filter(|won| *won).count(), 1);
}

async fn a_refusal_is_final(world: World) {
    let store = &world.store;
    begin_signed_in(store).await;
    let signed_in = store.signed_in("handle", "browser", NOW).await.unwrap().unwrap();
    assert!(store.deny(&signed_in, NOW).await.unwrap());
    assert!(!store.deny(&signed_in, NOW).await.unwrap());
    let all = Approval { projects: Projects::All, ..approval() };
    assert!(!store.approve(&signed_in, &all, "code", (NOW, NOW.plus(HOUR))).await.unwrap());
    assert!(store.coded("code").await.unwrap().is_none());
}

async fn what_is_unfinished_is_dropped(world: World) {
    let store = &world.store;
    let count = || world.number("SELECT COUNT(*) FROM authorizations");
    for which in [Which::Person("subject"), Which::Person(ODD), Which::Client("client"), Which::All] {
        begin_signed_in(store).await;
        begin(store, None).await;
        store.discard_unfinished(Which::Session("s")).await.unwrap();
        store.discard_unfinished(Which::Person("somebody else")).await.unwrap();
        store.discard_unfinished(Which::Client("another")).await.unwrap();
        assert_eq!(count().await, 2);
        store.discard_unfinished(which).await.unwrap();
        assert_eq!(count().await, 1, "{which:?}: nobody is known yet in the other");
        world.meddle("DELETE FROM authorizations").await;
    }
}
