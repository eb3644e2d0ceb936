//! Tokens that nobody approved in a browser are bound like others: those of machines (RFC 6749 §4.4), and those for which
//! an enterprise vouches (ID-JAG).

use serde_json::json;

use super::{Holder, present, redeem};
use crate::{
    client_credentials,
    clients_file::world,
    harness::{Form, World},
    id_jag::house::House,
};

async fn is_bound(world: &World, form: &Form) {
    let holder = Holder::new();
    let reply = redeem(world, form, &holder.proof(world, "/oauth/token")).await;
    let answer = reply.json();
    assert_eq!((reply.status, &answer["token_type"]), (200, &json!("DPoP")), "{reply:?}");
    let token = answer["access_token"].as_str().unwrap();
    assert_eq!(present(world, token, &holder.proof_for(world, token)).await.status, 200);
    assert_eq!(world.mcp(token).await.status, 401, "without a proof");
    let thief = Holder::new();
    assert_eq!(present(world, token, &thief.proof_for(world, token)).await.status, 401, "with another key");
}

#[tokio::test]
async fn of_a_machine() {
    let world = world(json!([client_credentials::robot()])).await;
    is_bound(&world, &client_credentials::form()).await;
}

#[tokio::test]
async fn of_a_person_for_whom_an_enterprise_vouches() {
    let house = House::with_ada().await;
    is_bound(&house.world, &house.form(&house.good())).await;
}
