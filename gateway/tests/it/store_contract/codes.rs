//! A code becomes a session: one, whoever else tries.

use gateway::{
    domain::authorization::{Approval, Terms},
    store::Store,
};
use shared::{assertion::Projects, scope::Scopes};

use super::{
    RACERS, all, on_both,
    samples::{NOW, add_session, browser, later, only, request, session},
    world::World,
};

on_both!(
    a_code_redeems_once,
    of_many_redemptions_one_wins,
    an_expired_code_is_not_redeemed,
    wrong_proofs_are_counted,
    a_code_that_exists_cannot_be_given_out_again,
    projects_round_trip,
);

async fn approve(store: &Store, handle: &str, code: &str, projects: Projects) -> bool {
    store.begin_signed_in(handle, &request(None), "browser", &browser(None), (NOW, later())).await.unwrap();
    let signed_in = store.signed_in(handle, "browser", NOW).await.unwrap().unwrap();
    let approval = Approval { scopes: Scopes::ALL, projects, terms: Terms::default() };
    store.approve(&signed_in, &approval, code, (NOW, later())).await.unwrap()
}

async fn a_code_redeems_once(world: World) {
    let store = &world.store;
    approve(store, "handle", "code", Projects::All).await;
    let coded = store.coded("code").await.unwrap().unwrap();
    assert!(store.redeem(&coded, &session("first"), NOW).await.unwrap());
    assert!(!store.redeem(&coded, &session("second"), NOW).await.unwrap());
    assert_eq!(store.coded("code").await.unwrap().unwrap().session_id.as_deref(), Some("first"));
    assert!(store.session("first").await.unwrap().is_some());
    assert!(store.session("second").await.unwrap().is_none());
}

async fn of_many_redemptions_one_wins(world: World) {
    approve(&world.store, "handle", "code", Projects::All).await;
    let racers = (0..RACERS).map(|n| {
        let store = world.store.clone();
        tokio::spawn(async move {
            let coded = store.coded("code").await.unwrap().unwrap();
            store.redeem(&coded, &session(&format!("session {n}")), NOW).await.unwrap()
        })
    });
    assert_eq!(all(racers).await.into_iter().filter(|won| *won).count(), 1);
    assert_eq!(world.number("SELECT COUNT(*) FROM sessions").await, 1);
}

async fn an_expired_code_is_not_redeemed(world: World) {
    let store = &world.store;
    approve(store, "handle", "code", Projects::All).await;
    let coded = store.coded("code").await.unwrap().unwrap();
    assert!(!store.redeem(&coded, &session("late"), later()).await.unwrap());
    assert_eq!(world.number("SELECT COUNT(*) FROM sessions").await, 0);
}

async fn wrong_proofs_are_counted(world: World) {
    approve(&world.store, "handle", "code", Projects::All).await;
    let racers = (0..RACERS).map(|_| {
        let store = world.store.clone();
        tokio::spawn(async move { store.count_failed_attempt("handle").await.unwrap() })
    });
    all(racers).await;
    world.store.count_failed_attempt("nothing of this name").await.unwrap();
    let coded = world.store.coded("code").await.unwrap().unwrap();
    assert_eq!(coded.failed_attempts, i64::from(RACERS));
}

async fn a_code_that_exists_cannot_be_given_out_again(world: World) {
    let store = &world.store;
    approve(store, "handle", "code", Projects::All).await;
    store.begin_signed_in("other", &request(None), "browser", &browser(None), (NOW, later())).await.unwrap();
    let signed_in = store.signed_in("other", "browser", NOW).await.unwrap().unwrap();
    let approval = Approval { scopes: Scopes::ALL, projects: Projects::All, terms: Terms::default() };
    assert!(store.approve(&signed_in, &approval, "code", (NOW, later())).await.is_err());
    // The connection that saw the error is still good.
    assert!(store.approve(&signed_in, &approval, "another code", (NOW, later())).await.unwrap());
}

async fn projects_round_trip(world: World) {
    let many: Vec<String> = (0..100).map(|n| format!("{n:064}")).collect();
    let many: Vec<&str> = many.iter().map(String::as_str).collect();
    for (n, projects) in
        [Projects::All, only(&["a"]), only(&["b", "a", "B"]), only(&many)].into_iter().enumerate()
    {
        let id = format!("session {n}");
        approve(&world.store, &format!("of {n}"), &format!("code {n}"), projects.clone()).await;
        let coded = world.store.coded(&format!("code {n}")).await.unwrap().unwrap();
        assert_eq!(coded.approval.projects, projects);
        let mut session = session(&id);
        session.projects = projects.clone();
        add_session(&world.store, &session).await;
        assert_eq!(world.store.session(&id).await.unwrap().unwrap().projects, projects);
    }
}
