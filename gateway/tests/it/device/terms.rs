//! What the person chose beside scopes and projects holds for a device, too.

use super::house::House;
use crate::harness::{Browser, Form, Tokens};

const DAY: u64 = 24 * 60 * 60;

fn for_a_day() -> Form {
    Form::of([
        ("scope", "peaka:read"),
        ("projects", "all"),
        ("decision", "approve"),
        ("life", &DAY.to_string()),
    ])
}

#[tokio::test]
async fn the_session_ends_when_the_person_said() {
    let house = House::start().await;
    let (world, begun) = (&house.world, house.begin().await);
    let browser = Browser::new(world);
    let consent = house.to_consent(&browser, begun["user_code"].as_str().unwrap()).await;
    browser.decide(&consent, &for_a_day()).await.assert_is_a_page(200);
    let tokens = Tokens::of(&world.redeem(&house.polling(&begun)).await);
    world.pass(DAY - 60);
    let renewed = Tokens::of(&world.refresh(&house.client, &tokens.refresh).await);
    world.pass(120);
    assert_eq!(world.refresh(&house.client, &renewed.refresh).await.error(), "400 invalid_grant");
}
