//! What the person picks is what the client gets.

use standin::demo;

use super::{approve, tokens_for};
use crate::harness::{Browser, World};

#[tokio::test]
async fn what_is_ticked_is_what_is_granted_and_never_more_than_asked() {
    let world = World::start().await;
    let all = "peaka:read peaka:query peaka:write";
    let one = approve(&[("scope", "peaka:read"), ("projects", "all")]);
    assert_eq!(tokens_for(&world, all, &one).await["scope"], "peaka:read");
    let strange = approve(&[
        ("scope", "peaka:query"),
        ("scope", "peaka:read"),
        ("scope", "peaka:admin"),
        ("scope", "*"),
        ("projects", "all"),
    ]);
    assert_eq!(tokens_for(&world, all, &strange).await["scope"], "peaka:read peaka:query");
    // A form that somebody widened.
    assert_eq!(tokens_for(&world, "peaka:read", &Browser::all()).await["scope"], "peaka:read");
}

/// A wider scope implies the narrower ones: what the person unticked must not come back through it.
#[tokio::test]
async fn a_scope_that_is_unticked_does_not_come_back_through_a_wider_one() {
    let world = World::start().await;
    let browser = Browser::new(&world);
    let consent = browser.to_consent(&world.register().await.request(&world)).await;
    let before = world.database.dump().await;
    for ticked in [&["peaka:write"][..], &["peaka:query"], &["peaka:read", "peaka:write"]] {
        let form =
            ticked.iter().fold(approve(&[("projects", "all")]), |form, scope| form.and("scope", scope));
        let reply = browser.decide(&consent, &form).await;
        assert_eq!(reply.status, 400, "{ticked:?}");
        assert!(reply.body.contains("These choices contradict each other"), "{}", reply.body);
        assert_eq!(world.database.dump().await, before);
    }
    let narrowed = approve(&[("scope", "peaka:read"), ("scope", "peaka:query"), ("projects", "all")]);
    assert_eq!(browser.decide(&consent, &narrowed).await.status, 200);
}

#[tokio::test]
async fn the_picked_projects_are_bound_into_the_session() {
    let world = World::start().await;
    let some = approve(&[
        ("scope", "peaka:read"),
        ("projects", "some"),
        ("project", demo::PROJECT),
        ("project", demo::SINGLE_PROJECT),
    ]);
    let claims = tokens_for(&world, "peaka:read", &some).await;
    let mut expected = [demo::PROJECT, demo::SINGLE_PROJECT];
    expected.sort_unstable();
    assert_eq!(claims["projects"], serde_json::json!(expected));
    // Ticked, but "all" was chosen.
    let all = approve(&[("scope", "peaka:read"), ("projects", "all"), ("project", demo::PROJECT)]);
    assert!(tokens_for(&world, "peaka:read", &all).await.get("projects").is_none());
}

#[tokio::test]
async fn a_form_that_says_nothing_grants_nothing_and_can_be_answered_again() {
    let world = World::start().await;
    let browser = Browser::new(&world);
    let consent =
        browser.to_consent(&world.register().await.request(&world).with("scope", "peaka:read")).await;
    let before = world.database.dump().await;
    let many: Vec<String> = (0..101).map(|n| format!("p{n}")).collect();
    let too_many = many
        .iter()
        .fold(approve(&[("scope", "peaka:read"), ("projects", "some")]), |form, id| form.and("project", id));
    for form in [
        approve(&[("projects", "all")]),
        approve(&[("scope", "peaka:write"), ("projects", "all")]),
        approve(&[("scope", "peaka:read")]),
        approve(&[("scope", "peaka:read"), ("projects", "none")]),
        approve(&[("scope", "peaka:read"), ("projects", "some")]),
        approve(&[("scope", "peaka:read"), ("projects", "some"), ("project", "a b")]),
        approve(&[("scope", "peaka:read"), ("projects", "some"), ("project", "../x")]),
        too_many,
        Browser::all().without("decision"),
        Browser::all().with("decision", "maybe"),
    ] {
        browser.decide(&consent, &form).await.assert_is_a_page(400);
        assert_eq!(world.database.dump().await, before, "{form:?}");
    }
    browser.decide(&consent, &Browser::all()).await.assert_is_a_page(200);
}
