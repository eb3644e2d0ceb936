//! Enterprises that speak for their people (draft-ietf-oauth-identity-assertion-authz-grant).

pub(crate) mod house;
mod keys;
mod people;
mod refused;

use serde_json::json;

use self::house::House;
use crate::{
    exchange::{exchange, form as exchanging, identity},
    harness::{Tokens, World},
};

#[tokio::test]
async fn a_client_acts_for_a_person_who_has_signed_in_before() {
    let house = House::with_ada().await;
    let world = &house.world;
    let reply = house.redeem(&house.good()).await;
    let answer = reply.json();
    assert_eq!((reply.status, reply.header("cache-control")), (200, "no-store"), "{reply:?}");
    // The assertion says read and query, whatever the person could do.
    assert_eq!((&answer["scope"], answer.get("refresh_token")), (&json!("peaka:read peaka:query"), None));
    let tokens = Tokens::of(&reply);
    let given = exchange(world, &exchanging(&identity(world, &tokens.access).await)).await;
    let token = given.json()["access_token"].as_str().unwrap().to_owned();
    let info = world.http.get(format!("{}/info", world.peaka.partner_api_url())).bearer_auth(&token);
    let info: serde_json::Value = info.send().await.unwrap().json().await.unwrap();
    assert_eq!(info["email"], house::EMAIL);
    // It is listed and ended like any other, and asking again goes on with it.
    let sessions = world.database.count("sessions").await;
    assert_eq!(house.redeem(&house.good()).await.status, 200);
    assert_eq!(world.database.count("sessions").await, sessions);
    let narrow = house.form(&house.good()).with("scope", "peaka:read");
    assert_eq!(world.redeem(&narrow).await.json()["scope"], "peaka:read");
}

#[tokio::test]
async fn it_is_promised_exactly_when_an_issuer_is_trusted() {
    let grant = "urn:ietf:params:oauth:grant-type:jwt-bearer";
    let house = House::start().await;
    let metadata = house.world.get("/.well-known/oauth-authorization-server").await.json();
    assert!(metadata["grant_types_supported"].as_array().unwrap().contains(&json!(grant)));
    assert_eq!(
        metadata["authorization_grant_profiles_supported"],
        json!(["urn:ietf:params:oauth:grant-profile:id-jag"])
    );
    let without = World::start().await;
    let metadata = without.get("/.well-known/oauth-authorization-server").await.json();
    assert!(!metadata["grant_types_supported"].as_array().unwrap().contains(&json!(grant)));
    assert_eq!(metadata.get("authorization_grant_profiles_supported"), None);
    let client = without.register().await;
    let form = client.redemption("x").with("grant_type", grant).with("assertion", &house.good());
    assert_eq!(without.redeem(&form).await.error(), "400 unsupported_grant_type");
}
