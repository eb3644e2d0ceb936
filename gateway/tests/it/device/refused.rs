//! Requests that are refused, without a trace.

use super::house::{GRANT, House, ask_again, beginning};
use crate::harness::Browser;

#[tokio::test]
async fn a_request_must_be_of_a_client_that_registered_the_grant() {
    let house = House::start().await;
    let world = &house.world;
    let without = world.register().await;
    let good = beginning(&house.client);
    let before = world.database.dump().await;
    for (form, error) in [
        (good.with("client_id", &without.id), "400 unauthorized_client"),
        (good.with("client_id", "nobody"), "401 invalid_client"),
        (good.with("client_secret", "x"), "401 invalid_client"),
        (good.without("client_id"), "400 invalid_request"),
        (good.with("scope", "openid"), "400 invalid_scope"),
        (good.with("resource", "https://other.example"), "400 invalid_target"),
        (good.and("scope", "x"), "400 invalid_request"),
    ] {
        let reply = world.post("/oauth/device_authorization", &form).await;
        assert_eq!(reply.error(), error, "{form:?}");
    }
    assert_eq!(world.database.dump().await, before);
    let get = world.get(&format!("/oauth/device_authorization?{}", good.encode())).await;
    assert_eq!(get.status, 405);
}

#[tokio::test]
async fn a_device_code_is_of_its_client_alone() {
    let house = House::start().await;
    let world = &house.world;
    let begun = house.begin().await;
    house.allow(&Browser::new(world), begun["user_code"].as_str().unwrap()).await;
    let other = super::house::register(world).await;
    let good = house.polling(&begun);
    let code = good.get("device_code").to_owned();
    let before = world.database.dump().await;
    for (form, error) in [
        (good.with("client_id", &other.id), "400 invalid_grant"),
        (good.with("device_code", begun["user_code"].as_str().unwrap()), "400 invalid_grant"),
        (good.with("device_code", &code.replace("pkm_dc_", "pkm_ac_")), "400 invalid_grant"),
        (good.with("device_code", &code[..code.len() - 1]), "400 invalid_grant"),
        (good.with("device_code", "x"), "400 invalid_grant"),
        (good.without("device_code"), "400 invalid_request"),
        (good.with("resource", "https://other.example"), "400 invalid_target"),
        (good.with("client_secret", "x"), "401 invalid_client"),
    ] {
        assert_eq!(world.redeem(&form).await.error(), error, "{form:?}");
    }
    assert_eq!(world.database.dump().await, before);
    assert_eq!(good.get("grant_type"), GRANT);
    assert_eq!(world.redeem(&good).await.status, 200);
}

#[tokio::test]
async fn a_flood_is_told_to_wait() {
    let house = House::start().await;
    for _ in 0..120 {
        house.begin().await;
    }
    let limited = super::house::begin(&house.world, &house.client).await;
    assert_eq!(limited.status, 429);
    assert_ne!(limited.header("retry-after"), "");
    assert_eq!(house.world.database.count("device_authorizations").await, 120);
}

/// Every question of a device is a write, so whoever asks without end is told to wait before the database hears of it.
#[tokio::test]
async fn a_device_that_asks_without_end_is_bounded() {
    let house = House::start().await;
    let begun = house.begin().await;
    let form = house.polling(&begun);
    for number in 0..30 {
        let expected = if number == 0 { "authorization_pending" } else { "slow_down" };
        assert_eq!(ask_again(&house.world, &form).await, expected, "{number}");
    }
    let before = house.world.database.dump().await;
    let limited = house.world.redeem(&form).await;
    assert_eq!((limited.status, limited.header("retry-after")), (429, "60"), "{limited:?}");
    assert_eq!(house.world.database.dump().await, before);
    house.world.pass(600);
    assert_eq!(ask_again(&house.world, &form).await, "authorization_pending");
}
