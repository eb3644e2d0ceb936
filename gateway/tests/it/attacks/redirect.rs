//! Rows 1 to 10: where a browser is sent.

use serde_json::json;

use super::{assert_not_sent, assert_unchanged, refused_registration, registered, world};
use crate::harness::{Browser, World, parameters};

const REGISTERED: &str = "https://c.example/cb";

/// None of these is what was registered.
async fn none_passes(registered_uri: &str, presented: &[&str]) {
    let world = world().await;
    let request = registered(&world, registered_uri).await.request(&world);
    for uri in presented {
        assert_not_sent(&world, &request.with("redirect_uri", uri), uri).await;
    }
    Browser::new(&world).ask(&request).await.assert_is_a_page(200);
}

async fn passes(world: &World, registered_uri: &str, presented: &str) {
    let request = registered(world, registered_uri).await.request(world);
    Browser::new(world).ask(&request.with("redirect_uri", presented)).await.assert_is_a_page(200);
}

#[tokio::test]
async fn row_01_prefix_substring_and_suffix() {
    none_passes(
        REGISTERED,
        &[
            "https://c.example/cb/",
            "https://c.example/cbx",
            "https://c.example/cb?x=1",
            "https://c.example/cb;x",
            "https://c.example.evil/cb",
            "https://evil/.c.example/cb",
            "https://evilc.example/cb",
        ],
    )
    .await;
}

#[tokio::test]
async fn row_02_userinfo() {
    let both = ["https://c.example@evil/cb", "https://user@c.example/cb"];
    none_passes(REGISTERED, &both).await;
    let world = world().await;
    for uri in both {
        assert_eq!(
            refused_registration(&world, json!({"redirect_uris": [uri]})).await,
            "400 invalid_redirect_uri"
        );
    }
}

#[tokio::test]
async fn row_03_fragment() {
    let both = ["https://c.example/cb#x", "https://c.example/cb#"];
    none_passes(REGISTERED, &both).await;
    let world = world().await;
    for uri in both {
        assert_eq!(
            refused_registration(&world, json!({"redirect_uris": [uri]})).await,
            "400 invalid_redirect_uri"
        );
    }
}

#[tokio::test]
async fn row_04_traversal_and_what_parsers_take_for_equal() {
    none_passes(
        REGISTERED,
        &[
            "https://c.example/x/../cb",
            "https://c.example/./cb",
            "https://c.example/%2e/cb",
            "https://c.example\\cb",
            "https://c.exa\tmple/cb",
            " https://c.example/cb",
            "https://c.example/cb ",
            "HTTPS://C.EXAMPLE/cb",
            "https://c.exam\u{ad}ple/cb",
            "https://c\u{ff0e}example/cb",
        ],
    )
    .await;
    // A bare origin stays bare.
    none_passes("https://c.example", &["https://c.example/"]).await;
}

#[tokio::test]
async fn row_05_another_port() {
    none_passes(REGISTERED, &["https://c.example:8443/cb", "https://c.example:443/cb"]).await;
}

#[tokio::test]
async fn row_06_the_loopback_port_and_nothing_else() {
    let uri = "http://127.0.0.1:3000/callback";
    passes(&world().await, uri, "http://127.0.0.1:51004/callback").await;
    none_passes(
        uri,
        &[
            "http://127.0.0.1:51004/other",
            "http://127.0.0.2:51004/callback",
            "http://127.0.0.1.evil:1/callback",
            "https://127.0.0.1:1/callback",
            "http://0.0.0.0:1/callback",
        ],
    )
    .await;
}

#[tokio::test]
async fn row_07_loopback_families_are_apart() {
    let uri = "http://[::1]/cb";
    passes(&world().await, uri, "http://[::1]:1024/cb").await;
    none_passes(uri, &["http://[::ffff:127.0.0.1]:1/cb", "http://127.0.0.1:1/cb", "http://localhost:1/cb"])
        .await;
}

#[tokio::test]
async fn row_08_dangerous_and_private_schemes() {
    let world = world().await;
    for uri in [
        "javascript:alert(1)",
        "\tjavascript:alert(1)",
        "data:text/html,x",
        "file:///etc/passwd",
        "vbscript:x",
        "blob:https://c.example/x",
        "myapp:/cb",
        "http://c.example/cb",
    ] {
        assert_eq!(
            refused_registration(&world, json!({"redirect_uris": [uri]})).await,
            "400 invalid_redirect_uri",
            "{uri}"
        );
    }
    // A scheme of the app's own domain is its own (RFC 8252 §7.1); clients in use have one.
    passes(&world, "com.example.app:/cb", "com.example.app:/cb").await;
    assert_not_sent(
        &world,
        &registered(&world, "com.example.app:/cb")
            .await
            .request(&world)
            .with("redirect_uri", "com.example.app:/cb2"),
        "another path of a private scheme",
    )
    .await;
}

#[tokio::test]
async fn row_09_headers_through_redirect_uri_and_state() {
    let world = world().await;
    let client = registered(&world, REGISTERED).await;
    let evil = "a\r\nSet-Cookie: x=1\r\n\r\n<html>";
    let request = client.request(&world).with("state", evil);
    let browser = Browser::new(&world);
    let page = browser.ask(&request).await;
    page.assert_is_a_page(200);
    assert!(
        !page.headers.get_all("set-cookie").iter().any(|value| value.to_str().unwrap().starts_with("x="))
    );
    let consent = browser.to_consent(&request).await;
    let leaving = browser.decide(&consent, &Browser::all()).await;
    leaving.assert_is_a_page(200);
    assert_eq!(leaving.header("set-cookie"), "");
    assert_eq!(parameters(&leaving.link(), "state"), [evil]);
    assert!(!leaving.link().contains(['\r', '\n']), "{}", leaving.link());
    let split = format!("{REGISTERED}\r\nSet-Cookie: x=1");
    assert_not_sent(&world, &client.request(&world).with("redirect_uri", &split), "a split redirect URI")
        .await;
}

#[tokio::test]
async fn row_10_a_fresh_client_as_a_redirector() {
    let world = world().await;
    let request = registered(&world, "https://evil.example/").await.request(&world);
    let before = world.database.dump().await;
    for bent in [
        request.with("scope", "bogus"),
        request.with("response_type", "token"),
        request.with("prompt", "none"),
        request.without("code_challenge"),
        request.with("resource", "https://other.example"),
    ] {
        let reply = Browser::new(&world).ask(&bent).await;
        // A page, not a redirect: the way back is a link that a person presses.
        reply.assert_is_a_page(400);
        assert!(!reply.body.to_lowercase().contains("http-equiv"), "{}", reply.body);
    }
    assert_unchanged(&world, &before, "a redirector").await;
}
