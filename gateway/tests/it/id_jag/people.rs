//! For whom an enterprise can speak: people who have signed in here themselves, and nobody else.

use standin::demo::PEOPLE;

use super::house::House;
use crate::harness::{Browser, Form, Reply};

#[tokio::test]
async fn a_person_who_never_signed_in_is_told_to() {
    let house = House::start().await;
    let assertion = house.good();
    house.assert_refused(&assertion, "must sign in once").await;
    // Somebody else's sign-in is of no use.
    let client = house.world.register().await;
    Browser::of(&house.world, &PEOPLE[1]).code_for(&client).await;
    house.assert_refused(&assertion, "must sign in once").await;
    // A sign-in alone is enough, and the assertion was not used up by the failures.
    let consent = Browser::new(&house.world).to_consent(&client.request(&house.world)).await;
    assert!(consent.body.contains("Allow access?"));
    assert_eq!(house.redeem(&assertion).await.status, 200);
}

#[tokio::test]
async fn a_sign_in_that_is_over_is_none() {
    let house = House::with_ada().await;
    house.world.database.run("UPDATE browsers SET expires_at_ms = 0").await;
    assert_eq!(house.redeem(&house.good()).await.status, 200, "a live session is a sign-in, too");
    house.world.database.run("UPDATE sessions SET revoked_at_ms = 1").await;
    house.assert_refused(&house.good(), "must sign in once").await;
    house.world.database.run("UPDATE sessions SET revoked_at_ms = NULL").await;
    assert_eq!(house.redeem(&house.good()).await.status, 200);
    house.world.database.run("UPDATE credentials SET dead_at_ms = 1").await;
    house.assert_refused(&house.good(), "must sign in once").await;
}

/// What an enterprise began proves nothing of its person: it would prolong itself for ever.
#[tokio::test]
async fn a_session_that_an_enterprise_began_is_no_sign_in() {
    let house = House::with_ada().await;
    assert_eq!(house.redeem(&house.good()).await.status, 200);
    house.world.database.run("UPDATE browsers SET expires_at_ms = 0").await;
    house.world.database.run("UPDATE sessions SET revoked_at_ms = 1 WHERE reuse_key IS NULL").await;
    house.assert_refused(&house.good(), "must sign in once").await;
}

/// Whoever disconnects an app expects it to stay away, although its enterprise could bring it back at once.
#[tokio::test]
async fn an_app_that_its_person_disconnected_stays_out_until_they_let_it_in() {
    let house = House::start().await;
    let browser = Browser::new(&house.world);
    let client = house.world.register().await;
    browser.code_for(&client).await;
    let token = house.redeem(&house.good()).await.json()["access_token"].as_str().unwrap().to_owned();
    let page = browser.get("/account").await;
    assert!(page.body.contains("Your organization connected this app for you"), "{}", page.body);
    let form =
        |page: &Reply, action: &str| Form::of([("token", page.hidden("token").as_str()), ("action", action)]);
    let end = form(&page, "end").with("session", &page.hidden("session"));
    assert_eq!(browser.post("/account", &end).await.header("location"), "/account?ended=1");
    assert_eq!(house.world.mcp(&token).await.status, 401);
    house.assert_refused(&house.good(), "disconnected this client").await;
    let page = browser.get("/account").await;
    assert!(page.body.contains("Kept out"), "{}", page.body);
    let let_in = form(&page, "let_in").with("entry", &page.hidden("entry"));
    assert_eq!(browser.post("/account", &let_in).await.status, 303);
    assert_eq!(browser.post("/account", &let_in).await.status, 303);
    let noted = "SELECT client_name || ' ' || client_id FROM audit_events WHERE kind = 'client_let_in'";
    assert_eq!(house.world.database.texts(noted).await, ["agent agent"]);
    assert_eq!(house.redeem(&house.good()).await.status, 200);
    let page = browser.get("/account").await;
    assert!(!page.body.contains("Kept out"), "{}", page.body);
    assert_eq!(browser.post("/account", &form(&page, "end_all")).await.status, 303);
    house.assert_refused(&house.good(), "disconnected this client").await;
}

#[tokio::test]
async fn an_address_that_two_people_have_names_neither() {
    let house = House::with_ada().await;
    let client = house.world.register().await;
    Browser::of(&house.world, &PEOPLE[1]).code_for(&client).await;
    house.world.database.run(&format!("UPDATE browsers SET email = '{}'", super::house::EMAIL)).await;
    house.assert_refused(&house.good(), "several people").await;
}

#[tokio::test]
async fn an_outage_uses_nothing_up() {
    let house = House::with_ada().await;
    let assertion = house.good();
    house.world.database.rename("audit_events", "audit_events_away").await;
    house.world.database.run("UPDATE sessions SET revoked_at_ms = NULL").await;
    let reply = house.redeem(&assertion).await;
    assert_eq!((reply.status, reply.header("retry-after").is_empty()), (503, false), "{reply:?}");
    house.world.database.rename("audit_events_away", "audit_events").await;
    assert_eq!(house.redeem(&assertion).await.status, 200);
}
