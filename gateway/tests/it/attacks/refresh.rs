//! Rows 33 to 38: refresh tokens, revocation, and clients that prove themselves.

use base64::prelude::*;
use serde_json::json;

use super::{assert_unchanged, registered, world};
use crate::harness::{Browser, Client, Form, Tokens, World};

const CLIENT: &str = "https://client.example/cb";

#[tokio::test]
async fn row_33_a_refresh_token_that_was_copied() {
    let world = world().await;
    let connected = world.connect().await;
    let (client, first) = (&connected.client, &connected.tokens.refresh);
    let second = Tokens::of(&world.refresh(client, first).await);
    let third = Tokens::of(&world.refresh(client, &second.refresh).await);
    assert_eq!(world.refresh(client, first).await.error(), "400 invalid_grant");
    world.assert_over(client, &third).await;
    assert_eq!(world.database.audit().await.last().unwrap(), "refresh_reused");
}

#[tokio::test]
async fn row_34_refreshing_as_another_or_for_more() {
    let world = world().await;
    let client = registered(&world, CLIENT).await;
    let other = registered(&world, CLIENT).await;
    let narrow = Browser::all().without("scope").and("scope", "peaka:read");
    let code = Browser::new(&world).code(&client.request(&world), &narrow).await;
    let tokens = world.tokens(&client, &code).await;
    let form = client.refreshing(&tokens.refresh);
    let before = world.database.dump().await;
    for (bent, error) in [
        (form.with("client_id", &other.id), "400 invalid_grant"),
        (form.and("scope", "peaka:read peaka:write"), "400 invalid_scope"),
        (form.and("scope", "peaka:admin"), "400 invalid_scope"),
        (form.and("resource", "https://other.example/mcp"), "400 invalid_target"),
    ] {
        assert_eq!(world.redeem(&bent).await.error(), error);
        assert_unchanged(&world, &before, error).await;
    }
    // Without a resource the token is for the one that was granted.
    let next = Tokens::of(&world.redeem(&form).await);
    assert_eq!(world.mcp(&next.access).await.status, 200);
}

/// Over two replicas this is shown in `replicas/refreshes.rs`.
#[tokio::test]
async fn row_35_a_race_for_a_refresh() {
    let world = world().await;
    let connected = world.connect().await;
    let form = connected.client.refreshing(&connected.tokens.refresh);
    let answers = world.redeem_at_once(&form, 32).await;
    assert!(answers.iter().all(|(status, _)| *status < 500), "{answers:?}");
    let given: std::collections::BTreeSet<String> = answers
        .iter()
        .filter(|(status, _)| *status == 200)
        .map(|(_, answer)| answer["refresh_token"].as_str().unwrap().to_owned())
        .collect();
    assert_eq!(given.len(), 1, "there are branches: {answers:?}");
    assert_eq!(world.database.texts("SELECT CAST(generation AS TEXT) FROM sessions").await, ["2"]);
    assert_eq!(world.refresh(&connected.client, given.first().unwrap()).await.status, 200);
}

/// How soon other replicas know is shown in `replicas/revocation.rs`.
#[tokio::test]
async fn row_36_revocation_by_a_stranger() {
    let world = world().await;
    let connected = world.connect().await;
    let stranger = registered(&world, CLIENT).await;
    let before = world.database.dump().await;
    for token in [
        &connected.tokens.access,
        &connected.tokens.refresh,
        &"unknown".to_owned(),
        &"pkm_rt_AAAA".to_owned(),
    ] {
        let reply = world.post("/oauth/revoke", &stranger.revoking(token)).await;
        assert_eq!((reply.status, reply.body.as_str()), (200, ""), "no oracle");
    }
    assert_unchanged(&world, &before, "a stranger's revocation").await;
    world.assert_alive(&connected).await;
    let hinted = connected.client.revoking(&connected.tokens.refresh).and("token_type_hint", "access_token");
    assert_eq!(world.post("/oauth/revoke", &hinted).await.status, 200);
    world.assert_over(&connected.client, &connected.tokens).await;
}

async fn confidential(world: &World) -> (Client, Form) {
    let metadata = json!({"redirect_uris": [CLIENT], "token_endpoint_auth_method": "client_secret_basic"});
    let client = world.client(&metadata).await;
    let form = client.redemption(&Browser::new(world).code_for(&client).await);
    (client, form)
}

#[tokio::test]
async fn row_37_clients_that_prove_themselves_twice_or_not() {
    let world = world().await;
    let (client, form) = confidential(&world).await;
    let public = registered(&world, CLIENT).await;
    let basic =
        |id: &str, secret: &str| format!("Basic {}", BASE64_STANDARD.encode(format!("{id}:{secret}")));
    let own = basic(&client.id, client.secret.as_deref().unwrap());
    let bare = form.without("client_secret");
    let before = world.database.dump().await;
    let with = async |form: &Form, header: &str| {
        world.post_with("/oauth/token", form, &[("authorization", header)]).await
    };
    assert_eq!(with(&form, &own).await.error(), "400 invalid_request", "both ways at once");
    let public = with(&public.redemption("pkm_ac_x"), &basic(&public.id, "x")).await;
    assert_eq!(public.error(), "401 invalid_client");
    assert!(public.header("www-authenticate").starts_with("Basic"));
    for header in ["Basic", "Basic !!", "Basic JVpaOng=", &basic("%ZZ", "x"), "Digest x"] {
        let reply = with(&bare, header).await;
        assert_eq!(reply.error(), "401 invalid_client", "{header}");
        assert!(reply.header("www-authenticate").starts_with("Basic"), "{header}");
    }
    for kind in ["application/json", "text/plain", "multipart/form-data; boundary=x", ""] {
        let request =
            world.http.post(world.url("/oauth/token")).header("content-type", kind).body(form.encode());
        assert_eq!(request.send().await.unwrap().status(), 400, "{kind}");
    }
    assert_unchanged(&world, &before, "a client that did not prove itself").await;
    assert_eq!(with(&bare, &own).await.status, 200);
}

#[tokio::test]
async fn row_38_answers_that_are_kept_on_the_way() {
    let world = world().await;
    let (client, form) = confidential(&world).await;
    let registration = world.register_with(&json!({"redirect_uris": [CLIENT]})).await;
    let granted = world.redeem(&form).await;
    let refused = world.redeem(&form.with("code", "x")).await;
    let revoked = world.post("/oauth/revoke", &client.revoking(&Tokens::of(&granted).refresh)).await;
    let exchanged = world.http.post(format!("{}/internal/token", world.internal)).send().await.unwrap();
    assert_eq!(exchanged.headers()["cache-control"], "no-store");
    for reply in [registration, granted, refused, revoked, world.mcp("x").await] {
        assert_eq!(reply.header("cache-control"), "no-store", "{reply:?}");
    }
}
