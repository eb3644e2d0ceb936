//! Where an operator wants none of it.

use std::io::Write as _;

use serde_json::json;
use tempfile::NamedTempFile;

use super::{Holder, present, redeem};
use crate::harness::{Browser, Client, Tokens, World};

#[tokio::test]
async fn proofs_are_not_looked_at_and_not_promised() {
    let world = World::start_with(&[("GATEWAY_DPOP", "off")]).await;
    let server = world.get("/.well-known/oauth-authorization-server").await.json();
    let resource = world.get("/.well-known/oauth-protected-resource").await.json();
    for name in ["dpop_signing_alg_values_supported", "dpop_bound_access_tokens_required"] {
        assert!(server.get(name).is_none() && resource.get(name).is_none(), "{name}");
    }
    let metadata = json!({"client_name": "A", "redirect_uris": ["https://a.example/cb"], "dpop_bound_access_tokens": true});
    assert_eq!(world.register_with(&metadata).await.json()["dpop_bound_access_tokens"], false);
    let client = world.client(&metadata).await;
    let code = Browser::new(&world).code_for(&client).await;
    let holder = Holder::new();
    let reply = redeem(&world, &client.redemption(&code), &holder.proof(&world, "/oauth/token")).await;
    assert_eq!(reply.json()["token_type"], "Bearer");
    let token = Tokens::of(&reply).access;
    let refused = present(&world, &token, &holder.proof_for(&world, &token)).await;
    assert!(refused.header("www-authenticate").starts_with("Bearer resource_metadata"), "{refused:?}");
    assert_eq!(world.mcp(&token).await.status, 200);
}

#[tokio::test]
async fn a_client_that_takes_only_bound_tokens_is_told_that_there_are_none() {
    let mut file = NamedTempFile::new().unwrap();
    let clients = json!({"clients": [{
        "client_id": "bound", "redirect_uris": ["https://a.example/cb"], "token_endpoint_auth_method": "none",
        "dpop_bound_access_tokens": true,
    }]});
    file.write_all(clients.to_string().as_bytes()).unwrap();
    let file = file.path().to_str().unwrap();
    let world = World::start_with(&[("GATEWAY_DPOP", "off"), ("GATEWAY_CLIENTS_FILE", file)]).await;
    let client =
        Client { id: "bound".to_owned(), secret: None, redirect_uri: "https://a.example/cb".to_owned() };
    let code = Browser::new(&world).code_for(&client).await;
    let before = world.database.dump().await;
    let form = client.redemption(&code);
    assert_eq!(world.redeem(&form).await.error(), "400 unauthorized_client");
    let proof = Holder::new().proof(&world, "/oauth/token");
    assert_eq!(redeem(&world, &form, &proof).await.error(), "400 unauthorized_client");
    assert_eq!(world.database.dump().await, before);
}
