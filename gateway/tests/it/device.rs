//! Devices without a browser (RFC 8628).

mod bound;
mod decided;
mod house;
mod page;
mod refused;
mod terms;

use std::collections::HashSet;

use serde_json::json;

use self::house::{House, ask_again};
use crate::harness::{Browser, Tokens, World};

#[tokio::test]
async fn a_device_gets_what_a_person_allows_it_elsewhere() {
    let house = House::start().await;
    let world = &house.world;
    let begun = house.begin().await;
    let page = world.url("/oauth/device");
    assert_eq!(begun["verification_uri"], page);
    let code = begun["user_code"].as_str().unwrap();
    assert_eq!(begun["verification_uri_complete"], format!("{page}?user_code={code}"));
    assert_eq!((&begun["expires_in"], &begun["interval"]), (&json!(900), &json!(5)));
    let polling = house.polling(&begun);
    assert_eq!(world.redeem(&polling).await.error(), "400 authorization_pending");

    let browser = Browser::new(world);
    let consent = house.to_consent(&browser, code).await;
    assert!(consent.body.contains("the device that shows your code"), "{consent:?}");
    let narrow = Browser::all().with("scope", "peaka:read");
    let done = browser.decide(&consent, &narrow).await;
    done.assert_is_a_page(200);
    assert!(done.body.contains("The device is connected"), "{done:?}");

    let reply = world.redeem(&polling).await;
    assert_eq!(reply.header("cache-control"), "no-store");
    assert_eq!(reply.json()["scope"], "peaka:read");
    let tokens = Tokens::of(&reply);
    assert_eq!(world.mcp(&tokens.access).await.status, 200);
    let again = Tokens::of(&world.refresh(&house.client, &tokens.refresh).await);
    // The code is spent, and its second use ends nothing: a device may repeat a question whose answer it lost.
    assert_eq!(world.redeem(&polling).await.error(), "400 invalid_grant");
    assert_eq!(world.mcp(&again.access).await.status, 200);
    assert_eq!(world.post("/oauth/revoke", &house.client.revoking(&again.refresh)).await.status, 200);
    world.assert_over(&house.client, &again).await;
}

#[tokio::test]
async fn one_of_many_gets_the_session() {
    let house = House::start().await;
    let begun = house.begin().await;
    let browser = Browser::new(&house.world);
    house.allow(&browser, begun["user_code"].as_str().unwrap()).await;
    let form = house.polling(&begun);
    let (one, two, three) =
        tokio::join!(house.world.redeem(&form), house.world.redeem(&form), house.world.redeem(&form));
    let mut statuses = [one.status, two.status, three.status];
    statuses.sort_unstable();
    assert_eq!(statuses, [200, 400, 400]);
    assert_eq!(house.world.database.count("sessions").await, 1);
}

#[tokio::test]
async fn asking_too_soon_makes_a_device_wait_longer() {
    let house = House::start().await;
    let world = &house.world;
    let form = house.polling(&house.begin().await);
    for (pass, error) in [
        (0, "authorization_pending"),
        (4, "slow_down"),
        // Now it is ten seconds.
        (5, "slow_down"),
        // Now it is fifteen.
        (15, "authorization_pending"),
        (15, "authorization_pending"),
    ] {
        world.pass(pass);
        assert_eq!(ask_again(world, &form).await, error, "after {pass} s");
    }
    world.pass(900);
    assert_eq!(ask_again(world, &form).await, "expired_token");
}

#[tokio::test]
async fn it_is_promised_exactly_when_it_is_on() {
    let house = House::start().await;
    let metadata = house.world.get("/.well-known/oauth-authorization-server").await.json();
    assert_eq!(metadata["device_authorization_endpoint"], house.world.url("/oauth/device_authorization"));
    let off = World::start_with(&[("GATEWAY_GRANTS", "authorization_code,refresh_token")]).await;
    let metadata = off.get("/.well-known/oauth-authorization-server").await.json();
    assert_eq!(metadata.get("device_authorization_endpoint"), None);
    let client = house::register(&off).await;
    assert_eq!(house::begin(&off, &client).await.error(), "400 unsupported_grant_type");
    let polling = client.redemption("x").with("grant_type", house::GRANT).with("device_code", "x");
    assert_eq!(off.redeem(&polling).await.error(), "400 unsupported_grant_type");
    off.get("/oauth/device").await.assert_is_a_page(400);
    // And where devices are all there is, nothing else is promised.
    let alone = World::start_with(&[("GATEWAY_GRANTS", "device")]).await;
    let metadata = alone.get("/.well-known/oauth-authorization-server").await.json();
    assert_eq!(metadata["grant_types_supported"], json!([house::GRANT]));
    assert_eq!(metadata["response_types_supported"], json!([]));
    assert_eq!(metadata.get("authorization_endpoint"), None);
    let client = house::register(&alone).await;
    Browser::new(&alone).ask(&client.request(&alone)).await.assert_is_a_page(400);
    assert_eq!(alone.redeem(&client.redemption("x")).await.error(), "400 unsupported_grant_type");
    let begun = house::begin(&alone, &client).await.json();
    let house = House { world: alone, client };
    house.allow(&Browser::new(&house.world), begun["user_code"].as_str().unwrap()).await;
    let answer = house.world.redeem(&house.polling(&begun)).await.json();
    assert_eq!(answer.get("refresh_token"), None);
    assert!(answer["access_token"].is_string(), "{answer}");
}

#[tokio::test]
async fn codes_are_random_and_the_database_knows_neither() {
    let house = House::start().await;
    let mut codes = HashSet::new();
    for _ in 0..50 {
        let begun = house.begin().await;
        let (device, user) = (begun["device_code"].as_str().unwrap(), begun["user_code"].as_str().unwrap());
        assert!(codes.insert(device.to_owned()) && codes.insert(user.to_owned()));
    }
    let dump = house.world.database.dump().await;
    for code in codes {
        assert!(!dump.iter().any(|row| row.contains(&code) || row.contains(&code.replace('-', ""))));
    }
}
