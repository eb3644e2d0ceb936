//! The resource that tokens are for (RFC 8707 §2.2).

use crate::{
    harness::{Browser, Tokens, World},
    mcp::claims,
};

#[tokio::test]
async fn the_spellings_that_clients_use_mean_the_one_resource() {
    let world = World::start().await;
    for spelling in ["/mcp", "/mcp/", "", "/"] {
        let client = world.register().await;
        let resource = world.url(spelling);
        let code = Browser::new(&world)
            .code(&client.request(&world).with("resource", &resource), &Browser::all())
            .await;
        let tokens = Tokens::of(&world.redeem(&client.redemption(&code).with("resource", &resource)).await);
        let form = client.refreshing(&tokens.refresh);
        let twice = form.and("resource", &resource).and("resource", &world.url("/mcp"));
        for tokens in [tokens, Tokens::of(&world.redeem(&twice).await)] {
            // Whatever was sent, the token names the canonical one.
            assert_eq!(claims(&tokens.access)["aud"], world.url("/mcp"));
            assert_eq!(world.mcp(&tokens.access).await.status, 200);
        }
    }
}

#[tokio::test]
async fn another_resource_is_refused_before_anything_is_spent() {
    let world = World::start().await;
    let client = world.register().await;
    let code = Browser::new(&world).code_for(&client).await;
    let others = [
        "https://other.example/mcp",
        &world.url("/mcp//"),
        &world.url("/MCP"),
        &world.url("/other"),
        "mcp",
        "*",
    ];
    let form = client.redemption(&code);
    let before = world.database.dump().await;
    for other in others {
        assert_eq!(
            world.redeem(&form.with("resource", other)).await.error(),
            "400 invalid_target",
            "{other}"
        );
        let both = form.and("resource", &world.url("/mcp")).and("resource", other);
        assert_eq!(world.redeem(&both).await.error(), "400 invalid_target", "{other}");
    }
    assert_eq!(world.database.dump().await, before);
    let tokens = Tokens::of(&world.redeem(&form).await);
    let form = client.refreshing(&tokens.refresh);
    let before = world.database.dump().await;
    for other in others {
        assert_eq!(
            world.redeem(&form.with("resource", other)).await.error(),
            "400 invalid_target",
            "{other}"
        );
    }
    assert_eq!(world.database.dump().await, before);
    // Left out, it is the grant's.
    let refreshed = Tokens::of(&world.redeem(&form).await);
    assert_eq!(claims(&refreshed.access)["aud"], world.url("/mcp"));
}
