//! Pushed authorization requests (RFC 9126).

use serde_json::json;

use crate::{
    cimd::{
        host::{Act, answer, document, ok},
        site::Site,
    },
    harness::{Browser, Client, Form, Reply, World},
};

async fn push(world: &World, form: &Form) -> Reply {
    world.post("/oauth/par", form).await
}

async fn pushed(world: &World, form: &Form) -> String {
    let reply = push(world, form).await;
    assert_eq!((reply.status, reply.header("cache-control")), (201, "no-store"), "{reply:?}");
    assert_eq!(reply.json()["expires_in"], 60);
    reply.json()["request_uri"].as_str().unwrap().to_owned()
}

fn referring(client: &Client, request_uri: &str) -> Form {
    Form::of([("client_id", client.id.as_str()), ("request_uri", request_uri)])
}

#[tokio::test]
async fn a_pushed_request_leads_to_tokens_and_writes_nothing_before() {
    let world = World::start().await;
    let client = world.register().await;
    let before = world.database.dump().await;
    let uri = pushed(&world, &client.request(&world).with("scope", "peaka:read")).await;
    assert!(uri.starts_with("urn:ietf:params:oauth:request_uri:"));
    assert_eq!(world.database.dump().await, before);
    let browser = Browser::new(&world);
    let reference = referring(&client, &uri);
    // Clients look twice; looking changes nothing.
    for _ in 0..2 {
        browser.ask(&reference).await.assert_is_a_page(200);
    }
    assert_eq!(world.database.dump().await, before);
    // What stands beside the reference counts for nothing.
    let widened = reference
        .with("scope", "peaka:write")
        .with("redirect_uri", "https://evil.example/cb")
        .with("state", "other")
        .with("code_challenge_method", "plain");
    let consent = browser.to_consent(&widened).await;
    let leaving = browser.decide(&consent, &Browser::all()).await;
    assert!(leaving.link().starts_with(&client.redirect_uri), "{}", leaving.link());
    assert_eq!(leaving.carries("state").unwrap(), "st/te");
    let tokens = world.tokens(&client, &leaving.carries("code").unwrap()).await;
    assert_eq!(crate::mcp::claims(&tokens.access)["scope"], "peaka:read");
}

#[tokio::test]
async fn a_reference_is_its_clients_for_a_minute() {
    let world = World::start().await;
    let (client, other) = (world.register().await, world.register().await);
    let uri = pushed(&world, &client.request(&world)).await;
    let mut tampered = uri.clone();
    let last = tampered.pop().unwrap();
    tampered.push(if last == 'A' { 'B' } else { 'A' });
    let before = world.database.dump().await;
    for wrong in [
        referring(&other, &uri),
        referring(&client, &tampered),
        referring(&client, "urn:ietf:params:oauth:request_uri:"),
        referring(&client, &uri).without("client_id"),
        referring(&client, &uri).and("request_uri", &uri),
        referring(&client, &uri.replace("urn:ietf:params:oauth:request_uri:", "https://evil.example/")),
    ] {
        let reply = Browser::new(&world).ask(&wrong).await;
        reply.assert_is_a_page(400);
        assert_eq!(world.database.dump().await, before, "{wrong:?}");
    }
    world.pass(59);
    Browser::new(&world).ask(&referring(&client, &uri)).await.assert_is_a_page(200);
    world.pass(1);
    let late = Browser::new(&world).ask(&referring(&client, &uri)).await;
    late.assert_is_a_page(400);
    assert!(late.body.contains("too old"), "{}", late.body);
}

#[tokio::test]
async fn what_is_wrong_is_told_at_once() {
    let world = World::start().await;
    let client = world.register().await;
    let request = client.request(&world);
    let before = world.database.dump().await;
    for (wrong, error) in [
        (request.without("client_id"), "400 invalid_request"),
        (request.with("client_id", "unknown"), "401 invalid_client"),
        (request.with("client_secret", "x"), "401 invalid_client"),
        (request.with("request_uri", "urn:ietf:params:oauth:request_uri:x"), "400 invalid_request"),
        (request.with("redirect_uri", "https://evil.example/cb"), "400 invalid_request"),
        (request.with("redirect_uri", "https://claude.ai/api/mcp/auth_callback/"), "400 invalid_request"),
        (request.without("response_type"), "400 invalid_request"),
        (request.with("response_type", "token"), "400 unsupported_response_type"),
        (request.with("request", "eyJ"), "400 request_not_supported"),
        (request.with("prompt", "none login"), "400 invalid_request"),
        (request.without("code_challenge"), "400 invalid_request"),
        (request.with("code_challenge_method", "plain"), "400 invalid_request"),
        (request.with("scope", "peaka:admin"), "400 invalid_scope"),
        (request.with("resource", "https://other.example/mcp"), "400 invalid_target"),
        (request.and("state", "twice"), "400 invalid_request"),
        (request.with("state", &"s".repeat(6000)), "400 invalid_request"),
    ] {
        assert_eq!(push(&world, &wrong).await.error(), error, "{wrong:?}");
        assert_eq!(world.database.dump().await, before);
    }
    assert_eq!(world.get("/oauth/par").await.status, 405);
}

#[tokio::test]
async fn a_client_with_a_secret_must_show_it_and_it_goes_no_further() {
    let world = World::start().await;
    let metadata = json!({"client_name": "Web", "redirect_uris": ["https://a.example/cb"], "token_endpoint_auth_method": "client_secret_post"});
    let client = world.client(&metadata).await;
    let secret = client.secret.clone().unwrap();
    let request = client.request(&world);
    assert_eq!(push(&world, &request).await.error(), "401 invalid_client");
    assert_eq!(push(&world, &request.with("client_secret", "wrong")).await.error(), "401 invalid_client");
    let uri = pushed(&world, &request.with("client_secret", &secret)).await;
    Browser::new(&world).ask(&referring(&client, &uri)).await.assert_is_a_page(200);
}

#[tokio::test]
async fn a_client_with_a_document_need_not_be_known_before() {
    let site = Site::start(vec![Act::Send(ok("", &document(json!({}))))], &[]).await;
    let uri = pushed(&site.world, &site.client.request(&site.world)).await;
    let page = Browser::new(&site.world).ask(&referring(&site.client, &uri)).await;
    page.assert_is_a_page(200);
    assert!(page.body.contains("Published by client.example"));
}

/// That its site is away says nothing of a client that is not known yet.
#[tokio::test]
async fn a_client_whose_document_cannot_be_had_is_an_outage() {
    let acts = vec![Act::Send(answer("503 Service Unavailable", "", ""))];
    let site = Site::start(acts, &[]).await;
    let before = site.world.database.dump().await;
    let reply = push(&site.world, &site.client.request(&site.world)).await;
    assert_eq!((reply.status, reply.header("retry-after").is_empty()), (503, false), "{reply:?}");
    assert_eq!(site.world.database.dump().await, before);
}

/// RFC 9126 §6
#[tokio::test]
async fn a_client_that_obliged_itself_comes_by_a_pushed_request_alone() {
    let world = World::start().await;
    let metadata = json!({"client_name": "A", "redirect_uris": ["https://a.example/cb"], "require_pushed_authorization_requests": true});
    assert_eq!(world.register_with(&metadata).await.json()["require_pushed_authorization_requests"], true);
    let client = world.client(&metadata).await;
    let request = client.request(&world);
    let refused = Browser::new(&world).ask(&request).await;
    refused.assert_is_a_page(400);
    assert!(refused.body.contains("invalid_request"), "{}", refused.body);
    let uri = pushed(&world, &request).await;
    let code = Browser::new(&world).code(&referring(&client, &uri), &Browser::all()).await;
    assert_eq!(world.redeem(&client.redemption(&code)).await.status, 200);
}

#[tokio::test]
async fn who_is_not_the_client_is_noted_and_counted() {
    let world = World::start().await;
    let metadata = json!({"client_name": "Web", "redirect_uris": ["https://a.example/cb"], "token_endpoint_auth_method": "client_secret_post"});
    let client = world.client(&metadata).await;
    let guess = client.request(&world).with("client_secret", "guess");
    for number in 0..300 {
        assert_eq!(push(&world, &guess).await.error(), "401 invalid_client", "{number}");
    }
    let limited = push(&world, &guess).await;
    assert_eq!((limited.status, limited.header("retry-after")), (429, "60"), "{limited:?}");
    assert!(world.database.noted("client_refused").await.starts_with("refused"));
    // Whoever proves to be the client is not refused for that.
    let good = client.request(&world).with("client_secret", client.secret.as_deref().unwrap());
    pushed(&world, &good).await;
}
