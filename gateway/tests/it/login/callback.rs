//! Back from Peaka: what comes must be Peaka's, for this browser, once.

use standin::{Fault, FaultKind};

use super::refuses;
use crate::harness::{Browser, Form, World, parameters};

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
