//! What comes back from the backend, and what of it reaches the client.

use http::Response;
use serde_json::json;

use crate::harness::{Answer, Reply, World};

async fn answered(world: &World, token: &str, answer: Answer) -> Reply {
    world.backend.next(answer);
    world.mcp(token).await
}

#[tokio::test]
async fn only_what_is_listed_reaches_the_client() {
    let world = World::start().await;
    let token = world.connect().await.tokens.access;
    let told = Answer::status(
        200,
        &[
            ("set-cookie", "a=b"),
            ("x-peaka-identity", "eyJ"),
            ("x-peaka-required-scope", "peaka:read"),
            ("www-authenticate", "Bearer realm=\"backend\""),
            ("server", "backend"),
            ("access-control-allow-origin", "*"),
            ("access-control-allow-credentials", "true"),
            ("location", "https://evil.example"),
            ("x-internal", "1"),
            ("mcp-protocol-version", "2026-07-28"),
            ("retry-after", "7"),
        ],
    );
    let reply = answered(&world, &token, told).await;
    assert_eq!((reply.status, reply.body.as_str()), (200, "{\"told\":\"by the backend\"}"));
    let mut names: Vec<&str> = reply.headers.keys().map(|name| name.as_str()).collect();
    names.sort_unstable();
    assert_eq!(
        names,
        [
            "cache-control",
            "content-length",
            "content-type",
            "date",
            "mcp-protocol-version",
            "retry-after",
            "vary",
            "x-content-type-options"
        ]
    );
    assert_eq!((reply.header("cache-control"), reply.header("retry-after")), ("no-store", "7"));
}

#[tokio::test]
async fn the_backends_verdicts_on_a_request_pass() {
    let world = World::start().await;
    let token = world.connect().await.tokens.access;
    for status in [200, 202, 400, 404, 406, 415, 429, 503] {
        let reply = answered(&world, &token, Answer::status(status, &[("retry-after", "3")])).await;
        assert_eq!((reply.status, &reply.json()["told"]), (status, &json!("by the backend")));
        assert_eq!(reply.header("retry-after"), "3");
    }
    let empty = Answer::Plain(Response::builder().status(202).body(String::new()).unwrap());
    let reply = answered(&world, &token, empty).await;
    assert_eq!((reply.status, reply.body.as_str()), (202, ""));
}

#[tokio::test]
async fn a_lacking_scope_is_a_challenge_that_names_all_that_are_needed() {
    let world = World::start().await;
    let token = world.connect().await.tokens.access;
    let told = Answer::status(403, &[("x-peaka-required-scope", "peaka:write peaka:read")]);
    let reply = answered(&world, &token, told).await;
    assert_eq!(reply.status, 403);
    let metadata = world.url("/.well-known/oauth-protected-resource/mcp");
    assert_eq!(
        reply.header("www-authenticate"),
        format!(
            "Bearer error=\"insufficient_scope\", error_description=\"This call needs the scope peaka:read peaka:write.\", \
             scope=\"peaka:read peaka:write\", resource_metadata=\"{metadata}\""
        )
    );
    assert_eq!(reply.header("x-peaka-required-scope"), "");
    assert_eq!(reply.json()["error"]["message"], "This call needs the scope peaka:read peaka:write.");
}

#[tokio::test]
async fn a_dead_peaka_credential_is_a_401_and_nothing_else_of_the_backend_is() {
    let world = World::start().await;
    let connected = world.connect().await;
    let token = &connected.tokens.access;
    let reply = answered(&world, token, Answer::status(401, &[("x-peaka-sign-in-again", "1")])).await;
    assert_eq!(reply.status, 401);
    assert!(reply.header("www-authenticate").starts_with("Bearer error=\"invalid_token\""));
    assert_eq!(reply.header("x-peaka-sign-in-again"), "");
    for (status, headers) in [
        (401, &[("www-authenticate", "Bearer realm=\"backend\"")][..]),
        (401, &[]),
        (403, &[]),
        (403, &[("x-peaka-required-scope", "peaka:admin")]),
        (403, &[("x-peaka-sign-in-again", "1")]),
        (500, &[]),
        (502, &[]),
        (302, &[("location", "https://evil.example/")]),
        (307, &[("location", "https://evil.example/")]),
    ] {
        let before = world.backend.seen().len();
        let reply = answered(&world, token, Answer::status(status, headers)).await;
        assert_eq!(reply.status, 502, "{status} {headers:?}");
        assert_eq!((reply.header("www-authenticate"), reply.header("location")), ("", ""));
        assert_eq!(reply.json()["error"]["message"], "The tool server failed to answer this request.");
        // Never sent twice: a tool call may have changed something.
        assert_eq!(world.backend.seen().len(), before + 1);
    }
    world.assert_alive(&connected).await;
}

#[tokio::test]
async fn a_backend_that_is_away_is_a_503_with_a_time_to_come_back() {
    let world = World::start().await;
    let token = world.connect().await.tokens.access;
    let hung_up = answered(&world, &token, Answer::HangUp).await;
    assert_eq!(world.backend.seen().len(), 1, "the request was sent again");
    world.backend.stop();
    tokio::task::yield_now().await;
    for reply in [hung_up, world.mcp(&token).await] {
        assert_eq!((reply.status, reply.header("retry-after")), (503, "2"));
        let message = "The tool server is not available right now; try again.";
        assert_eq!(reply.json()["error"], json!({"code": -32000, "message": message}));
    }
    // The rest of the gateway does not mind.
    world.connect().await;
}

/// What is refused in the backend's name is no reason to connect anew.
#[tokio::test]
async fn a_refused_answer_does_not_cost_its_connection() {
    let world = World::start().await;
    let token = world.connect().await.tokens.access;
    for status in [401, 403, 500, 502, 302] {
        let reply = answered(&world, &token, Answer::status(status, &[])).await;
        assert_eq!(reply.status, 502, "{status}");
    }
    assert_eq!(world.mcp(&token).await.status, 200);
    assert_eq!(world.backend.connections(), 1);
}
