//! When a proof was made (RFC 9449 §11.1).

use serde_json::json;
use shared::clock::Clock as _;

use super::{Holder, connect, holder::with, present};
use crate::harness::World;

#[tokio::test]
async fn a_proof_is_of_now() {
    let world = World::start().await;
    let holder = Holder::new();
    let (_, tokens) = connect(&world, &holder).await;
    let now = world.clock.now().seconds();
    for (iat, status) in [(now - 119, 200), (now + 60, 200), (now - 120, 401), (now + 61, 401)] {
        let claims = with(&holder.claims_for(&world, &tokens.access), "iat", json!(iat));
        assert_eq!(present(&world, &tokens.access, &holder.sign(&claims)).await.status, status, "{iat}");
    }
}

#[tokio::test]
async fn a_proof_is_remembered_until_nobody_takes_it() {
    let world = World::start().await;
    let holder = Holder::new();
    let (_, tokens) = connect(&world, &holder).await;
    let ahead = json!(world.clock.now().seconds() + 60);
    let proof = holder.sign(&with(&holder.claims_for(&world, &tokens.access), "iat", ahead));
    assert_eq!(present(&world, &tokens.access, &proof).await.status, 200);
    for seconds in [0, 60, 120] {
        world.pass(seconds);
        let reply = present(&world, &tokens.access, &proof).await;
        let expected = if seconds == 120 { "iat" } else { "used before" };
        assert!(reply.header("www-authenticate").contains(expected), "{reply:?}");
    }
}

#[tokio::test]
async fn a_client_whose_clock_is_wrong_is_helped_by_a_nonce() {
    let world = World::start().await;
    let holder = Holder::new();
    let (_, tokens) = connect(&world, &holder).await;
    let wrong = with(&holder.claims_for(&world, &tokens.access), "iat", json!(1));
    let refused = present(&world, &tokens.access, &holder.sign(&wrong)).await;
    assert_eq!(refused.status, 401);
    let helped = with(&wrong, "nonce", json!(refused.header("dpop-nonce")));
    assert_eq!(present(&world, &tokens.access, &holder.sign(&helped)).await.status, 200);
}

#[tokio::test]
async fn a_proof_with_a_nonce_does_not_outlive_its_nonce() {
    let world = World::start().await;
    let holder = Holder::new();
    let (_, tokens) = connect(&world, &holder).await;
    let claims = holder.claims_for(&world, &tokens.access);
    let refused = present(&world, &tokens.access, &holder.sign(&with(&claims, "iat", json!(1)))).await;
    let claims = with(&claims, "nonce", json!(refused.header("dpop-nonce")));
    // By its own time it would be of now when the mark of its first use is gone.
    let ahead = json!(world.clock.now().seconds() + 310);
    let proof = holder.sign(&with(&claims, "iat", ahead));
    assert_eq!(present(&world, &tokens.access, &proof).await.status, 200);
    world.pass(310);
    let again = present(&world, &tokens.access, &proof).await;
    assert_eq!(again.status, 401);
    assert!(again.header("www-authenticate").contains("use_dpop_nonce"), "{again:?}");
}
