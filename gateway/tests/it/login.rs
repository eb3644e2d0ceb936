//! From the button over Peaka and back: every step belongs to one browser.

use standin::{Fault, FaultKind, demo::PEOPLE};

use crate::harness::{Browser, Form, Reply, World, parameters};

/// The person is told, nobody is sent anywhere, nothing is written.
async fn refuses(world: &World, before: &[String], reply: &Reply, status: u16) {
    reply.assert_is_a_page(status);
    assert_eq!(reply.header("set-cookie"), "");
    assert_eq!(world.database.dump().await, before);
}

#[tokio::test]
async fn the_button_leads_to_peaka_with_a_request_of_our_own() {
    let world = World::start().await;
    let browser = Browser::new(&world);
    let address = browser.leave_for_peaka(&world.register().await.request(&world)).await;
    assert!(address.starts_with(&format!("{}/oauth2/authorize?", world.peaka.url())));
    let only = |name| parameters(&address, name).concat();
    assert_eq!(only("redirect_uri"), world.url("/oauth/callback"));
    assert_eq!(only("code_challenge_method"), "S256");
    // Nothing of the client's request goes there, its state and challenge least of all.
    assert!(!address.contains("st%2Fte") && !address.contains("claude") && !address.contains("E9Melhoa"));
    assert_eq!(world.database.count("authorizations").await, 1);
}

#[tokio::test]
async fn only_the_button_of_this_browsers_page_begins_anything() {
    let world = World::start().await;
    let request = world.register().await.request(&world);
    let (browser, other) = (Browser::new(&world), Browser::new(&world));
    let (page, others) = (browser.ask(&request).await, other.ask(&request).await);
    let form = Form::of([("request", page.hidden("request").as_str())]);
    let before = world.database.dump().await;
    for headers in [
        &[("sec-fetch-site", "cross-site")][..],
        &[("sec-fetch-site", "same-site")],
        &[("sec-fetch-site", "none")],
        &[("sec-fetch-site", "same-origin"), ("origin", "https://evil.example")],
        &[("sec-fetch-site", "cross-site"), ("origin", &world.origin)],
        &[("origin", "https://evil.example")],
        &[("origin", "null")],
        // A browser that says nothing at all is not believed.
        &[],
    ] {
        let reply = browser.post_from("/oauth/authorize", &form, headers).await;
        refuses(&world, &before, &reply, 403).await;
    }
    refuses(&world, &before, &other.post("/oauth/authorize", &form).await, 403).await;
    let stolen = Form::of([("request", others.hidden("request").as_str())]);
    refuses(&world, &before, &browser.post("/oauth/authorize", &stolen).await, 403).await;
    let stranger = Browser::new(&world);
    refuses(&world, &before, &stranger.post("/oauth/authorize", &form).await, 403).await;
    let garbage = Form::of([("request", "AAAA")]);
    refuses(&world, &before, &browser.post("/oauth/authorize", &garbage).await, 403).await;
    refuses(&world, &before, &browser.post("/oauth/authorize", &Form::default()).await, 400).await;
    refuses(&world, &before, &browser.post("/oauth/authorize", &form.and("request", "x")).await, 400).await;
    let old_browser = browser.post_from("/oauth/authorize", &form, &[("origin", &world.origin)]).await;
    old_browser.assert_is_a_page(200);
}

#[tokio::test]
async fn a_page_that_lay_too_long_is_refused() {
    let world = World::start().await;
    let browser = Browser::new(&world);
    let page = browser.ask(&world.register().await.request(&world)).await;
    world.pass(15 * 60 - 1);
    browser.go_on(&page).await.assert_is_a_page(200);
    world.pass(1);
    let before = world.database.dump().await;
    refuses(&world, &before, &browser.go_on(&page).await, 400).await;
}

/// Row 15: consent in the attacker's browser, sign-in in the victim's.
#[tokio::test]
async fn a_sign_in_is_finished_in_the_browser_it_began_in() {
    let world = World::start().await;
    let request = world.register().await.request(&world);
    let (attacker, victim) = (Browser::new(&world), Browser::new(&world));
    victim.ask(&request).await;
    for victim in [victim, Browser::new(&world)] {
        let address = attacker.leave_for_peaka(&request).await;
        let back = victim.sign_in_at_peaka(&address).await;
        let reply = victim.get(&back).await;
        reply.assert_is_a_page(403);
        assert_eq!(reply.header("set-cookie"), "");
        // The state is burned: the attacker cannot finish what the victim's sign-in began.
        let before = world.database.dump().await;
        refuses(&world, &before, &attacker.get(&back).await, 400).await;
    }
    for table in ["browsers", "credentials", "clients", "sessions"] {
        assert_eq!(world.database.count(table).await, 0, "{table}");
    }
}

#[tokio::test]
async fn a_state_is_good_once_and_for_fifteen_minutes() {
    let world = World::start().await;
    let request = world.register().await.request(&world);
    let browser = Browser::new(&world);
    let back = browser.sign_in_at_peaka(&browser.leave_for_peaka(&request).await).await;
    assert_eq!(browser.get(&back).await.status, 303);
    let before = world.database.dump().await;
    refuses(&world, &before, &browser.get(&back).await, 400).await;
    let callback = world.url("/oauth/callback");
    for query in ["", "code=x", "state=", "state=unknown&code=x", "state=a&state=b&code=x"] {
        refuses(&world, &before, &browser.get(&format!("{callback}?{query}")).await, 400).await;
    }
    let slow = Browser::new(&world);
    let back = slow.sign_in_at_peaka(&slow.leave_for_peaka(&request).await).await;
    world.pass(15 * 60);
    let before = world.database.dump().await;
    refuses(&world, &before, &slow.get(&back).await, 400).await;
}

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

/// Row 18: a mix-up of issuers is noticed before the code is used.
#[tokio::test]
async fn an_answer_of_another_issuer_is_refused_and_its_code_not_used() {
    let world = World::start().await;
    let request = world.register().await.request(&world);
    let browser = Browser::new(&world);
    for iss in ["&iss=https%3A%2F%2Fevil.example", &format!("&iss={}%2F", world.peaka.url()), ""] {
        let back = browser.sign_in_at_peaka(&browser.leave_for_peaka(&request).await).await;
        let forged = format!("{}{iss}", back.split("&iss=").next().unwrap());
        let reply = browser.get(&forged).await;
        reply.assert_is_a_page(400);
        assert!(!reply.body.contains("evil"));
    }
    assert!(world.peaka.requests().is_empty(), "somebody was asked who signed in");
    assert_eq!(world.database.count("credentials").await, 0);
}

#[tokio::test]
async fn what_peaka_writes_into_an_error_is_not_shown() {
    let world = World::start().await;
    let browser = Browser::new(&world);
    let address = browser.leave_for_peaka(&world.register().await.request(&world)).await;
    let state = parameters(&address, "state").concat();
    let evil = Form::of([
        ("error", "<script>alert(1)</script>"),
        ("error_description", "<script>alert(2)</script>evil"),
        ("state", &state),
        ("iss", world.peaka.url()),
    ]);
    let reply = browser.get(&format!("/oauth/callback?{}", evil.encode())).await;
    reply.assert_is_a_page(400);
    assert!(!reply.body.contains("script") && !reply.body.contains("evil"), "{}", reply.body);
    assert_eq!(world.database.count("browsers").await, 0);
}

#[tokio::test]
async fn a_code_that_peaka_refuses_signs_nobody_in() {
    let world = World::start().await;
    let request = world.register().await.request(&world);
    let browser = Browser::new(&world);
    world.peaka.faults().add(Fault::new(FaultKind::InvalidGrant).on("/oauth2/token"));
    let back = browser.sign_in_at_peaka(&browser.leave_for_peaka(&request).await).await;
    browser.get(&back).await.assert_is_a_page(400);
    world.peaka.faults().add(Fault::new(FaultKind::Unauthorized).on("/api/v1/info"));
    let back = browser.sign_in_at_peaka(&browser.leave_for_peaka(&request).await).await;
    browser.get(&back).await.assert_is_a_page(400);
    assert_eq!((world.database.count("browsers").await, world.database.count("credentials").await), (0, 0));
}

#[tokio::test]
async fn while_peaka_is_away_the_person_is_told_to_come_back() {
    let world = World::start().await;
    let request = world.register().await.request(&world);
    let browser = Browser::new(&world);
    let page = browser.ask(&request).await;
    let before = world.database.dump().await;
    world.peaka.faults().add(Fault::new(FaultKind::Unavailable).on("/.well-known").times(2));
    let reply = browser.go_on(&page).await;
    refuses(&world, &before, &reply, 503).await;
    assert_eq!(reply.header("retry-after"), "2");
    world.peaka.faults().clear();
    for fault in [FaultKind::Internal, FaultKind::Reset, FaultKind::BadGatewayHtml, FaultKind::Empty] {
        for path in ["/oauth2/token", "/api/v1/info"] {
            let back = browser.sign_in_at_peaka(&browser.leave_for_peaka(&request).await).await;
            world.peaka.faults().add(Fault::new(fault).on(path));
            let reply = browser.get(&back).await;
            reply.assert_is_a_page(503);
            assert_eq!(reply.header("retry-after"), "2");
            assert!(!reply.body.contains("127.0.0.1") && !reply.body.contains("502"), "{}", reply.body);
            world.peaka.faults().clear();
        }
    }
    assert_eq!(world.database.count("browsers").await, 0);
    // And nothing stands in the way of the next try.
    assert_eq!(browser.code(&request, &Browser::all()).await.len(), 39);
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
