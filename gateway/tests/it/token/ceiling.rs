//! What an operator lets a client ask for at most holds from the next token on, whatever was approved before.

use serde_json::json;

use crate::{
    harness::{Browser, Client, Tokens, World},
    mcp::claims,
};

async fn bounded(world: &World, scope: &str) {
    let entry = json!({
        "client_id": "app",
        "redirect_uris": ["https://app.example/cb"],
        "token_endpoint_auth_method": "none",
        "scope": scope,
    });
    let statement = format!(
        "INSERT INTO operator_clients (id, entry, created_at_ms) VALUES ('app', '{entry}', 0) \
         ON CONFLICT (id) DO UPDATE SET entry = excluded.entry"
    );
    world.database.run(&statement).await;
}

fn app() -> Client {
    Client { id: "app".to_owned(), secret: None, redirect_uri: "https://app.example/cb".to_owned() }
}

fn scope(tokens: &Tokens) -> String {
    claims(&tokens.access)["scope"].as_str().unwrap().to_owned()
}

const ALL: &str = "peaka:read peaka:query peaka:write";

#[tokio::test]
async fn a_refresh_stays_below_it() {
    let world = World::start().await;
    bounded(&world, ALL).await;
    let client = app();
    let code = Browser::new(&world).code_for(&client).await;
    let tokens = world.tokens(&client, &code).await;
    assert_eq!(scope(&tokens), ALL);
    bounded(&world, "peaka:read").await;
    let before = world.database.dump().await;
    let wide = client.refreshing(&tokens.refresh).with("scope", "peaka:write");
    assert_eq!(world.redeem(&wide).await.error(), "400 invalid_scope");
    assert_eq!(world.database.dump().await, before);
    let reply = world.refresh(&client, &tokens.refresh).await;
    assert_eq!(reply.json()["scope"], "peaka:read", "{reply:?}");
    let tokens = Tokens::of(&reply);
    assert_eq!(scope(&tokens), "peaka:read");
    // What the person approved is not forgotten.
    bounded(&world, "peaka:query").await;
    let tokens = Tokens::of(&world.refresh(&client, &tokens.refresh).await);
    assert_eq!(scope(&tokens), "peaka:read peaka:query");
}

#[tokio::test]
async fn a_code_stays_below_it() {
    let world = World::start().await;
    bounded(&world, ALL).await;
    let client = app();
    let code = Browser::new(&world).code_for(&client).await;
    bounded(&world, "peaka:read").await;
    let tokens = world.tokens(&client, &code).await;
    assert_eq!(scope(&tokens), "peaka:read");
    let tokens = Tokens::of(&world.refresh(&client, &tokens.refresh).await);
    assert_eq!(scope(&tokens), "peaka:read");
}
