//! `prompt`, `max_age` and `login_hint`: how a client wants its person to be asked.

use crate::harness::{Browser, Form, Reply, World, parameters};

/// A browser that is signed in to the gateway, and a request.
async fn signed_in(world: &World) -> (Browser<'_>, Form) {
    let client = world.register().await;
    let browser = Browser::new(world);
    browser.code_for(&client).await;
    (browser, client.request(world))
}

/// Where the button leads: to the consent page, or to Peaka with these values of `prompt` and `login_hint`.
async fn pressed(browser: &Browser<'_>, request: &Form) -> Option<(String, String)> {
    let page = browser.ask(request).await;
    page.assert_is_a_page(200);
    let reply = browser.go_on(&page).await;
    if reply.status == 303 {
        assert!(reply.header("location").starts_with("/oauth/consent?"), "{reply:?}");
        return None;
    }
    reply.assert_is_a_page(200);
    let told = |name| parameters(&reply.link(), name).join(",");
    Some((told("prompt"), told("login_hint")))
}

fn to_peaka(prompt: &str, login_hint: &str) -> Option<(String, String)> {
    Some((prompt.to_owned(), login_hint.to_owned()))
}

#[tokio::test]
async fn a_signed_in_browser_is_enough_unless_the_client_wants_more() {
    let world = World::start().await;
    let (browser, request) = signed_in(&world).await;
    for (name, value) in [
        ("prompt", "consent"),
        ("prompt", "create"),
        ("prompt", "Login"),
        ("prompt", " "),
        ("login_hint", "grace@demo.peaka.local"),
        ("max_age", "3600"),
        ("max_age", ""),
        ("acr_values", "x"),
    ] {
        assert_eq!(pressed(&browser, &request.with(name, value)).await, None, "{name}={value}");
    }
    for (prompt, told) in [
        ("login", "login"),
        ("login consent", "login"),
        ("consent select_account", "select_account"),
        ("select_account login", "login"),
    ] {
        let request = request.with("prompt", prompt);
        assert_eq!(pressed(&browser, &request).await, to_peaka(told, ""), "{prompt}");
    }
}

#[tokio::test]
async fn a_sign_in_may_be_too_old_for_the_client() {
    let world = World::start().await;
    let (browser, request) = signed_in(&world).await;
    world.pass(60);
    assert_eq!(pressed(&browser, &request.with("max_age", "60")).await, None);
    for strange in ["0", "-1", "1h", "0x10", "99999999999999999999999"] {
        assert_eq!(
            pressed(&browser, &request.with("max_age", strange)).await,
            to_peaka("login", ""),
            "{strange}"
        );
    }
    world.pass(1);
    assert_eq!(pressed(&browser, &request.with("max_age", "60")).await, to_peaka("login", ""));
    // Peaka may have known its person for longer than this browser.
    let other = Browser::new(&world);
    assert_eq!(pressed(&other, &request.with("max_age", "60")).await, to_peaka("login", ""));
    // Once signed in anew, the age counts from there.
    browser.code(&request.with("max_age", "60"), &Browser::all()).await;
    assert_eq!(pressed(&browser, &request.with("max_age", "60")).await, None);
}

#[tokio::test]
async fn whoever_is_asked_to_sign_in_again_really_is() {
    let world = World::start().await;
    let (browser, request) = signed_in(&world).await;
    let before = browser.cookie_called("peaka-signed-in");
    // The stand-in asks for the password again for prompt=login; the browser of this test gives it.
    let code = browser.code(&request.with("prompt", "login"), &Browser::all()).await;
    assert!(code.starts_with("pkm_ac_"));
    assert_ne!(browser.cookie_called("peaka-signed-in"), before);
    assert_eq!(world.database.count("browsers").await, 1, "the sign-in of before is still good");
}

#[tokio::test]
async fn a_hint_goes_to_peaka_if_it_is_one_short_line() {
    let world = World::start().await;
    let request = world.register().await.request(&world);
    let long = "a".repeat(255);
    for (hint, told) in [
        ("grace@demo.peaka.local", "grace@demo.peaka.local"),
        ("O'Hara & <b>?x=1#y", "O'Hara & <b>?x=1#y"),
        ("a\r\nLocation: https://evil.example", ""),
        ("\u{202e}evil", ""),
        (&long, ""),
    ] {
        let request = request.with("login_hint", hint);
        assert_eq!(pressed(&Browser::new(&world), &request).await, to_peaka("", told), "{hint:?}");
    }
}

/// Never by itself: a freshly registered client must not turn the gateway into a redirector, and a code always takes
/// its person's hand.
async fn told(world: &World, browser: &Browser<'_>, request: &Form) -> Reply {
    let before = world.database.dump().await;
    let reply = browser.ask(request).await;
    reply.assert_is_a_page(400);
    assert!(!reply.body.contains("http-equiv"), "{}", reply.body);
    assert_eq!(reply.carries("state").unwrap(), "st/te");
    assert_eq!(reply.carries("iss").unwrap(), world.origin);
    assert_eq!(world.database.dump().await, before);
    reply
}

#[tokio::test]
async fn nothing_happens_without_the_person() {
    let world = World::start().await;
    let (browser, request) = signed_in(&world).await;
    let none = request.with("prompt", "none");
    for site in ["none", "same-origin", "cross-site"] {
        let path = format!("/oauth/authorize?{}", none.encode());
        browser.get_from(&path, &[("sec-fetch-site", site)]).await.assert_is_a_page(400);
    }
    assert_eq!(told(&world, &browser, &none).await.carries("error").unwrap(), "consent_required");
    let stranger = Browser::new(&world);
    assert_eq!(told(&world, &stranger, &none).await.carries("error").unwrap(), "login_required");
    for contradiction in ["none login", "consent none", "none create"] {
        let reply = told(&world, &browser, &request.with("prompt", contradiction)).await;
        assert_eq!(reply.carries("error").unwrap(), "invalid_request", "{contradiction}");
    }
    // The sign-in of this browser is over.
    world.pass(12 * 60 * 60);
    assert_eq!(told(&world, &browser, &none).await.carries("error").unwrap(), "login_required");
}
