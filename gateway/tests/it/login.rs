//! From the button over Peaka and back: every step belongs to one browser.

mod callback;
mod cookies;

use standin::{Fault, FaultKind};

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
