//! What a proof at the token endpoint does (RFC 9449 §5).

use serde_json::json;

use super::{Holder, present, redeem};
use crate::{
    harness::{Browser, Reply, Tokens, World},
    mcp::claims,
    private_key_jwt::key::Key,
};

#[tokio::test]
async fn a_proof_binds_the_tokens_to_its_key_whatever_its_kind() {
    let world = World::start().await;
    let holders = [
        Holder::new(),
        Holder::of(Key::ed("k"), "EdDSA"),
        Holder::of(Key::ed("k"), "Ed25519"),
        Holder::of(Key::rsa("k"), "RS256"),
    ];
    for holder in holders {
        let client = world.register().await;
        let code = Browser::new(&world).code_for(&client).await;
        let proof = holder.proof(&world, "/oauth/token");
        let reply = redeem(&world, &client.redemption(&code), &proof).await;
        assert_eq!((reply.status, reply.json()["token_type"].as_str()), (200, Some("DPoP")), "{reply:?}");
        assert_eq!(reply.header("dpop-nonce"), "");
        let tokens = Tokens::of(&reply);
        assert_eq!(claims(&tokens.access)["cnf"], json!({"jkt": holder.thumbprint()}));
        let served = present(&world, &tokens.access, &holder.proof_for(&world, &tokens.access)).await;
        assert_eq!(served.status, 200, "{served:?}");
    }
    // The proof goes no further, as the token does not.
    for seen in world.backend.seen() {
        assert!(seen.header("dpop").is_none() && seen.header("authorization").is_none());
    }
}

#[tokio::test]
async fn without_a_proof_all_is_as_before() {
    let world = World::start().await;
    let client = world.register().await;
    let code = Browser::new(&world).code_for(&client).await;
    let reply = world.redeem(&client.redemption(&code)).await;
    assert_eq!(reply.json()["token_type"], "Bearer");
    assert!(claims(&Tokens::of(&reply).access).get("cnf").is_none());
    let bound = "SELECT coalesce(key_thumbprint, 'none') FROM sessions";
    assert_eq!(world.database.texts(bound).await, ["none"]);
}

#[tokio::test]
async fn a_client_that_proves_itself_keeps_its_refresh_tokens_unbound() {
    let world = World::start().await;
    let metadata = json!({"client_name": "Web", "redirect_uris": ["https://a.example/cb"], "token_endpoint_auth_method": "client_secret_post"});
    let client = world.client(&metadata).await;
    let code = Browser::new(&world).code_for(&client).await;
    let (first, second) = (Holder::new(), Holder::new());
    let reply = redeem(&world, &client.redemption(&code), &first.proof(&world, "/oauth/token")).await;
    let tokens = Tokens::of(&reply);
    assert_eq!(claims(&tokens.access)["cnf"]["jkt"], first.thumbprint());
    // Each access token is bound to the key of its own request (§5).
    let reply =
        redeem(&world, &client.refreshing(&tokens.refresh), &second.proof(&world, "/oauth/token")).await;
    let tokens = Tokens::of(&reply);
    assert_eq!(claims(&tokens.access)["cnf"]["jkt"], second.thumbprint());
    let unbound = world.refresh(&client, &tokens.refresh).await;
    assert_eq!((unbound.status, unbound.json()["token_type"].as_str()), (200, Some("Bearer")));
}

/// RFC 9449 §6.2
#[tokio::test]
async fn introspection_tells_the_key() {
    let world = World::start().await;
    let metadata = json!({"client_name": "Web", "redirect_uris": ["https://a.example/cb"], "token_endpoint_auth_method": "client_secret_post"});
    let client = world.client(&metadata).await;
    let code = Browser::new(&world).code_for(&client).await;
    let holder = Holder::new();
    let reply = redeem(&world, &client.redemption(&code), &holder.proof(&world, "/oauth/token")).await;
    let tokens = Tokens::of(&reply);
    let request = world
        .http
        .post(format!("{}/internal/introspect", world.internal))
        .header("content-type", "application/x-www-form-urlencoded")
        .body(client.revoking(&tokens.access).encode());
    let told = Reply::of(request.send().await.unwrap()).await.json();
    assert_eq!(told["token_type"], "DPoP", "{told}");
    assert_eq!(told["cnf"], json!({"jkt": holder.thumbprint()}));
}

#[tokio::test]
async fn the_documents_and_the_rules_for_pages_say_so() {
    let world = World::start().await;
    let algorithms = json!(["ES256", "EdDSA", "Ed25519", "RS256"]);
    let server = world.get("/.well-known/oauth-authorization-server").await.json();
    assert_eq!(server["dpop_signing_alg_values_supported"], algorithms);
    let resource = world.get("/.well-known/oauth-protected-resource/mcp").await.json();
    assert_eq!(resource["dpop_signing_alg_values_supported"], algorithms);
    assert_eq!(resource["dpop_bound_access_tokens_required"], false);
    for path in ["/oauth/token", "/mcp"] {
        let preflight = world
            .http
            .request(reqwest::Method::OPTIONS, world.url(path))
            .header("origin", "http://localhost:6274")
            .header("access-control-request-method", "POST")
            .header("access-control-request-headers", "dpop");
        let allowed = Reply::of(preflight.send().await.unwrap()).await;
        assert!(allowed.header("access-control-allow-headers").contains("dpop"), "{path} {allowed:?}");
        let request = world.http.post(world.url(path)).header("origin", "http://localhost:6274");
        let reply = Reply::of(request.send().await.unwrap()).await;
        let exposed = reply.header("access-control-expose-headers");
        assert!(exposed.contains("dpop-nonce") && exposed.contains("www-authenticate"), "{path} {exposed}");
    }
}
