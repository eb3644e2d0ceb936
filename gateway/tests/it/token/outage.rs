//! An outage is told as one, never as a dead grant: clients throw their tokens away on `invalid_grant`.

use crate::harness::{Browser, Reply, Tokens, World};

fn assert_is_an_outage(reply: &Reply) {
    assert_eq!(reply.error(), "503 temporarily_unavailable");
    assert_eq!(reply.header("retry-after"), "2");
    for internal in ["sqlite", "table", "sessions", "authorizations"] {
        assert!(!reply.body.contains(internal), "{}", reply.body);
    }
}

#[tokio::test]
async fn while_the_database_is_away_nothing_is_lost() {
    let world = World::start().await;
    let connected = world.connect().await;
    let client = world.register().await;
    let code = Browser::new(&world).code_for(&client).await;
    world.database.goes_away().await;
    for form in [
        client.redemption(&code),
        connected.client.refreshing(&connected.tokens.refresh),
        connected.client.refreshing(&connected.tokens.refresh).with("scope", "peaka:read"),
    ] {
        assert_is_an_outage(&world.redeem(&form).await);
    }
    assert_is_an_outage(
        &world.post("/oauth/revoke", &connected.client.revoking(&connected.tokens.refresh)).await,
    );
    // What needs no database goes on: tokens that are out, registration, and a verdict that is certain without it.
    world.assert_alive(&connected).await;
    world.register().await;
    assert_eq!(world.refresh(&client, "pkm_rt_x").await.error(), "400 invalid_grant");
    world.database.comes_back().await;
    world.tokens(&client, &code).await;
    Tokens::of(&world.refresh(&connected.client, &connected.tokens.refresh).await);
}

/// The code is spent and the session begun in one transaction, with the note of it: all or nothing.
#[tokio::test]
async fn an_outage_in_the_middle_of_a_redemption_costs_nothing() {
    let world = World::start().await;
    for table in ["sessions", "audit_events"] {
        let client = world.register().await;
        let code = Browser::new(&world).code_for(&client).await;
        world.database.rename(table, "away").await;
        assert_is_an_outage(&world.redeem(&client.redemption(&code)).await);
        world.database.rename("away", table).await;
        let tokens = world.tokens(&client, &code).await;
        assert_eq!(world.mcp(&tokens.access).await.status, 200, "{table}");
    }
}

#[tokio::test]
async fn an_outage_in_the_middle_of_a_revocation_is_not_acknowledged() {
    let world = World::start().await;
    let connected = world.connect().await;
    world.database.rename("audit_events", "away").await;
    let form = connected.client.revoking(&connected.tokens.refresh);
    assert_is_an_outage(&world.post("/oauth/revoke", &form).await);
    world.assert_alive(&connected).await;
    world.database.rename("away", "audit_events").await;
    assert_eq!(world.post("/oauth/revoke", &form).await.status, 200);
    world.assert_over(&connected.client, &connected.tokens).await;
}
