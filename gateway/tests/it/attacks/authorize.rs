//! Rows 11 to 25: the pages, their forms and their cookies.

use serde_json::json;
use standin::demo::PEOPLE;

use super::{assert_not_sent, assert_unchanged, registered, world};
use crate::harness::{Browser, Form, Reply, World, parameters};

const CLIENT: &str = "https://client.example/cb";

#[tokio::test]
async fn row_11_parameters_that_come_twice() {
    let world = world().await;
    let client = registered(&world, CLIENT).await;
    let request = client.request(&world);
    for name in ["client_id", "redirect_uri", "code_challenge", "state", "scope", "response_type"] {
        assert_not_sent(&world, &request.and(name, "x"), name).await;
        assert_not_sent(&world, &request.and(name, request.get(name)), name).await;
    }
    let form = client.redemption(&Browser::new(&world).code_for(&client).await);
    let before = world.database.dump().await;
    for name in ["code", "grant_type", "client_id", "code_verifier"] {
        let reply = world.redeem(&form.and(name, form.get(name))).await;
        assert_eq!(reply.error(), "400 invalid_request", "{name}");
    }
    assert_unchanged(&world, &before, "a parameter twice").await;
    // What stands in the query is not looked at, so it is no second one.
    let code = form.get("code");
    let queried = world.post(&format!("/oauth/token?code={code}"), &form.without("code")).await;
    assert_eq!(queried.error(), "400 invalid_request");
    assert_unchanged(&world, &before, "a parameter in the query").await;
    // One that is empty counts as omitted, and `resource` may repeat.
    let whole = form.and("code", "").and("resource", &world.url("/mcp")).and("resource", &world.origin);
    assert_eq!(world.redeem(&whole).await.status, 200);
}

#[tokio::test]
async fn row_12_clickjacking() {
    let world = world().await;
    let request = registered(&world, CLIENT).await.request(&world);
    let browser = Browser::new(&world);
    browser.ask(&request).await.assert_is_a_page(200);
    let consent = browser.to_consent(&request).await;
    browser.decide(&consent, &Browser::all()).await.assert_is_a_page(200);
    browser.ask(&request.without("client_id")).await.assert_is_a_page(400);
    browser.get("/oauth/callback").await.assert_is_a_page(400);
    browser.get("/oauth/consent?authorization=x").await.assert_is_a_page(400);
    browser.post_from("/oauth/consent", &Form::default(), &[]).await.assert_is_a_page(403);
}

#[tokio::test]
async fn row_13_consent_by_another_site() {
    let world = world().await;
    let client = registered(&world, CLIENT).await;
    let (victim, other) = (Browser::new(&world), Browser::of(&world, &PEOPLE[1]));
    let consent = victim.to_consent(&client.request(&world)).await;
    let others = other.to_consent(&client.request(&world)).await.hidden("authorization");
    let own = consent.hidden("authorization");
    let form = |authorization: &str| Browser::all().with("authorization", authorization);
    let before = world.database.dump().await;
    let same = [("sec-fetch-site", "same-origin")];
    for (what, reply) in [
        ("no token", victim.post_from("/oauth/consent", &Browser::all(), &same).await),
        ("another browser's", victim.post_from("/oauth/consent", &form(&others), &same).await),
        (
            "cross-site",
            victim.post_from("/oauth/consent", &form(&own), &[("sec-fetch-site", "cross-site")]).await,
        ),
        (
            "same-site",
            victim.post_from("/oauth/consent", &form(&own), &[("sec-fetch-site", "same-site")]).await,
        ),
        (
            "origin",
            victim.post_from("/oauth/consent", &form(&own), &[("origin", "https://evil.example")]).await,
        ),
        ("no word of where it comes from", victim.post_from("/oauth/consent", &form(&own), &[]).await),
        ("GET", victim.get(&format!("/oauth/consent?{}", form("x").encode())).await),
    ] {
        assert!([400, 403, 405].contains(&reply.status), "{what}: {reply:?}");
        assert_unchanged(&world, &before, what).await;
    }
    victim.decide(&consent, &Browser::all()).await.assert_is_a_page(200);
}

#[tokio::test]
async fn row_14_confused_deputy() {
    let world = world().await;
    let browser = Browser::new(&world);
    browser.code_for(&registered(&world, CLIENT).await).await;
    let metadata = json!({"client_name": "Another", "redirect_uris": ["https://another.example/cb"]});
    let another = world.client(&metadata).await;
    let before = world.database.dump().await;
    let page = browser.ask(&another.request(&world)).await;
    // Not to Peaka, not to the client: to a page that names it, where it lives and what it asks for.
    page.assert_is_a_page(200);
    assert!(page.body.contains("Another") && page.body.contains("another.example"), "{}", page.body);
    assert!(page.body.matches("<li>").count() >= 3, "{}", page.body);
    assert_unchanged(&world, &before, "looking").await;
    let to_consent = browser.go_on(&page).await;
    assert!(to_consent.header("location").starts_with("/oauth/consent"), "{to_consent:?}");
}

#[tokio::test]
async fn row_15_consent_here_and_callback_there() {
    let world = world().await;
    let request = registered(&world, CLIENT).await.request(&world);
    let (attacker, victim) = (Browser::new(&world), Browser::new(&world));
    let address = attacker.leave_for_peaka(&request).await;
    let back = victim.sign_in_at_peaka(&address).await;
    victim.get(&back).await.assert_is_a_page(403);
    // The state is burned for both.
    attacker.get(&back).await.assert_is_a_page(400);
    for table in ["browsers", "credentials", "clients", "sessions"] {
        assert_eq!(world.database.count(table).await, 0, "{table}");
    }
}

#[tokio::test]
async fn row_16_riding_on_remembered_consent() {
    let world = world().await;
    let client = registered(&world, CLIENT).await;
    let browser = Browser::new(&world);
    browser.code_for(&client).await;
    let path = format!("/oauth/authorize?{}", client.request(&world).encode());
    let before = world.database.dump().await;
    for headers in [&[("sec-fetch-site", "cross-site")][..], &[]] {
        let page = browser.get_from(&path, headers).await;
        page.assert_is_a_page(200);
        assert!(!page.body.contains("code="), "{}", page.body);
    }
    assert_unchanged(&world, &before, "riding").await;
}

#[tokio::test]
async fn row_17_login_csrf_and_fixation() {
    let world = world().await;
    let client = registered(&world, CLIENT).await;
    let request = client.request(&world);
    let victim = Browser::new(&world);
    let planted = "A".repeat(32);
    victim.set_cookie(&planted);
    victim.to_consent(&request).await;
    assert_ne!(victim.cookie_called("peaka-signed-in").unwrap(), planted);
    // Whoever planted the name is not signed in by it.
    let attacker = Browser::new(&world);
    attacker.set_cookie(&planted);
    let page = attacker.ask(&request).await;
    assert!(attacker.go_on(&page).await.link().starts_with(world.peaka.url()));
    // A state is good once, and for the browser that it was made for.
    let back = victim.sign_in_at_peaka(&Browser::new(&world).leave_for_peaka(&request).await).await;
    assert_eq!(victim.get(&back).await.status, 403);
    assert_eq!(victim.get(&back).await.status, 400);
}

#[tokio::test]
async fn row_18_mix_up() {
    let world = world().await;
    let metadata = world.get("/.well-known/oauth-authorization-server").await.json();
    assert_eq!(metadata["authorization_response_iss_parameter_supported"], true);
    let issuer = metadata["issuer"].as_str().unwrap();
    let request = registered(&world, CLIENT).await.request(&world);
    let browser = Browser::new(&world);
    for decision in ["approve", "deny"] {
        let consent = browser.to_consent(&request).await;
        let leaving = browser.decide(&consent, &Browser::all().with("decision", decision)).await;
        assert_eq!(leaving.carries("iss").as_deref(), Some(issuer), "{decision}");
    }
    let fault = browser.ask(&request.with("response_type", "token")).await;
    assert!(
        fault.body.contains(&format!("iss={}", issuer.replace(':', "%3A").replace('/', "%2F"))),
        "{}",
        fault.body
    );
    // Another issuer's answer is refused before its code is used.
    let fresh = Browser::new(&world);
    let asked = world.peaka.requests().len();
    let back = fresh.sign_in_at_peaka(&fresh.leave_for_peaka(&request).await).await;
    let forged = format!("{}&iss=https%3A%2F%2Fevil.example", back.split("&iss=").next().unwrap());
    fresh.get(&forged).await.assert_is_a_page(400);
    assert_eq!(world.peaka.requests().len(), asked, "the code was used");
}

#[tokio::test]
async fn row_19_a_form_that_is_forwarded() {
    let world = world().await;
    let browser = Browser::new(&world);
    let request = registered(&world, CLIENT).await.request(&world);
    let consent = browser.to_consent(&request).await;
    assert_eq!(browser.decide(&consent, &Browser::all()).await.status, 200);
    let page = browser.ask(&request).await;
    assert_eq!(browser.go_on(&page).await.status, 303);
}

/// That a browser asks nobody else is shown in a real one by the tests of the journey; here, that there is nothing to ask.
fn assert_asks_nobody_else(page: &Reply) {
    assert_eq!(page.header("referrer-policy"), "no-referrer");
    assert_eq!(page.header("cache-control"), "no-store");
    for loading in
        ["<script", "<img", "<iframe", "<object", "<embed", "<link rel=\"preconnect", "@import", "url(http"]
    {
        assert!(!page.body.contains(loading), "{loading}: {}", page.body);
    }
    for sheet in page.body.split("<link ").skip(1) {
        assert!(sheet.contains("href=\"/"), "{sheet:.80}");
    }
}

#[tokio::test]
async fn row_20_referrer_and_history() {
    let world = world().await;
    let browser = Browser::new(&world);
    let request = registered(&world, CLIENT).await.request(&world);
    assert_asks_nobody_else(&browser.ask(&request).await);
    let consent = browser.to_consent(&request).await;
    assert_asks_nobody_else(&consent);
    assert_asks_nobody_else(&browser.decide(&consent, &Browser::all()).await);
    assert_asks_nobody_else(&browser.ask(&request.without("client_id")).await);
}

#[tokio::test]
async fn row_21_scripts_in_names_and_errors() {
    let world = world().await;
    for name in
        ["<img src=x onerror=alert(1)>", "\u{202e}evil", "<script>alert(1)</script>", &"x".repeat(10_000)]
    {
        let metadata = json!({
            "client_name": name, "redirect_uris": [CLIENT], "logo_uri": "javascript:alert(1)",
            "client_uri": "data:text/html,<script>", "tos_uri": "javascript:alert(2)",
        });
        let client = world.client(&metadata).await;
        let browser = Browser::new(&world);
        let page = browser.ask(&client.request(&world)).await;
        let consent = browser.to_consent(&client.request(&world)).await;
        for page in [page, consent] {
            page.assert_is_protected();
            for evil in ["<img", "<script", "\u{202e}", "javascript:", "data:"] {
                assert!(!page.body.contains(evil), "{name:.20}: {evil}");
            }
            assert!(page.body.len() < 20_000, "{}", page.body.len());
        }
    }
    let client = registered(&world, CLIENT).await;
    let browser = Browser::new(&world);
    let scoped = browser.ask(&client.request(&world).with("scope", "<script>alert(1)</script>")).await;
    assert!(!scoped.body.contains("<script"), "{}", scoped.body);
    let address = browser.leave_for_peaka(&client.request(&world)).await;
    let evil = Form::of([
        ("error", "access_denied"),
        ("error_description", "<script>alert(1)</script>"),
        ("state", &parameters(&address, "state").concat()),
        ("iss", world.peaka.url()),
    ]);
    let told = browser.get(&format!("/oauth/callback?{}", evil.encode())).await;
    assert!(!told.body.contains("script"), "{}", told.body);
    let described = world.redeem(&Form::of([("grant_type", "\"\\\u{7f}<script>")])).await.json();
    let described = described["error_description"].as_str().unwrap();
    assert!(described.bytes().all(|b| matches!(b, 0x20..=0x21 | 0x23..=0x5b | 0x5d..=0x7e)), "{described}");
}

#[tokio::test]
async fn row_22_impersonation() {
    let world = world().await;
    let evil = json!({"client_name": "Claude", "redirect_uris": ["https://claude.evil.example/cb"]});
    let local = json!({"client_name": "Claude", "redirect_uris": ["http://127.0.0.1:9/cb"]});
    let page = async |metadata| {
        let client = world.client(metadata).await;
        let page = Browser::new(&world).ask(&client.request(&world)).await;
        let consent = Browser::new(&world).to_consent(&client.request(&world)).await;
        [page, consent]
    };
    for page in page(&evil).await {
        assert!(
            page.body.contains("claude.evil.example") && page.body.contains("Unverified"),
            "{}",
            page.body
        );
    }
    for page in page(&local).await {
        assert!(page.body.contains("listens on this computer"), "{}", page.body);
    }
}

const DOCUMENTS: [&str; 4] = [
    "/.well-known/oauth-protected-resource/mcp",
    "/.well-known/oauth-authorization-server",
    "/.well-known/openid-configuration",
    "/oauth/jwks",
];

#[tokio::test]
async fn row_23_host_headers() {
    let world = world().await;
    for path in DOCUMENTS {
        for (target, lines) in [
            (path.to_owned(), "Host: evil.example\r\n".to_owned()),
            (path.to_owned(), format!("Host: {}\r\nX-Forwarded-Host: evil.example\r\n", world.host())),
            (path.to_owned(), format!("Host: {}\r\nHost: evil.example\r\n", world.host())),
            (format!("http://evil.example{path}"), format!("Host: {}\r\n", world.host())),
            (format!("http://evil.example{path}"), "Host: evil.example\r\n".to_owned()),
        ] {
            let answer =
                world.raw(&format!("GET {target} HTTP/1.1\r\n{lines}Connection: close\r\n\r\n")).await;
            let refused = ["400", "421"].contains(&&answer[9..12]);
            assert!(refused || answer.starts_with("HTTP/1.1 200"), "{answer}");
            assert!(!answer.contains("evil"), "{lines} {answer}");
        }
        let reply = world.get_with(path, &[("origin", "https://app.example")]).await;
        assert_eq!(reply.header("access-control-allow-origin"), "*");
        assert_eq!(reply.header("access-control-allow-credentials"), "");
    }
    let request = registered(&world, CLIENT).await.request(&world);
    let path = format!("/oauth/authorize?{}", request.encode());
    let page = world.get_with(&path, &[("origin", "https://app.example"), ("host", world.host())]).await;
    assert_eq!(page.header("access-control-allow-origin"), "");
}

/// The client is told, nobody is sent, and there is no code.
async fn assert_pkce_is_demanded(world: &World, bent: &Form, what: &str) {
    let before = world.database.dump().await;
    let reply = Browser::new(world).ask(bent).await;
    reply.assert_is_a_page(400);
    assert!(reply.body.contains("error=invalid_request"), "{what}: {}", reply.body);
    assert_unchanged(world, &before, what).await;
}

#[tokio::test]
async fn row_24_no_pkce() {
    let world = world().await;
    let request = registered(&world, CLIENT).await.request(&world);
    assert_pkce_is_demanded(&world, &request.without("code_challenge"), "no challenge").await;
    let none = request.without("code_challenge").without("code_challenge_method");
    assert_pkce_is_demanded(&world, &none, "nothing of it").await;
}

#[tokio::test]
async fn row_25_plain_pkce() {
    let world = world().await;
    let request = registered(&world, CLIENT).await.request(&world);
    for method in ["plain", "S512", "s256", ""] {
        assert_pkce_is_demanded(&world, &request.with("code_challenge_method", method), method).await;
    }
    assert_pkce_is_demanded(&world, &request.without("code_challenge_method"), "no method").await;
    let metadata = world.get("/.well-known/oauth-authorization-server").await.json();
    assert_eq!(metadata["code_challenge_methods_supported"], json!(["S256"]));
}
