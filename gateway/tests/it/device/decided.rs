//! A request is decided once.

use super::house::{House, ask_again};
use crate::harness::{Browser, Form};

#[tokio::test]
async fn a_refusal_is_told_to_the_device() {
    let house = House::start().await;
    let begun = house.begin().await;
    let browser = Browser::new(&house.world);
    let consent = house.to_consent(&browser, begun["user_code"].as_str().unwrap()).await;
    let done = browser.decide(&consent, &Form::of([("decision", "deny")])).await;
    done.assert_is_a_page(200);
    assert!(done.body.contains("was not connected"), "{done:?}");
    let form = house.polling(&begun);
    for _ in 0..2 {
        assert_eq!(ask_again(&house.world, &form).await, "access_denied");
    }
    assert_eq!(house.world.database.count("sessions").await, 0);
    // Nor can it be allowed afterwards.
    browser.decide(&consent, &Browser::all()).await.assert_is_a_page(400);
    assert_eq!(ask_again(&house.world, &form).await, "access_denied");
}

#[tokio::test]
async fn of_two_people_the_first_decides() {
    let house = House::start().await;
    let begun = house.begin().await;
    let code = begun["user_code"].as_str().unwrap();
    let (ada, grace) = (Browser::new(&house.world), Browser::of(&house.world, &standin::demo::PEOPLE[1]));
    let first = house.to_consent(&ada, code).await;
    let second = house.to_consent(&grace, code).await;
    ada.decide(&first, &Browser::all()).await.assert_is_a_page(200);
    grace.decide(&second, &Browser::all()).await.assert_is_a_page(400);
    // The code that was used leads nowhere any more.
    house.enter(&grace, code).await.assert_is_a_page(400);
    let reply = house.world.redeem(&house.polling(&begun)).await;
    assert_eq!(reply.status, 200);
    let sessions = house.world.database.dump().await;
    assert!(sessions.iter().any(|row| row.contains("ada@demo.peaka.local")));
    assert_eq!(house.world.database.count("sessions").await, 1);
}

#[tokio::test]
async fn what_is_decided_too_late_is_not() {
    let house = House::start().await;
    let begun = house.begin().await;
    let browser = Browser::new(&house.world);
    house.world.pass(600);
    let consent = house.to_consent(&browser, begun["user_code"].as_str().unwrap()).await;
    house.world.pass(300);
    browser.decide(&consent, &Browser::all()).await.assert_is_a_page(400);
    assert_eq!(ask_again(&house.world, &house.polling(&begun)).await, "expired_token");
    house.enter(&browser, begun["user_code"].as_str().unwrap()).await.assert_is_a_page(400);
}
