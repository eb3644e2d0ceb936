//! A credential that was given out lately carries its session over an outage of the database, and nothing else.

use super::{exchange, form, identity, peaka_token, sha256, whose};
use crate::harness::World;

#[tokio::test]
async fn a_session_goes_on_while_the_database_is_away() {
    let world = World::start().await;
    let (used, unused) = (world.connect().await, world.connect().await);
    let token = peaka_token(&world, &used.tokens.access).await;
    let never = form(&identity(&world, &unused.tokens.access).await);
    world.database.goes_away().await;
    // Long after it would be looked up again.
    for seconds in [0, 6, 60, 200] {
        world.pass(seconds);
        assert_eq!(peaka_token(&world, &used.tokens.access).await, token);
    }
    assert_eq!(whose(&world, &token).await, standin::demo::PEOPLE[0].email);
    let of_another = form(&identity(&world, &unused.tokens.access).await);
    for form in [&of_another, &never] {
        assert_ne!(exchange(&world, form).await.status, 200, "nothing of this session is remembered");
    }
    let good = form(&identity(&world, &used.tokens.access).await);
    let rejected = good.with("rejected_token_sha256", &sha256(&token));
    assert_eq!(exchange(&world, &rejected).await.error(), "503 temporarily_unavailable");
    // Over: 266 of its 300 seconds are gone, and 30 more.
    world.pass(30);
    assert_eq!(exchange(&world, &good).await.error(), "503 temporarily_unavailable");
    world.database.comes_back().await;
    assert_ne!(peaka_token(&world, &used.tokens.access).await, token);
}

#[tokio::test]
async fn calls_that_follow_each_other_ask_the_database_once() {
    let world = World::start().await;
    let connected = world.connect().await;
    let token = peaka_token(&world, &connected.tokens.access).await;
    // Whoever asks the database now is told that there is nothing.
    world.database.run("UPDATE sessions SET credential_id = 'none'").await;
    world.pass(4);
    assert_eq!(peaka_token(&world, &connected.tokens.access).await, token);
    world.pass(1);
    let good = form(&identity(&world, &connected.tokens.access).await);
    assert_eq!(exchange(&world, &good).await.error(), "400 invalid_grant");
}
