//! Token revocation (RFC 7009).

use serde_json::json;

use crate::harness::{Browser, Form, Tokens, World};

#[tokio::test]
async fn either_token_ends_the_whole_session_whatever_the_hint() {
    let world = World::start().await;
    for hint in [None, Some("access_token"), Some("refresh_token"), Some("something")] {
        for access in [true, false] {
            let connected = world.connect().await;
            let token = if access { &connected.tokens.access } else { &connected.tokens.refresh };
            let mut form = connected.client.revoking(token);
            if let Some(hint) = hint {
                form = form.with("token_type_hint", hint);
            }
            let reply = world.post("/oauth/revoke", &form).await;
            assert_eq!(
                (reply.status, reply.body.as_str(), reply.header("cache-control")),
                (200, "", "no-store")
            );
            world.assert_over(&connected.client, &connected.tokens).await;
            // Again: it is as over as it was.
            assert_eq!(world.post("/oauth/revoke", &form).await.status, 200);
            assert_eq!(world.database.audit().await.last().unwrap(), "client_revoked");
        }
    }
    assert_eq!(world.database.audit().await.len(), 16);
}

#[tokio::test]
async fn an_old_or_expired_token_still_names_its_session() {
    let world = World::start().await;
    let connected = world.connect().await;
    let newest = Tokens::of(&world.refresh(&connected.client, &connected.tokens.refresh).await);
    world.pass(901);
    let form = connected.client.revoking(&connected.tokens.access);
    assert_eq!(world.post("/oauth/revoke", &form).await.status, 200);
    assert_eq!(world.refresh(&connected.client, &newest.refresh).await.error(), "400 invalid_grant");
}

#[tokio::test]
async fn a_stranger_ends_nothing_and_learns_nothing() {
    let world = World::start().await;
    let connected = world.connect().await;
    let stranger = world.register().await;
    let before = world.database.dump().await;
    let foreign = World::start().await.connect().await.tokens;
    for token in [
        connected.tokens.access.as_str(),
        &connected.tokens.refresh,
        &foreign.access,
        &foreign.refresh,
        &connected.code,
        "unknown",
        "pkm_rt_AAAA",
        "a.b.c",
    ] {
        let reply = world.post("/oauth/revoke", &stranger.revoking(token)).await;
        assert_eq!((reply.status, reply.body.as_str()), (200, ""), "{token}");
    }
    assert_eq!(world.database.dump().await, before);
    world.assert_alive(&connected).await;
}

#[tokio::test]
async fn the_client_proves_itself_first() {
    let world = World::start().await;
    let metadata = json!({"redirect_uris": ["https://client.example/cb"], "token_endpoint_auth_method": "client_secret_post"});
    let client = world.client(&metadata).await;
    let code = Browser::new(&world).code_for(&client).await;
    let tokens = world.tokens(&client, &code).await;
    let form = client.revoking(&tokens.refresh);
    let before = world.database.dump().await;
    for (wrong, error) in [
        (form.without("client_secret"), "401 invalid_client"),
        (form.with("client_secret", "x"), "401 invalid_client"),
        (form.with("client_id", "unknown"), "401 invalid_client"),
        (form.without("client_id"), "400 invalid_request"),
        (form.without("token"), "400 invalid_request"),
        (form.and("token", "x"), "400 invalid_request"),
        (Form::default(), "400 invalid_request"),
    ] {
        assert_eq!(world.post("/oauth/revoke", &wrong).await.error(), error, "{wrong:?}");
    }
    assert_eq!(world.database.dump().await, before);
    assert_eq!(world.mcp(&tokens.access).await.status, 200);
    assert_eq!(world.post("/oauth/revoke", &form).await.status, 200);
    assert_eq!(world.mcp(&tokens.access).await.status, 401);
}

/// Nothing that protects depends on Redis (design, invariant 9).
#[tokio::test]
async fn without_redis_an_end_holds_here_at_once() {
    let world = World::start_with(&[("GATEWAY_REDIS_URL", "redis://127.0.0.1:1")]).await;
    let connected = world.connect().await;
    world.assert_alive(&connected).await;
    let form = connected.client.revoking(&connected.tokens.refresh);
    assert_eq!(world.post("/oauth/revoke", &form).await.status, 200);
    world.assert_over(&connected.client, &connected.tokens).await;
    let replayed = world.connect().await;
    world.redeem(&replayed.client.redemption(&replayed.code)).await;
    world.assert_over(&replayed.client, &replayed.tokens).await;
    let reused = world.connect().await;
    let second = Tokens::of(&world.refresh(&reused.client, &reused.tokens.refresh).await);
    let third = Tokens::of(&world.refresh(&reused.client, &second.refresh).await);
    world.refresh(&reused.client, &reused.tokens.refresh).await;
    world.assert_over(&reused.client, &third).await;
}
