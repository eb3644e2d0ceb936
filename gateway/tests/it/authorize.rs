//! The authorization endpoint. Whatever is wrong with a request, nobody is sent anywhere before a person has signed in:
//! a freshly registered client must not turn the gateway into a redirector (RFC 9700 §4.11.2).

mod redirect_uri;

use serde_json::json;

use crate::harness::{Browser, Client, Form, Reply, World};

async fn registered(world: &World, uri: &str) -> Client {
    world.client(&json!({"client_name": "Test Client", "redirect_uris": [uri]})).await
}

/// 400, a page, no redirect, nothing written.
async fn refused(world: &World, request: &Form) -> Reply {
    let before = world.database.dump().await;
    let reply = Browser::new(world).ask(request).await;
    reply.assert_is_a_page(400);
    assert_eq!(world.database.dump().await, before);
    reply
}

#[tokio::test]
async fn looking_is_repeatable_and_writes_nothing() {
    let world = World::start().await;
    let request = world.register().await.request(&world);
    let before = world.database.dump().await;
    let browser = Browser::new(&world);
    for _ in 0..3 {
        let page = browser.ask(&request).await;
        page.assert_is_a_page(200);
        assert!(page.body.contains("Claude") && page.body.contains("claude.ai"), "{}", page.body);
    }
    assert_eq!(world.database.dump().await, before);
    assert!(world.peaka.requests().is_empty());
    // One browser, one cookie: the second look brings no other.
    assert_eq!(browser.ask(&request).await.header("set-cookie"), "");
}

#[tokio::test]
async fn what_clients_add_or_leave_out_is_taken() {
    let world = World::start().await;
    let request = world.register().await.request(&world);
    let browser = Browser::new(&world);
    for taken in [
        request.with("prompt", "consent"),
        request.with("prompt", "login consent"),
        request.with("audience", "something unknown"),
        request.with("response_mode", "query"),
        request.without("scope"),
        request.without("state"),
        request.without("resource"),
        request.without("redirect_uri"),
        request.with("scope", "offline_access"),
        request.with("scope", "openid peaka:read offline_access"),
        request.with("scope", ""),
        request.and("resource", &world.origin),
        request.with("resource", &world.url("/mcp/")),
        request.with("resource", &world.url("/")),
        request.with("resource", &world.origin),
    ] {
        browser.ask(&taken).await.assert_is_a_page(200);
    }
}

#[tokio::test]
async fn an_unknown_client_is_told_how_to_recover() {
    let world = World::start().await;
    let request = world.register().await.request(&world);
    let other = World::start().await.register().await;
    let mut tampered = request.get("client_id").to_owned();
    tampered.replace_range(20..21, if &tampered[20..21] == "A" { "B" } else { "A" });
    for id in [
        "unknown",
        "pkm_client_",
        "pkm_client_!!",
        &other.id,
        &tampered,
        &"x".repeat(5000),
        "\u{0}",
        "http://c.example/x",
    ] {
        let reply = refused(&world, &request.with("client_id", id)).await;
        assert!(reply.body.contains("not known here") && reply.body.contains("add it again"), "{id}");
        assert!(!reply.body.contains("claude.ai"), "{id}");
    }
    refused(&world, &request.without("client_id")).await;
    refused(&world, &Form::default()).await;
}

#[tokio::test]
async fn what_comes_twice_is_refused() {
    let world = World::start().await;
    let request = world.register().await.request(&world);
    for name in [
        "client_id",
        "redirect_uri",
        "code_challenge",
        "code_challenge_method",
        "state",
        "scope",
        "response_type",
    ] {
        let reply = refused(&world, &request.and(name, request.get(name))).await;
        assert!(!reply.body.contains("<a "), "{name}: the person was offered a way to somewhere");
    }
}

/// Told to the person, with a link by which they may take it back to the client: never by itself.
#[tokio::test]
async fn a_mistake_of_the_client_is_told_to_the_person_first() {
    let world = World::start().await;
    let request = world.register().await.request(&world);
    for (wrong, code) in [
        (request.without("response_type"), "invalid_request"),
        (request.with("response_type", "token"), "unsupported_response_type"),
        (request.with("response_type", "code token"), "unsupported_response_type"),
        (request.with("response_mode", "form_post"), "invalid_request"),
        (request.with("request", "eyJ"), "request_not_supported"),
        (request.with("request_uri", "https://evil.example/r"), "request_uri_not_supported"),
        (request.with("prompt", "none"), "login_required"),
        (request.with("prompt", "login none"), "invalid_request"),
        (request.without("code_challenge"), "invalid_request"),
        (request.with("code_challenge", ""), "invalid_request"),
        (request.with("code_challenge", "tooshort"), "invalid_request"),
        (request.without("code_challenge_method"), "invalid_request"),
        (request.with("code_challenge_method", "plain"), "invalid_request"),
        (request.with("code_challenge_method", "S512"), "invalid_request"),
        (request.with("code_challenge_method", "s256"), "invalid_request"),
        (request.with("scope", "peaka:admin"), "invalid_scope"),
        (request.with("scope", "<script>"), "invalid_scope"),
        (request.with("resource", "https://other.example/mcp"), "invalid_target"),
        (request.and("resource", "https://other.example/mcp"), "invalid_target"),
        (request.with("resource", &world.url("/mcp//")), "invalid_target"),
        (request.with("resource", &world.url("/MCP")), "invalid_target"),
    ] {
        let reply = refused(&world, &wrong).await;
        assert_eq!(reply.carries("error").unwrap(), code, "{wrong:?}");
        assert_eq!(reply.carries("iss").unwrap(), world.origin);
        assert_eq!(reply.carries("state").unwrap(), "st/te");
        assert_eq!(reply.carries("code"), None);
        assert!(reply.link().starts_with("https://claude.ai/api/mcp/auth_callback?"));
    }
}

#[tokio::test]
async fn the_state_cannot_break_out_of_where_it_is_put() {
    let world = World::start().await;
    let client = world.register().await;
    for state in ["\r\nSet-Cookie: x=1", "a&code=b", "\"><script>alert(1)</script>", "%0d%0a", "ü", "a b+c"]
    {
        let browser = Browser::new(&world);
        let consent = browser.to_consent(&client.request(&world).with("state", state)).await;
        let leaving = browser.decide(&consent, &Browser::all()).await;
        leaving.assert_is_a_page(200);
        assert_eq!(leaving.carries("state").unwrap(), state);
        assert_eq!(leaving.header("set-cookie"), "");
        assert!(!leaving.body.contains("<script"), "{state}");
    }
}

#[tokio::test]
async fn what_a_client_calls_itself_is_shown_as_text() {
    let world = World::start().await;
    for (name, shown) in [
        ("<img src=x onerror=alert(1)>", "&#60;img src=x onerror=alert(1)&#62;"),
        ("\"><script>alert(1)</script>", "&#34;&#62;&#60;script&#62;"),
        ("\u{202e}live", "<strong>live</strong>"),
        ("{{ 7 * 7 }}", "{{ 7 * 7 }}"),
    ] {
        let client = world.client(&json!({"client_name": name, "redirect_uris": ["https://client.example/cb"],
            "logo_uri": "javascript:alert(1)", "client_uri": "javascript:alert(1)", "tos_uri": "https://tracker.example/"})).await;
        let browser = Browser::new(&world);
        let pages =
            [browser.ask(&client.request(&world)).await, browser.to_consent(&client.request(&world)).await];
        let faulty =
            refused(&world, &client.request(&world).with("redirect_uri", "https://evil.example/")).await;
        for page in pages.iter().chain([&faulty]) {
            for bad in ["<img", "<script", "javascript:", "tracker.example", "\u{202e}"] {
                assert!(!page.body.contains(bad), "{bad} in {}", page.body);
            }
        }
        assert!(pages[0].body.contains(shown), "{}", pages[0].body);
    }
}

#[tokio::test]
async fn a_client_without_proof_of_its_name_is_called_unverified() {
    let world = World::start().await;
    let web = Browser::new(&world).ask(&world.register().await.request(&world)).await;
    assert!(web.body.contains("Unverified") && web.body.contains("claude.ai"));
    assert!(!web.body.contains("this computer"));
    let local = registered(&world, "http://127.0.0.1:3000/cb").await;
    let page = Browser::new(&world).ask(&local.request(&world)).await;
    assert!(page.body.contains("Unverified") && page.body.contains("Whatever listens on this computer"));
    let app = registered(&world, "cursor://anysphere.cursor-retrieval/oauth/callback").await;
    assert!(Browser::new(&world).ask(&app.request(&world)).await.body.contains("cursor:"));
}

#[tokio::test]
async fn an_endless_request_is_refused() {
    let world = World::start().await;
    let request = world.register().await.request(&world);
    let many: String = (0..300).map(|n| format!("&p{n}=1")).collect();
    let reply = world.get(&format!("/oauth/authorize?{}{many}", request.encode())).await;
    reply.assert_is_a_page(400);
    let long = format!("/oauth/authorize?{}&x={}", request.encode(), "x".repeat(17_000));
    world.get(&long).await.assert_is_a_page(400);
    let header = format!("x: {}", "y".repeat(80_000));
    let answer = world.raw_mcp(&[&header, "Connection: close"]).await;
    assert!(answer.starts_with("HTTP/1.1 431 "), "{answer}");
}

#[tokio::test]
async fn a_page_is_only_shown_if_its_button_works() {
    let world = World::start().await;
    let request = world.register().await.request(&world);
    let browser = Browser::new(&world);
    browser.leave_for_peaka(&request.with("state", &"s".repeat(8_000))).await;
    for state in ["s".repeat(13_000), "\u{1}".repeat(2_500)] {
        let reply = refused(&world, &request.with("state", &state)).await;
        assert!(reply.body.contains("too long"), "{}", reply.body);
    }
}
