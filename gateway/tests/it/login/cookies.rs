//! Who is signed in, in which browser.

use standin::demo::PEOPLE;

use super::refuses;
use crate::harness::{Browser, World};

/// Row 17: whoever planted a cookie before the sign-in has nothing after it.
#[tokio::test]
async fn a_sign_in_has_a_name_that_nobody_knew_before() {
    let world = World::start().await;
    let client = world.register().await;
    let (victim, attacker) = (Browser::new(&world), Browser::new(&world));
    let planted = "A".repeat(32);
    victim.set_cookie(&planted);
    attacker.set_cookie(&planted);
    let consent = victim.to_consent(&client.request(&world)).await;
    assert_ne!(victim.cookie_called("peaka-signed-in").unwrap(), planted);
    let before = world.database.dump().await;
    let path = format!("/oauth/consent?authorization={}", consent.hidden("authorization"));
    refuses(&world, &before, &attacker.get(&path).await, 400).await;
    refuses(&world, &before, &attacker.decide(&consent, &Browser::all()).await, 400).await;
    // The planted name is not signed in: its holder is sent to Peaka like anybody.
    let page = attacker.ask(&client.request(&world)).await;
    assert!(attacker.go_on(&page).await.link().starts_with(world.peaka.url()));
    // Nor does a cookie of another form name anybody.
    attacker.set_cookie("x");
    assert_ne!(attacker.ask(&client.request(&world)).await.header("set-cookie"), "");
}

#[tokio::test]
async fn the_cookie_is_out_of_reach_for_scripts_and_other_sites() {
    let plain = World::start().await;
    let page =
        plain.get(&format!("/oauth/authorize?{}", plain.register().await.request(&plain).encode())).await;
    let cookie = page.header("set-cookie");
    assert!(cookie.ends_with("; Path=/; Max-Age=2592000; HttpOnly; SameSite=Lax"), "{cookie}");
    let secure = World::start_with(&[("GATEWAY_PUBLIC_URL", "https://mcp.example.com")]).await;
    let request = secure.register().await.request(&secure).without("resource");
    // The same listener, called by the name that a proxy in front would pass on.
    let page = secure.get(&format!("/oauth/authorize?{}", request.encode())).await;
    let cookie = page.header("set-cookie");
    assert!(cookie.starts_with("__Host-peaka-browser="), "{cookie}");
    assert!(cookie.ends_with("; Path=/; Max-Age=2592000; HttpOnly; SameSite=Lax; Secure"), "{cookie}");
    assert!(page.header("strict-transport-security").starts_with("max-age="));
}

#[tokio::test]
async fn a_signed_in_browser_is_still_asked_about_each_client() {
    let world = World::start().await;
    let browser = Browser::new(&world);
    browser.code_for(&world.register().await).await;
    let asked = world.peaka.requests().len();
    // Another client, and the same one again: never a silent code, whatever Peaka and this browser remember.
    for site in ["cross-site", "none", ""] {
        let client = world.register().await;
        let before = world.database.dump().await;
        let path = format!("/oauth/authorize?{}", client.request(&world).encode());
        let reply = browser.get_from(&path, &[("sec-fetch-site", site)]).await;
        reply.assert_is_a_page(200);
        assert!(reply.body.contains("Claude"));
        assert_eq!(world.database.dump().await, before);
    }
    let page = browser.ask(&world.register().await.request(&world)).await;
    let to_consent = browser.go_on(&page).await;
    assert_eq!(to_consent.status, 303);
    assert!(to_consent.header("location").starts_with("/oauth/consent?authorization="));
    assert_eq!(world.peaka.requests().len(), asked, "the person was looked up again");
    // A working day later the browser is a stranger.
    world.pass(12 * 60 * 60);
    let page = browser.ask(&world.register().await.request(&world)).await;
    assert!(browser.go_on(&page).await.link().starts_with(world.peaka.url()));
}

#[tokio::test]
async fn two_tabs_of_a_browser_both_arrive() {
    let world = World::start().await;
    let browser = Browser::new(&world);
    let (one, other) = (world.register().await, world.register().await);
    let (first, second) = (
        browser.leave_for_peaka(&one.request(&world)).await,
        browser.leave_for_peaka(&other.request(&world)).await,
    );
    for (client, address) in [(&other, second), (&one, first)] {
        let back = browser.sign_in_at_peaka(&address).await;
        let consent = browser.get(browser.get(&back).await.header("location")).await;
        let leaving = browser.decide(&consent, &Browser::all()).await;
        world.tokens(client, &leaving.carries("code").unwrap()).await;
    }
}

/// Both know the browser's name; only one of them signed in.
#[tokio::test]
async fn what_one_person_began_another_does_not_decide() {
    let world = World::start().await;
    let request = world.register().await.request(&world);
    let (ada, grace) = (Browser::new(&world), Browser::of(&world, &PEOPLE[1]));
    grace.set_cookie(&"A".repeat(32));
    ada.set_cookie(&"A".repeat(32));
    let consent = ada.to_consent(&request).await;
    grace.to_consent(&request).await;
    let before = world.database.dump().await;
    let path = format!("/oauth/consent?authorization={}", consent.hidden("authorization"));
    refuses(&world, &before, &grace.get(&path).await, 400).await;
    refuses(&world, &before, &grace.decide(&consent, &Browser::all()).await, 400).await;
    refuses(&world, &before, &grace.decide(&consent, &Browser::all().with("decision", "deny")).await, 400)
        .await;
    ada.decide(&consent, &Browser::all()).await.assert_is_a_page(200);
}
