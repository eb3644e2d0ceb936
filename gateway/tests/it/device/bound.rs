//! A device's tokens are bound to its key, as everybody's are (RFC 9449 §5).

use super::house::House;
use crate::{
    dpop::{Holder, redeem},
    harness::{Browser, Tokens},
};

#[tokio::test]
async fn a_device_that_proves_a_key_gets_bound_tokens() {
    let house = House::start().await;
    let world = &house.world;
    let begun = house.begin().await;
    house.allow(&Browser::new(world), begun["user_code"].as_str().unwrap()).await;
    let holder = Holder::new();
    let form = house.polling(&begun);
    let tokens = Tokens::of(&redeem(world, &form, &holder.proof(world, "/oauth/token")).await);
    assert_eq!(crate::mcp::claims(&tokens.access)["cnf"]["jkt"], holder.thumbprint());
    assert_eq!(world.refresh(&house.client, &tokens.refresh).await.error(), "400 invalid_dpop_proof");
    let refreshing = house.client.refreshing(&tokens.refresh);
    assert_eq!(redeem(world, &refreshing, &holder.proof(world, "/oauth/token")).await.status, 200);
}
