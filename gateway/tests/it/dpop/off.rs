//! Where an operator wants none of it.

use serde_json::json;

use super::{Holder, present, redeem};
use crate::harness::{Browser, Tokens, World};

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
