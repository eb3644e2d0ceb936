//! Remembered consents.

use gateway::{
    domain::{authorization::Person, remembered::Remembered},
    store::{Horizon, Relation, Store, Which},
};
use shared::{
    assertion::Projects,
    scope::{Scope, Scopes},
};

use super::{
    RACERS, all, on_both,
    samples::{HOUR, NOW, ODD, add_session, browser, later, only, session},
    world::World,
};

on_both!(
    a_decision_is_remembered_until_it_ends,
    the_last_decision_counts,
    what_is_forgotten_is_that_and_nothing_else,
    decisions_are_listed_and_forgotten_one_by_one,
    the_sweep_takes_what_is_over,
);

const ORIGIN: &str = "https://client.example:8443";

fn relation<'a>(person: &'a Person, client_id: &'a str) -> Relation<'a> {
    Relation { person, client_id, redirect_origin: ORIGIN }
}

fn remembered(projects: Projects) -> Remembered {
    Remembered { fingerprint: ODD.to_owned(), asked: Scopes::ALL, scopes: Scope::Read.into(), projects }
}

async fn remember(store: &Store, person: &Person, client_id: &str) {
    let decision = remembered(Projects::All);
    store.remember_consent(relation(person, client_id), &decision, (NOW, later())).await.unwrap();
}

async fn knows(store: &Store, person: &Person, client_id: &str) -> bool {
    store.remembered_consent(relation(person, client_id), NOW).await.unwrap().is_some()
}

async fn a_decision_is_remembered_until_it_ends(world: World) {
    let (store, ada) = (&world.store, browser(Some(ODD)).person);
    let relation = relation(&ada, ODD);
    for projects in [Projects::All, only(&["a", "b"])] {
        let decision = remembered(projects);
        store.remember_consent(relation, &decision, (NOW, later())).await.unwrap();
        assert_eq!(store.remembered_consent(relation, NOW).await.unwrap(), Some(decision));
    }
    assert_eq!(store.remembered_consent(relation, later()).await.unwrap(), None);
    for other in [
        Relation { client_id: "other", ..relation },
        Relation { redirect_origin: "https://client.example", ..relation },
        Relation { person: &Person { subject: "other".to_owned(), ..ada.clone() }, ..relation },
    ] {
        assert_eq!(store.remembered_consent(other, NOW).await.unwrap(), None);
        store.forget_consent(other).await.unwrap();
    }
    assert!(store.remembered_consent(relation, NOW).await.unwrap().is_some());
    store.forget_consent(relation).await.unwrap();
    assert_eq!(store.remembered_consent(relation, NOW).await.unwrap(), None);
}

async fn the_last_decision_counts(world: World) {
    let racers = (0..RACERS).map(|n| {
        let (store, person) = (world.store.clone(), browser(None).person);
        tokio::spawn(async move {
            let decision = remembered(only(&[&n.to_string()]));
            store.remember_consent(relation(&person, "client"), &decision, (NOW, later())).await.unwrap();
        })
    });
    all(racers).await;
    assert_eq!(world.number("SELECT COUNT(*) FROM remembered_consents").await, 1);
}

async fn what_is_forgotten_is_that_and_nothing_else(world: World) {
    let store = &world.store;
    let ada = browser(None).person;
    let grace = Person { subject: "grace".to_owned(), email: "grace@peaka.example".to_owned(), name: None };
    add_session(store, &session("s")).await;
    // The session is ada's with "client".
    for (which, kept) in [
        (Which::Session("s"), [false, true, true]),
        (Which::Session("unknown"), [true, true, true]),
        (Which::Credential("credential"), [true, true, true]),
        (Which::Person("subject"), [false, false, true]),
        (Which::Person(ODD), [false, false, true]),
        (Which::Person("grace@peaka.example"), [true, true, false]),
        (Which::Person(""), [true, true, true]),
        (Which::Client("client"), [false, true, false]),
        (Which::Client("%"), [true, true, true]),
        (Which::All, [false, false, false]),
    ] {
        for (person, client) in [(&ada, "client"), (&ada, "other"), (&grace, "client")] {
            remember(store, person, client).await;
        }
        store.forget_consents(which).await.unwrap();
        let left = [
            knows(store, &ada, "client").await,
            knows(store, &ada, "other").await,
            knows(store, &grace, "client").await,
        ];
        assert_eq!(left, kept, "{which:?}");
    }
    // An operator's revocation does it, too.
    remember(store, &ada, "client").await;
    store.discard_unfinished(Which::Session("s")).await.unwrap();
    assert!(!knows(store, &ada, "client").await);
}

async fn decisions_are_listed_and_forgotten_one_by_one(world: World) {
    let store = &world.store;
    let ada = browser(None).person;
    let grace = Person { subject: "grace".to_owned(), email: "grace@peaka.example".to_owned(), name: None };
    for (person, client) in [(&ada, "client"), (&ada, ODD), (&grace, "client")] {
        remember(store, person, client).await;
    }
    let decisions = store.decisions(&ada.subject, NOW, 10).await.unwrap();
    assert_eq!(decisions.len(), 2);
    assert_eq!(store.decisions(&ada.subject, NOW, 1).await.unwrap().len(), 1);
    assert_eq!(store.decisions(&ada.subject, later(), 10).await.unwrap(), []);
    let odd = decisions.iter().find(|decision| decision.client_id == ODD).unwrap();
    assert_eq!((odd.redirect_origin.as_str(), odd.scopes, odd.until), (ORIGIN, Scope::Read.into(), later()));
    store.forget_decision(&grace.subject, &odd.id).await.unwrap();
    assert!(knows(store, &ada, ODD).await);
    store.forget_decision(&ada.subject, &odd.id).await.unwrap();
    assert!(!knows(store, &ada, ODD).await && knows(store, &ada, "client").await);
}

async fn the_sweep_takes_what_is_over(world: World) {
    let (store, ada) = (&world.store, browser(None).person);
    remember(store, &ada, "client").await;
    let horizon = |at| Horizon {
        authorizations: NOW,
        browsers: at,
        sessions: NOW,
        credentials: NOW,
        clients: NOW,
        audit_events: NOW,
    };
    assert_eq!(store.sweep(&horizon(later())).await.unwrap(), 0);
    assert_eq!(store.sweep(&horizon(later().plus(HOUR))).await.unwrap(), 1);
    assert_eq!(world.number("SELECT COUNT(*) FROM remembered_consents").await, 0);
}
