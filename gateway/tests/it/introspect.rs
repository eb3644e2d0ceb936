//! Token introspection (RFC 7662): the truth about a client's own tokens, and nothing about others'.

use serde_json::{Value, json};

use crate::harness::{Browser, Client, Form, NOW, Reply, Tokens, World};

async fn confidential(world: &World) -> (Client, Tokens) {
    let metadata = json!({
        "client_name": "Server",
        "redirect_uris": ["https://a.example/cb"],
        "token_endpoint_auth_method": "client_secret_post",
    });
    let client = world.client(&metadata).await;
    let code = Browser::new(world).code_for(&client).await;
    let tokens = world.tokens(&client, &code).await;
    (client, tokens)
}

async fn ask(world: &World, form: &Form) -> Reply {
    let request = world
        .http
        .post(format!("{}/internal/introspect", world.internal))
        .header("content-type", "application/x-www-form-urlencoded")
        .body(form.encode());
    Reply::of(request.send().await.unwrap()).await
}

async fn told(world: &World, client: &Client, token: &str) -> Value {
    let reply = ask(world, &client.revoking(token)).await;
    assert_eq!((reply.status, reply.header("cache-control")), (200, "no-store"), "{reply:?}");
    reply.json()
}

fn inactive() -> Value {
    json!({"active": false})
}

#[tokio::test]
async fn a_client_learns_what_its_own_tokens_are() {
    let world = World::start().await;
    let (client, tokens) = confidential(&world).await;
    let mut access = told(&world, &client, &tokens.access).await;
    assert!(access["jti"].take().is_string());
    let subject = standin::demo::PEOPLE[0].user_id();
    let mut expected = json!({
        "active": true,
        "iss": world.origin,
        "sub": subject,
        "aud": world.url("/mcp"),
        "client_id": client.id,
        "scope": "peaka:read peaka:query peaka:write",
        "jti": null,
        "iat": NOW.seconds(),
        "exp": NOW.seconds() + 900,
        "token_type": "Bearer",
    });
    assert_eq!(access, expected);
    for name in ["jti", "token_type"] {
        expected.as_object_mut().unwrap().remove(name);
    }
    expected["exp"] = json!(NOW.seconds() + 30 * 24 * 60 * 60);
    assert_eq!(told(&world, &client, &tokens.refresh).await, expected);
    // A wrong hint misleads nobody.
    let hinted = client.revoking(&tokens.access).with("token_type_hint", "refresh_token");
    assert_eq!(ask(&world, &hinted).await.json()["active"], true);
}

#[tokio::test]
async fn what_is_over_is_inactive() {
    let world = World::start().await;
    let (client, first) = confidential(&world).await;
    let second = Tokens::of(&world.refresh(&client, &first.refresh).await);
    assert_eq!(
        told(&world, &client, &first.refresh).await["active"],
        true,
        "its holder may have lost the answer"
    );
    let third = Tokens::of(&world.refresh(&client, &second.refresh).await);
    // Asking is not using: the copied token ends nothing here.
    let before = world.database.dump().await;
    assert_eq!(told(&world, &client, &first.refresh).await, inactive());
    assert_eq!(world.database.dump().await, before);
    assert_eq!(told(&world, &client, &third.refresh).await["active"], true);
    world.pass(900 + 30);
    assert_eq!(told(&world, &client, &third.access).await, inactive());
    let fourth = Tokens::of(&world.refresh(&client, &third.refresh).await);
    assert_eq!(told(&world, &client, &fourth.access).await["active"], true);
    // Revoked behind this replica's back: the database is asked.
    world.database.run(&format!("UPDATE sessions SET revoked_at_ms = {}", NOW.millis())).await;
    for token in [&fourth.access, &fourth.refresh] {
        assert_eq!(told(&world, &client, token).await, inactive());
    }
}

#[tokio::test]
async fn others_tokens_strange_ones_and_dead_ones_are_all_the_same() {
    let world = World::start().await;
    let (client, tokens) = confidential(&world).await;
    let (_, others) = confidential(&world).await;
    let foreign = World::start().await.connect().await.tokens;
    let before = world.database.dump().await;
    let answer = ask(&world, &client.revoking("x")).await;
    for token in [
        &others.access,
        &others.refresh,
        &foreign.access,
        &foreign.refresh,
        &format!("{}x", tokens.access),
        &format!("{}x", tokens.refresh),
        "pkm_rt_",
        "pkm_ac_AAAA",
        &"a".repeat(9000),
        &client.secret.clone().unwrap(),
    ] {
        let reply = ask(&world, &client.revoking(token)).await;
        assert_eq!((reply.status, &reply.body), (200, &answer.body), "{token}");
        assert_eq!(reply.headers.len(), answer.headers.len(), "{token}");
        assert_eq!(world.database.dump().await, before);
    }
    assert_eq!(answer.json(), inactive());
}

#[tokio::test]
async fn only_who_proves_itself_may_ask() {
    let world = World::start().await;
    let (client, tokens) = confidential(&world).await;
    let public = world.connect().await;
    let good = client.revoking(&tokens.access);
    for (wrong, error) in [
        (public.client.revoking(&public.tokens.access), "401 invalid_client"),
        (good.without("client_secret"), "401 invalid_client"),
        (good.with("client_secret", "wrong"), "401 invalid_client"),
        (good.with("client_id", "unknown"), "401 invalid_client"),
        (good.without("client_id"), "400 invalid_request"),
        (good.without("token"), "400 invalid_request"),
        (good.and("token", "x"), "400 invalid_request"),
    ] {
        assert_eq!(ask(&world, &wrong).await.error(), error, "{wrong:?}");
    }
    // The public listener does not know of it.
    assert_eq!(world.post("/internal/introspect", &good).await.status, 404);
    world.database.goes_away().await;
    let reply = ask(&world, &good).await;
    assert_eq!((reply.error().as_str(), reply.header("retry-after")), ("503 temporarily_unavailable", "2"));
    world.database.comes_back().await;
    assert_eq!(ask(&world, &good).await.json()["active"], true);
}
