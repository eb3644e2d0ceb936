//! An assertion is used once.

use serde_json::json;

use super::{
    house::{House, inline},
    key::Key,
};
use crate::harness::Tokens;

const USED: &str = "the client assertion was used before; make a new one for each request";

async fn assert_used_once(house: &House, key: &Key) {
    let code = house.code().await;
    let assertion = key.sign(&key.header("ES256"), &house.claims());
    let tokens = Tokens::of(&house.redeem(&code, &assertion).await);
    // Nor anywhere else, nor with another signature under the same claims.
    let again =
        key.sign(&key.header("ES256"), &house.claims_with(&json!({"jti": "jti 0", "exp": 1_800_000_200})));
    for assertion in [&assertion, &again] {
        let form = super::house::with(&house.client.refreshing(&tokens.refresh), assertion);
        for path in ["/oauth/token", "/oauth/revoke"] {
            let reply = house.world.post(path, &form.with("token", &tokens.access)).await;
            assert_eq!(reply.error(), "401 invalid_client", "{path}");
            assert_eq!(reply.json()["error_description"], USED);
        }
    }
    assert_eq!(house.world.mcp(&tokens.access).await.status, 200);
    Tokens::of(
        &house.world.redeem(&house.proven(&house.client.refreshing(&tokens.refresh), key, "ES256")).await,
    );
}

#[tokio::test]
async fn a_repeated_assertion_is_refused() {
    let key = Key::ec("a");
    assert_used_once(&House::inline(&[&key]).await, &key).await;
}

#[tokio::test]
async fn also_while_redis_is_away() {
    let key = Key::ec("a");
    let nowhere = [("GATEWAY_REDIS_URL", "redis://127.0.0.1:1")];
    assert_used_once(&House::with(vec![inline(&[&key], "")], &nowhere).await, &key).await;
}

#[tokio::test]
async fn a_mark_holds_as_long_as_the_assertion_and_not_for_other_clients() {
    let key = Key::ec("a");
    let house = House::inline(&[&key]).await;
    house.code().await;
    let claims = house.claims_with(&json!({"exp": 1_800_000_100}));
    let assertion = key.sign(&key.header("ES256"), &claims);
    assert_eq!(house.redeem("pkm_ac_x", &assertion).await.error(), "400 invalid_grant");
    house.world.pass(159);
    assert_eq!(house.redeem("pkm_ac_x", &assertion).await.json()["error_description"], USED);
    house.world.pass(1);
    let late = house.redeem("pkm_ac_x", &assertion).await;
    assert_eq!(late.json()["error_description"], "the client assertion has expired");
}
