//! The refresh token of a client that has nothing else to prove itself by is bound to the key (RFC 9449 §5).

use super::{Holder, connect, redeem};
use crate::{
    harness::{Tokens, World},
    mcp::claims,
};

#[tokio::test]
async fn it_goes_on_with_the_same_key_alone() {
    let world = World::start().await;
    let (holder, thief) = (Holder::new(), Holder::new());
    let (client, tokens) = connect(&world, &holder).await;
    let refreshing = client.refreshing(&tokens.refresh);
    let before = world.database.dump().await;
    assert_eq!(world.redeem(&refreshing).await.error(), "400 invalid_dpop_proof");
    let other = redeem(&world, &refreshing, &thief.proof(&world, "/oauth/token")).await;
    assert_eq!(other.error(), "400 invalid_grant");
    assert_eq!(world.database.dump().await, before);

    let advanced = redeem(&world, &refreshing, &holder.proof(&world, "/oauth/token")).await;
    let advanced = Tokens::of(&advanced);
    assert_eq!(claims(&advanced.access)["cnf"]["jkt"], holder.thumbprint());
    // Whoever lost the answer gets the same again, with the key.
    assert_eq!(world.redeem(&refreshing).await.error(), "400 invalid_dpop_proof");
    let again = redeem(&world, &refreshing, &holder.proof(&world, "/oauth/token")).await;
    assert_eq!(Tokens::of(&again).refresh, advanced.refresh);
}

#[tokio::test]
async fn whoever_copied_an_old_one_cannot_even_end_the_session() {
    let world = World::start().await;
    let (holder, thief) = (Holder::new(), Holder::new());
    let (client, first) = connect(&world, &holder).await;
    let mut newest = first.refresh.clone();
    for _ in 0..2 {
        let proof = holder.proof(&world, "/oauth/token");
        newest = Tokens::of(&redeem(&world, &client.refreshing(&newest), &proof).await).refresh;
    }
    let old = client.refreshing(&first.refresh);
    assert_eq!(world.redeem(&old).await.error(), "400 invalid_dpop_proof");
    let proof = thief.proof(&world, "/oauth/token");
    assert_eq!(redeem(&world, &old, &proof).await.error(), "400 invalid_grant");
    let proof = holder.proof(&world, "/oauth/token");
    newest = Tokens::of(&redeem(&world, &client.refreshing(&newest), &proof).await).refresh;
    // The holder of the key who comes with an old token is two.
    let proof = holder.proof(&world, "/oauth/token");
    assert_eq!(redeem(&world, &old, &proof).await.error(), "400 invalid_grant");
    let proof = holder.proof(&world, "/oauth/token");
    assert_eq!(redeem(&world, &client.refreshing(&newest), &proof).await.error(), "400 invalid_grant");
}
