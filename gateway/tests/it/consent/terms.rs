//! For how long, found by a search, or by somebody else.

use standin::demo;

use super::approve;
use crate::harness::{Browser, World};
use crate::mcp::claims;

#[tokio::test]
async fn the_session_ends_when_the_person_said() {
    let world = World::start().await;
    let client = world.register().await;
    let day = 24 * 60 * 60;
    let form = Browser::all().with("life", &day.to_string());
    let code = Browser::new(&world).code(&client.request(&world), &form).await;
    let tokens = world.tokens(&client, &code).await;
    world.pass(day - 60);
    let renewed = crate::harness::Tokens::of(&world.refresh(&client, &tokens.refresh).await);
    world.pass(120);
    assert_eq!(world.refresh(&client, &renewed.refresh).await.error(), "400 invalid_grant");
}

#[tokio::test]
async fn only_what_is_offered_can_be_chosen() {
    let world = World::start_with(&[("GATEWAY_SESSION_SECONDS", "864000")]).await;
    let browser = Browser::new(&world);
    let consent = browser.to_consent(&world.register().await.request(&world)).await;
    assert!(consent.body.contains("<option value=\"864000\" selected>10 days</option>"), "{}", consent.body);
    assert!(!consent.body.contains("30 days"), "{}", consent.body);
    for life in ["1", "864001", "2592000", "-1", "x"] {
        browser.decide(&consent, &Browser::all().with("life", life)).await.assert_is_a_page(400);
    }
    browser.decide(&consent, &Browser::all().with("life", "604800")).await.assert_is_a_page(200);
}

#[tokio::test]
async fn a_search_decides_nothing_and_keeps_what_is_ticked() {
    let world = World::start().await;
    let browser = Browser::new(&world);
    let client = world.register().await;
    let consent = browser.to_consent(&client.request(&world)).await;
    let before = world.database.dump().await;
    let ticked = approve(&[("scope", "peaka:read"), ("projects", "some"), ("project", demo::SINGLE_PROJECT)]);
    let found =
        browser.decide(&consent, &ticked.with("decision", "search").with("search", "no such <b>")).await;
    found.assert_is_a_page(200);
    assert_eq!(world.database.dump().await, before);
    let field = |name: &str, value: &str, more: &str| format!("name=\"{name}\" value=\"{value}\"{more}>");
    for there in [
        field("scope", "peaka:read", " checked"),
        field("scope", "peaka:write", ""),
        field("projects", "some", " checked"),
        field("project", demo::SINGLE_PROJECT, " checked"),
    ] {
        assert!(found.body.contains(&there), "{there} is not in {}", found.body);
    }
    assert!(!found.body.contains(&format!("value=\"{}\"", demo::PROJECT)) && !found.body.contains("<b>"));
    let leaving = browser.decide(&found, &ticked).await;
    let token = world.tokens(&client, &leaving.carries("code").unwrap()).await.access;
    assert_eq!(claims(&token)["projects"], serde_json::json!([demo::SINGLE_PROJECT]));
}

#[tokio::test]
async fn somebody_else_can_answer_instead() {
    let world = World::start().await;
    let browser = Browser::new(&world);
    let client = world.register().await;
    let consent = browser.to_consent(&client.request(&world)).await;
    let leaving = browser.decide(&consent, &Browser::all().with("decision", "switch")).await;
    leaving.assert_is_a_page(200);
    assert!(leaving.link().contains("prompt=login"), "{}", leaving.link());
    // The page that was left decides nothing any more.
    browser.decide(&consent, &Browser::all()).await.assert_is_a_page(400);
    let back = browser.sign_in_at_peaka(&leaving.link()).await;
    let reply = browser.get(&back).await;
    let again = browser.get(reply.header("location")).await;
    again.assert_is_a_page(200);
    let leaving = browser.decide(&again, &Browser::all()).await;
    world.tokens(&client, &leaving.carries("code").unwrap()).await;
}
