//! When in doubt, the person is asked.

use standin::demo;

use super::{ask, assert_leads_to_the_question, is_asked, remembered, remembering, says_so};
use crate::harness::{Browser, Form, World};

#[tokio::test]
async fn a_request_for_something_else_is_asked_about() {
    let world = World::start().await;
    let client = world.register().await;
    let browser = Browser::new(&world);
    let request = client.request(&world).with("scope", "peaka:read");
    browser.code(&request, &remembering()).await;
    assert!(says_so(&ask(&browser, &request).await));
    for other in [
        request.with("scope", "peaka:read peaka:query"),
        request.with("scope", "peaka:write"),
        request.without("scope"),
        request.with("prompt", "consent"),
        request.with("prompt", "login"),
        request.with("prompt", "select_account"),
        request.with("max_age", "0"),
        request.with("client_id", &world.register().await.id),
    ] {
        is_asked(&browser, &other).await;
    }
    let none = browser.ask(&request.with("prompt", "none")).await;
    none.assert_is_a_page(400);
    assert_eq!(none.carries("error").unwrap(), "consent_required");
}

#[tokio::test]
async fn another_person_and_another_sign_in_are_asked() {
    let world = World::start().await;
    let (client, browser, request) = remembered(&world).await;
    is_asked(&Browser::new(&world), &request).await;
    let grace = Browser::of(&world, &demo::PEOPLE[1]);
    grace.code_for(&client).await;
    is_asked(&grace, &request).await;
    world.pass(12 * 60 * 60);
    is_asked(&browser, &request).await;
}

#[tokio::test]
async fn it_is_forgotten_in_time() {
    let world = World::start_with(&[("GATEWAY_REMEMBERED_CONSENT_SECONDS", "600")]).await;
    let (_, browser, request) = remembered(&world).await;
    world.pass(599);
    let page = ask(&browser, &request).await;
    assert!(says_so(&page));
    world.pass(1);
    assert_leads_to_the_question(&browser.go_on(&page).await);
    is_asked(&browser, &request).await;
}

#[tokio::test]
async fn what_changed_since_the_page_was_shown_is_asked_about() {
    let world = World::start().await;
    let (_, browser, request) = remembered(&world).await;
    for change in [
        "UPDATE remembered_consents SET scopes = 'peaka:read'",
        "UPDATE remembered_consents SET projects = 'p1'",
        "UPDATE remembered_consents SET metadata_hash = 'other'",
        "DELETE FROM remembered_consents",
    ] {
        let page = ask(&browser, &request).await;
        assert!(says_so(&page), "{change}");
        world.database.run(change).await;
        assert_leads_to_the_question(&browser.go_on(&page).await);
        browser.code(&request, &remembering()).await;
    }
}

#[tokio::test]
async fn who_decides_otherwise_is_asked_from_then_on() {
    let world = World::start().await;
    let (_, browser, request) = remembered(&world).await;
    for other in [Browser::all(), Browser::all().with("decision", "deny")] {
        browser.code(&request, &remembering()).await;
        let consent = browser.to_consent(&request).await;
        browser.decide(&consent, &other).await.assert_is_a_page(200);
        assert_eq!(world.database.count("remembered_consents").await, 0);
        is_asked(&browser, &request).await;
    }
}

#[tokio::test]
async fn an_app_that_was_sent_away_is_asked_about() {
    let world = World::start().await;
    let (client, browser, request) = remembered(&world).await;
    let leaving = browser.go_on(&ask(&browser, &request).await).await;
    let tokens = world.tokens(&client, &leaving.carries("code").unwrap()).await;
    assert_eq!(world.post("/oauth/revoke", &client.revoking(&tokens.refresh)).await.status, 200);
    assert_eq!(world.database.count("remembered_consents").await, 0);
    is_asked(&browser, &request).await;
}

/// A refusal that would leave the former decision standing is none: its person is told, and can say it again.
#[tokio::test]
async fn a_refusal_that_cannot_forget_is_told() {
    let world = World::start().await;
    let (_, browser, request) = remembered(&world).await;
    let consent = browser.to_consent(&request.with("prompt", "consent")).await;
    let refusal = Form::of([("decision", "deny")]);
    world.database.rename("remembered_consents", "away").await;
    let told = browser.decide(&consent, &refusal).await;
    told.assert_is_a_page(503);
    assert_ne!(told.header("retry-after"), "");
    world.database.rename("away", "remembered_consents").await;
    assert_eq!(world.database.count("remembered_consents").await, 1);
    let leaving = browser.decide(&consent, &refusal).await;
    assert_eq!(leaving.carries("error").unwrap(), "access_denied");
    assert_eq!(world.database.count("remembered_consents").await, 0);
}
