//! A bound token is taken with a proof only, one that is not without (RFC 9449 §7.1, §7.2).

use super::{Holder, connect, present};
use crate::harness::{Reply, World};

fn challenges(reply: &Reply) -> Vec<String> {
    reply.headers.get_all("www-authenticate").iter().map(|value| value.to_str().unwrap().to_owned()).collect()
}

#[tokio::test]
async fn a_bound_token_is_no_bearer_token() {
    let world = World::start().await;
    let holder = Holder::new();
    let (_, tokens) = connect(&world, &holder).await;
    let bearer = format!("Bearer {}", tokens.access);
    let proof = holder.proof_for(&world, &tokens.access);
    for headers in [
        &[("authorization", bearer.as_str())][..],
        &[("authorization", bearer.as_str()), ("dpop", proof.as_str())],
    ] {
        let reply = world.mcp_with(headers).await;
        assert_eq!(reply.status, 401);
        let challenges = challenges(&reply);
        assert!(challenges[0].starts_with("Bearer error=\"invalid_token\""), "{challenges:?}");
        assert!(challenges[1].starts_with("DPoP error=\"invalid_token\""), "{challenges:?}");
        assert_eq!(challenges.len(), 2);
    }
    assert!(world.backend.seen().is_empty());
    assert_eq!(present(&world, &tokens.access, &proof).await.status, 200);
}

#[tokio::test]
async fn nor_is_a_bearer_token_a_bound_one() {
    let world = World::start().await;
    let connected = world.connect().await;
    let token = &connected.tokens.access;
    let reply = present(&world, token, &Holder::new().proof_for(&world, token)).await;
    assert_eq!(reply.status, 401);
    assert!(challenges(&reply)[0].starts_with("Bearer error=\"invalid_token\""), "{reply:?}");
    assert!(world.backend.seen().is_empty());
    world.assert_alive(&connected).await;
}

#[tokio::test]
async fn a_proof_of_another_key_is_none() {
    let world = World::start().await;
    let (_, tokens) = connect(&world, &Holder::new()).await;
    let thief = Holder::new();
    let reply = present(&world, &tokens.access, &thief.proof_for(&world, &tokens.access)).await;
    assert_eq!(reply.status, 401);
    assert!(reply.header("www-authenticate").starts_with("DPoP error=\"invalid_token\""), "{reply:?}");
    assert!(world.backend.seen().is_empty());
    assert!(world.database.noted("proof_refused").await.starts_with("refused"));
}

/// Whoever holds a token that is over learns that, whatever the proof.
#[tokio::test]
async fn an_ended_session_is_over_for_the_holder_too() {
    let world = World::start().await;
    let holder = Holder::new();
    let (client, tokens) = connect(&world, &holder).await;
    // The token alone is enough to end what it belongs to.
    assert_eq!(world.post("/oauth/revoke", &client.revoking(&tokens.access)).await.status, 200);
    let reply = present(&world, &tokens.access, &holder.proof_for(&world, &tokens.access)).await;
    assert_eq!(reply.status, 401);
    assert!(reply.header("www-authenticate").starts_with("DPoP error=\"invalid_token\""), "{reply:?}");
}
