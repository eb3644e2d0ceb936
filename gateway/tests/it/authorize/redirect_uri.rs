//! Redirect URIs are compared as raw text; only the port of a loopback URI may differ (RFC 9700 §4.1.3, RFC 8252 §7.3).

use super::{refused, registered};
use crate::harness::{Browser, World};

#[tokio::test]
async fn nothing_but_the_registered_text_is_accepted() {
    let world = World::start().await;
    let request = registered(&world, "https://client.example/cb").await.request(&world);
    for uri in [
        "https://client.example/cb/",
        "https://client.example/cbx",
        "https://client.example/cb?x=1",
        "https://client.example/cb;x",
        "https://client.example.evil/cb",
        "https://evil/.client.example/cb",
        "https://evilclient.example/cb",
        "https://client.example@evil/cb",
        "https://user@client.example/cb",
        "https://client.example/cb#x",
        "https://client.example/cb#",
        "https://client.example/x/../cb",
        "https://client.example/./cb",
        "https://client.example/%2e/cb",
        "https://client.example\\cb",
        "https://client.exa\tmple/cb",
        " https://client.example/cb",
        "https://client.example/cb ",
        "https://client.example:443/cb",
        "https://client.example:8443/cb",
        "HTTPS://client.example/cb",
        "https://CLIENT.example/cb",
        "https://client.exam\u{ad}ple/cb",
        "https://client\u{ff0e}example/cb",
        "http://client.example/cb",
        "https://client.example/cb\r\nLocation: https://evil.example",
        "javascript:alert(1)",
        "data:text/html,x",
    ] {
        let reply = refused(&world, &request.with("redirect_uri", uri)).await;
        assert!(!reply.body.contains("<a "), "{uri}: the person was offered a way to somewhere");
        assert!(!reply.body.contains("evil"), "{uri}");
    }
}

#[tokio::test]
async fn a_loopback_uri_may_have_another_port() {
    let world = World::start().await;
    for (registered_uri, presented, accepted) in [
        ("http://127.0.0.1:3000/callback", "http://127.0.0.1:51004/callback", true),
        ("http://127.0.0.1:3000/callback", "http://127.0.0.1/callback", true),
        ("http://127.0.0.1:3000/callback", "http://127.0.0.1:51004/other", false),
        ("http://127.0.0.1:3000/callback", "http://127.0.0.1:51004/callback?x", false),
        ("http://127.0.0.1:3000/callback", "http://127.0.0.2:51004/callback", false),
        ("http://127.0.0.1:3000/callback", "http://127.0.0.1.evil:1/callback", false),
        ("http://127.0.0.1:3000/callback", "https://127.0.0.1:1/callback", false),
        ("http://127.0.0.1:3000/callback", "http://0.0.0.0:1/callback", false),
        ("http://localhost/cb", "http://localhost:51004/cb", true),
        ("http://localhost/cb", "http://127.0.0.1:51004/cb", false),
        ("http://[::1]/cb", "http://[::1]:1024/cb", true),
        ("http://[::1]/cb", "http://[::ffff:127.0.0.1]:1/cb", false),
        ("http://[::1]/cb", "http://127.0.0.1:1/cb", false),
        ("http://[::1]/cb", "http://localhost:1/cb", false),
        ("com.example.app:/cb", "com.example.app:/cb", true),
        ("com.example.app:/cb", "com.example.app:/cb2", false),
    ] {
        let request =
            registered(&world, registered_uri).await.request(&world).with("redirect_uri", presented);
        if accepted {
            Browser::new(&world).ask(&request).await.assert_is_a_page(200);
        } else {
            refused(&world, &request).await;
        }
    }
}

#[tokio::test]
async fn the_code_goes_to_the_very_port_that_asked() {
    let world = World::start().await;
    let client = registered(&world, "http://localhost/cb").await;
    let request = client.request(&world).with("redirect_uri", "http://localhost:51004/cb");
    let browser = Browser::new(&world);
    let consent = browser.to_consent(&request).await;
    let leaving = browser.decide(&consent, &Browser::all()).await;
    assert!(leaving.link().starts_with("http://localhost:51004/cb?code="));
    let form = client.redemption(&leaving.carries("code").unwrap());
    assert_eq!(
        world.redeem(&form.with("redirect_uri", "http://localhost/cb")).await.error(),
        "400 invalid_grant"
    );
    assert_eq!(world.redeem(&form.with("redirect_uri", "http://localhost:51004/cb")).await.status, 200);
}
