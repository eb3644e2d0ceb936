//! A refresh token against new tokens: one live generation, a lost answer costs nothing, an old one ends the session.

use crate::{
    harness::{Tokens, World},
    mcp::claims,
};

const DAY: u64 = 24 * 60 * 60;

#[tokio::test]
async fn every_refresh_gives_another_token_of_the_same_session() {
    let world = World::start().await;
    let connected = world.connect().await;
    let (mut token, first) = (connected.tokens.refresh.clone(), claims(&connected.tokens.access));
    for _ in 0..3 {
        let reply = world.refresh(&connected.client, &token).await;
        assert_eq!(reply.header("cache-control"), "no-store");
        let tokens = Tokens::of(&reply);
        assert_ne!(tokens.refresh, token);
        assert_eq!(world.mcp(&tokens.access).await.status, 200);
        let claims = claims(&tokens.access);
        for name in ["sid", "sub", "aud", "client_id", "scope"] {
            assert_eq!(claims[name], first[name], "{name}");
        }
        assert_ne!(claims["jti"], first["jti"]);
        token = tokens.refresh;
    }
    assert_eq!(world.database.count("sessions").await, 1);
}

#[tokio::test]
async fn a_lost_answer_is_given_again_the_same() {
    let world = World::start().await;
    let connected = world.connect().await;
    let first = Tokens::of(&world.refresh(&connected.client, &connected.tokens.refresh).await);
    // Also long after: the successor has never been used, so nobody else has it.
    for wait in [0, 61, 3600] {
        world.pass(wait);
        let again = Tokens::of(&world.refresh(&connected.client, &connected.tokens.refresh).await);
        assert_eq!(again.refresh, first.refresh);
        assert_eq!(world.mcp(&again.access).await.status, 200);
    }
    let next = Tokens::of(&world.refresh(&connected.client, &first.refresh).await);
    assert_ne!(next.refresh, first.refresh);
}

#[tokio::test]
async fn racers_end_up_on_one_branch() {
    let world = World::start().await;
    let connected = world.connect().await;
    let answers = world.redeem_at_once(&connected.client.refreshing(&connected.tokens.refresh), 20).await;
    let (won, lost): (Vec<_>, Vec<_>) = answers.into_iter().partition(|(status, _)| *status == 200);
    // Who met the moment between two looks is told to come back, not that the token is dead.
    assert!(lost.iter().all(|(status, body)| *status == 503 && body["error"] == "temporarily_unavailable"));
    let tokens: Vec<Tokens> = won.iter().map(|(_, body)| Tokens::from_answer(body)).collect();
    assert!(!tokens.is_empty());
    assert!(tokens.iter().all(|racer| racer.refresh == tokens[0].refresh));
    assert_eq!(world.refresh(&connected.client, &tokens[0].refresh).await.status, 200);
}

#[tokio::test]
async fn an_older_token_ends_the_session() {
    let world = World::start().await;
    let connected = world.connect().await;
    let second = Tokens::of(&world.refresh(&connected.client, &connected.tokens.refresh).await);
    let third = Tokens::of(&world.refresh(&connected.client, &second.refresh).await);
    assert_eq!(
        world.refresh(&connected.client, &connected.tokens.refresh).await.error(),
        "400 invalid_grant"
    );
    for tokens in [&connected.tokens, &second, &third] {
        world.assert_over(&connected.client, tokens).await;
    }
    assert_eq!(world.database.audit().await, ["session_began", "refresh_reused"]);
}

#[tokio::test]
async fn a_token_is_of_no_use_to_another_client() {
    let world = World::start().await;
    let connected = world.connect().await;
    let stranger = world.register().await;
    let before = world.database.dump().await;
    assert_eq!(world.refresh(&stranger, &connected.tokens.refresh).await.error(), "400 invalid_grant");
    let narrowed = stranger.refreshing(&connected.tokens.refresh).with("scope", "peaka:read");
    assert_eq!(world.redeem(&narrowed).await.error(), "400 invalid_grant");
    assert_eq!(world.database.dump().await, before);
    // Nor is an old one a way for others to end the session.
    Tokens::of(&world.refresh(&connected.client, &connected.tokens.refresh).await);
    let newest = Tokens::of(&world.refresh(&connected.client, &connected.tokens.refresh).await);
    let newest = Tokens::of(&world.refresh(&connected.client, &newest.refresh).await);
    let before = world.database.dump().await;
    assert_eq!(world.refresh(&stranger, &connected.tokens.refresh).await.error(), "400 invalid_grant");
    assert_eq!(world.database.dump().await, before);
    assert_eq!(world.refresh(&connected.client, &newest.refresh).await.status, 200);
}

#[tokio::test]
async fn a_scope_can_be_narrowed_for_one_token_but_never_widened() {
    let world = World::start().await;
    let client = world.register().await;
    let request = client.request(&world).with("scope", "peaka:read peaka:query");
    let code = crate::harness::Browser::new(&world).code(&request, &crate::harness::Browser::all()).await;
    let tokens = world.tokens(&client, &code).await;
    let form = client.refreshing(&tokens.refresh);
    let before = world.database.dump().await;
    for wider in ["peaka:write", "peaka:read peaka:write", "peaka:admin", "*", "peaka:read <script>"] {
        assert_eq!(world.redeem(&form.with("scope", wider)).await.error(), "400 invalid_scope", "{wider}");
        assert_eq!(world.database.dump().await, before, "{wider}");
    }
    let narrow = world.redeem(&form.with("scope", "peaka:read offline_access")).await;
    assert_eq!(narrow.json()["scope"], "peaka:read");
    assert_eq!(claims(narrow.json()["access_token"].as_str().unwrap())["scope"], "peaka:read");
    // The session keeps what was approved.
    let whole = world.refresh(&client, &Tokens::of(&narrow).refresh).await;
    assert_eq!(whole.json()["scope"], "peaka:read peaka:query");
}

#[tokio::test]
async fn a_session_that_is_not_refreshed_ends_after_thirty_days() {
    let world = World::start().await;
    let connected = world.connect().await;
    world.pass(30 * DAY - 1);
    let tokens = Tokens::of(&world.refresh(&connected.client, &connected.tokens.refresh).await);
    world.pass(30 * DAY);
    assert_eq!(world.refresh(&connected.client, &tokens.refresh).await.error(), "400 invalid_grant");
}

#[tokio::test]
async fn any_session_ends_after_its_longest_time_and_its_tokens_with_it() {
    let world = World::start_with(&[("GATEWAY_SESSION_SECONDS", "86400")]).await;
    let connected = world.connect().await;
    world.pass(DAY - 100);
    let reply = world.refresh(&connected.client, &connected.tokens.refresh).await;
    // The access token does not outlive the session.
    assert_eq!(reply.json()["expires_in"], 100);
    let tokens = Tokens::of(&reply);
    world.pass(100 + 30);
    world.assert_over(&connected.client, &tokens).await;
}

#[tokio::test]
async fn garbage_is_no_refresh_token() {
    let world = World::start().await;
    let connected = world.connect().await;
    let token = &connected.tokens.refresh;
    let foreign = World::start().await.connect().await.tokens.refresh;
    let mut near = token.clone();
    near.replace_range(60..61, if &near[60..61] == "A" { "B" } else { "A" });
    let before = world.database.dump().await;
    for garbage in [
        near.as_str(),
        &foreign,
        &connected.tokens.access,
        &connected.code,
        "pkm_rt_",
        "x",
        &"x".repeat(9000),
    ] {
        assert_eq!(world.refresh(&connected.client, garbage).await.error(), "400 invalid_grant");
    }
    let missing = connected.client.refreshing(token).without("refresh_token");
    assert_eq!(world.redeem(&missing).await.error(), "400 invalid_request");
    assert_eq!(world.database.dump().await, before);
    assert_eq!(world.refresh(&connected.client, token).await.status, 200);
}
