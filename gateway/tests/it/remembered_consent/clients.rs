//! Which clients may be remembered, and as what.

use serde_json::json;

use super::{ask, is_asked, remembering, says_so};
use crate::{
    cimd::{
        host::{Act, document, ok},
        site::Site,
    },
    harness::{Browser, World},
};

const UNKEPT: &str = "cache-control: no-store\r\n";

/// What listens there proves nothing of itself (RFC 8252 §8.6).
#[tokio::test]
async fn nothing_is_remembered_of_what_anybody_on_the_machine_could_be() {
    let world = World::start().await;
    for uri in [
        "http://127.0.0.1:3000/cb",
        "http://localhost/cb",
        "http://[::1]/cb",
        "cursor://cb",
        "com.example.app:/cb",
    ] {
        let client = world.client(&json!({"client_name": "Local", "redirect_uris": [uri]})).await;
        let browser = Browser::new(&world);
        let consent = browser.to_consent(&client.request(&world)).await;
        assert!(!consent.body.contains("name=\"remember\""), "{uri}");
        browser.decide(&consent, &remembering()).await.assert_is_a_page(200);
        assert_eq!(world.database.count("remembered_consents").await, 0, "{uri}");
        is_asked(&browser, &client.request(&world)).await;
    }
}

/// Nor if its document is verified: every installation, and every impostor, has the same client id.
#[tokio::test]
async fn nor_of_a_verified_client_on_this_machine() {
    let same = Act::Send(ok("", &document(json!({}))));
    let site = Site::start(vec![same], &[]).await;
    let browser = Browser::new(&site.world);
    let request = site.client.request(&site.world);
    let loopback = request.with("redirect_uri", "http://127.0.0.1:51004/callback");
    browser.code(&loopback, &remembering()).await;
    assert_eq!(site.world.database.count("remembered_consents").await, 0);
    // What is remembered of its web site says nothing of this machine.
    browser.code(&request, &remembering()).await;
    assert!(says_so(&ask(&browser, &request).await));
    is_asked(&browser, &loopback).await;
}

#[tokio::test]
async fn one_web_origin_is_not_another() {
    let world = World::start().await;
    let uris = [
        "https://a.example/cb",
        "https://a.example/other",
        "https://b.example/cb",
        "https://a.example:8443/cb",
    ];
    let client = world.client(&json!({"client_name": "Web", "redirect_uris": uris})).await;
    let browser = Browser::new(&world);
    let request = client.request(&world);
    browser.code(&request, &remembering()).await;
    assert!(says_so(&ask(&browser, &request.with("redirect_uri", uris[1])).await));
    for other in &uris[2..] {
        is_asked(&browser, &request.with("redirect_uri", other)).await;
    }
}

#[tokio::test]
async fn a_document_that_changed_is_asked_about_and_said_so() {
    let before = Act::Send(ok(UNKEPT, &document(json!({}))));
    let after = Act::Send(ok(UNKEPT, &document(json!({"client_name": "Another App"}))));
    let acts = vec![before.clone(), before, after.clone(), after.clone(), after];
    let site = Site::start(acts, &[]).await;
    let browser = Browser::new(&site.world);
    let request = site.client.request(&site.world);
    browser.code(&request, &remembering()).await;
    assert!(says_so(&ask(&browser, &request).await));
    is_asked(&browser, &request).await;
    let consent = browser.to_consent(&request).await;
    assert!(consent.body.contains("has changed what it tells about itself"), "{}", consent.body);
    browser.decide(&consent, &remembering()).await.assert_is_a_page(200);
    assert!(says_so(&ask(&browser, &request).await));
}

#[tokio::test]
async fn an_operator_can_turn_it_off() {
    let world = World::start_with(&[("GATEWAY_REMEMBERED_CONSENT_SECONDS", "0")]).await;
    let client = world.register().await;
    let browser = Browser::new(&world);
    let consent = browser.to_consent(&client.request(&world)).await;
    assert!(!consent.body.contains("name=\"remember\""));
    browser.decide(&consent, &remembering()).await.assert_is_a_page(200);
    assert_eq!(world.database.count("remembered_consents").await, 0);
}
