//! Who may not in is told where to get a token, and only then (RFC 6750 §3, RFC 9728 §5.1).

use serde_json::json;

use crate::harness::{Reply, World};

const ALL: &str = "peaka:read peaka:query peaka:write";

fn metadata(world: &World) -> String {
    format!("resource_metadata=\"{}\"", world.url("/.well-known/oauth-protected-resource/mcp"))
}

/// Refused in a form that JSON-RPC clients can read, and the backend hears nothing of it.
fn assert_refused(world: &World, reply: &Reply, status: u16, challenge: &str) {
    assert_eq!((reply.status, reply.header("www-authenticate")), (status, challenge), "{reply:?}");
    assert_eq!(reply.header("cache-control"), "no-store");
    assert_eq!(reply.json()["jsonrpc"], "2.0");
    assert!(reply.json()["error"]["message"].is_string());
    assert!(world.backend.seen().is_empty());
}

async fn request(world: &World, method: &str, headers: &[(&str, &str)]) -> Reply {
    let mut request = world.http.request(method.parse().unwrap(), world.url("/mcp"));
    for (name, value) in headers {
        request = request.header(*name, *value);
    }
    Reply::of(request.send().await.unwrap()).await
}

#[tokio::test]
async fn without_a_token_every_method_gets_the_challenge() {
    let world = World::start().await;
    // RFC 6750 §3.1: who presented nothing is not told of an error.
    let challenge = format!("Bearer {}, scope=\"{ALL}\"", metadata(&world));
    for method in ["POST", "GET", "DELETE", "PUT", "PATCH"] {
        assert_refused(&world, &request(&world, method, &[]).await, 401, &challenge);
    }
    let other_scheme = request(&world, "POST", &[("authorization", "Basic eDp5")]).await;
    assert_refused(&world, &other_scheme, 401, &challenge);
    let reply = request(&world, "GET", &[("accept", "text/event-stream")]).await;
    let message = "Sign in first: this resource needs an access token.";
    // The request's id is not known here: its body was not read.
    let error = json!({"code": -32000, "message": message});
    assert_eq!(reply.json(), json!({"jsonrpc": "2.0", "id": null, "error": error}));
}

#[tokio::test]
async fn with_a_token_other_methods_than_post_are_not_allowed() {
    let world = World::start().await;
    let connected = world.connect().await;
    let bearer = format!("Bearer {}", connected.tokens.access);
    for method in ["GET", "DELETE", "PUT", "PATCH"] {
        let reply = request(&world, method, &[("authorization", &bearer)]).await;
        assert_refused(&world, &reply, 405, "");
        assert_eq!(reply.header("allow"), "POST");
    }
}

#[tokio::test]
async fn a_token_anywhere_but_in_the_header_is_not_looked_at() {
    let world = World::start().await;
    let token = world.connect().await.tokens.access;
    let challenge = format!("Bearer {}, scope=\"{ALL}\"", metadata(&world));
    for path in [format!("/mcp?access_token={token}"), format!("/mcp?token={token}")] {
        let reply = Reply::of(world.http.post(world.url(&path)).send().await.unwrap()).await;
        assert_refused(&world, &reply, 401, &challenge);
    }
    let form = crate::harness::Form::of([("access_token", token.as_str())]);
    assert_refused(&world, &world.post("/mcp", &form).await, 401, &challenge);
    let cookie =
        request(&world, "POST", &[("cookie", &format!("access_token={token}")), ("x-api-key", &token)]).await;
    assert_refused(&world, &cookie, 401, &challenge);
}

#[tokio::test]
async fn one_token_in_one_header_of_the_right_form() {
    let world = World::start().await;
    let token = world.connect().await.tokens.access;
    let bearer = format!("Bearer {token}");
    let challenge = format!("Bearer error=\"invalid_request\", {}", metadata(&world));
    for headers in [
        &[("authorization", bearer.as_str()), ("authorization", bearer.as_str())][..],
        &[("authorization", "Basic eDp5"), ("authorization", &bearer)],
    ] {
        assert_refused(&world, &request(&world, "POST", headers).await, 400, &challenge);
    }
    let challenge = format!(
        "Bearer error=\"invalid_token\", error_description=\"The Authorization header should read: Bearer, a space, the \
         token.\", {}, scope=\"{ALL}\"",
        metadata(&world)
    );
    for malformed in [
        "Bearer",
        &format!("Bearer  {token}"),
        &format!("Bearer {token},x"),
        &format!("Bearer {token} x"),
        &format!("Bearer \"{token}\""),
    ] {
        let reply = request(&world, "POST", &[("authorization", malformed)]).await;
        assert_refused(&world, &reply, 401, &challenge);
    }
    for scheme in ["bearer", "BEARER", "bEaReR"] {
        assert_eq!(world.mcp_with(&[("authorization", &format!("{scheme} {token}"))]).await.status, 200);
    }
}

#[tokio::test]
async fn a_token_ends_with_a_leeway_for_clocks_that_differ() {
    let world = World::start().await;
    let connected = world.connect().await;
    world.pass(900 + 29);
    world.assert_alive(&connected).await;
    world.pass(1);
    let reply = world.mcp(&connected.tokens.access).await;
    let challenge = format!(
        "Bearer error=\"invalid_token\", error_description=\"The access token has expired.\", {}, scope=\"{ALL}\"",
        metadata(&world)
    );
    assert_eq!((reply.status, reply.header("www-authenticate")), (401, challenge.as_str()));
    assert_eq!(reply.json()["error"], json!({"code": -32000, "message": "The access token has expired."}));
    assert_eq!(world.backend.seen().len(), 1);
}
