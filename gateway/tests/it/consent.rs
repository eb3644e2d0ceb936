//! The consent: one browser, one answer, never more than was asked.

mod choice;
mod once;
mod terms;

use standin::{Fault, FaultKind, demo};

use crate::harness::{Browser, Form, World};
use crate::mcp::claims;

async fn tokens_for(world: &World, request_scope: &str, fields: &Form) -> serde_json::Value {
    let client = world.register().await;
    let code = Browser::new(world).code(&client.request(world).with("scope", request_scope), fields).await;
    claims(&world.tokens(&client, &code).await.access)
}

fn approve(pairs: &[(&str, &str)]) -> Form {
    Form::of(pairs.iter().copied().chain([("decision", "approve")]))
}

#[tokio::test]
async fn the_page_says_who_what_and_where() {
    let world = World::start().await;
    let browser = Browser::of(&world, &demo::PEOPLE[1]);
    let page = browser.to_consent(&world.register().await.request(&world).with("scope", "peaka:read")).await;
    for shown in ["Claude", "claude.ai", "grace@demo.peaka.local", "value=\"peaka:read\"", demo::PROJECT] {
        assert!(page.body.contains(shown), "{shown} is not in {}", page.body);
    }
    // Not offered: what was not asked for, and where she cannot go.
    for hidden in ["peaka:query", "peaka:write", demo::SINGLE_PROJECT, "http://", "https://"] {
        assert!(!page.body.contains(hidden), "{hidden} is in {}", page.body);
    }
}

#[tokio::test]
async fn approving_gives_a_code_and_exactly_that() {
    let world = World::start().await;
    let client = world.register().await;
    let browser = Browser::new(&world);
    let consent = browser.to_consent(&client.request(&world)).await;
    let leaving = browser.decide(&consent, &Browser::all()).await;
    leaving.assert_is_a_page(200);
    let code = leaving.carries("code").unwrap();
    assert!(code.starts_with("pkm_ac_"));
    let expected = Form::of([("code", code.as_str()), ("state", "st/te"), ("iss", &world.origin)]).encode();
    assert_eq!(leaving.link(), format!("{}?{expected}", client.redirect_uri));
    assert!(leaving.body.contains("http-equiv=\"refresh\""));
    let claims = claims(&world.tokens(&client, &code).await.access);
    assert_eq!(claims["scope"], "peaka:read peaka:query peaka:write");
    assert_eq!(claims["sub"], demo::PEOPLE[0].user_id());
    assert!(claims.get("projects").is_none());
}

#[tokio::test]
async fn refusing_is_told_to_the_client() {
    let world = World::start().await;
    let browser = Browser::new(&world);
    let consent = browser.to_consent(&world.register().await.request(&world)).await;
    let leaving = browser.decide(&consent, &Browser::all().with("decision", "deny")).await;
    leaving.assert_is_a_page(200);
    assert_eq!(leaving.carries("error").unwrap(), "access_denied");
    assert_eq!(leaving.carries("iss").unwrap(), world.origin);
    assert_eq!(leaving.carries("state").unwrap(), "st/te");
    assert_eq!(leaving.carries("code"), None);
    assert_eq!(world.database.count("clients").await, 0);
    browser.decide(&consent, &Browser::all()).await.assert_is_a_page(400);
}

#[tokio::test]
async fn the_page_comes_even_when_the_projects_cannot_be_listed() {
    let world = World::start().await;
    let client = world.register().await;
    world.peaka.faults().add(Fault::new(FaultKind::Internal).on("/organizations").times(99));
    let browser = Browser::new(&world);
    let page = browser.to_consent(&client.request(&world)).await;
    assert!(page.body.contains("could not be listed") && !page.body.contains("value=\"some\""));
    let leaving = browser.decide(&page, &Browser::all()).await;
    world.tokens(&client, &leaving.carries("code").unwrap()).await;
}
