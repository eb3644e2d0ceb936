//! What reaches the backend is built from an allowlist, with exactly one identity: ours (design, invariants 1 and 2).

use std::time::Duration;

use shared::{
    assertion::{self, Identity},
    http_client::{Deadlines, builder},
    jws::VerificationKeys,
};
use standin::demo::PEOPLE;

use crate::harness::{NOW, Seen, World};

/// What may be there at all.
const ALLOWED: [&str; 11] = [
    "accept",
    "content-length",
    "content-type",
    "host",
    "mcp-method",
    "mcp-name",
    "mcp-protocol-version",
    "traceparent",
    "tracestate",
    "transfer-encoding",
    "x-peaka-identity",
];

pub(super) async fn verified(world: &World, header: &str) -> Identity {
    let set = world.http.get(format!("{}/internal/jwks", world.internal)).send().await.unwrap();
    let keys = VerificationKeys::from_jwk_set(&set.json().await.unwrap()).unwrap();
    assertion::verify(header, &keys, &world.origin, NOW).unwrap()
}

/// The one request that came is the person's, and nothing in it is the client's that should not be.
async fn assert_clean(world: &World, before: usize, token: &str, what: &str) -> Seen {
    let seen = world.backend.only(before);
    for name in seen.names() {
        assert!(
            ALLOWED.contains(&name) || name.starts_with("mcp-param-"),
            "{what}: {name} reached the backend"
        );
    }
    let normalised = |name: &str| name.to_lowercase().replace('_', "-");
    let identities: Vec<_> =
        seen.headers.iter().filter(|(name, _)| normalised(name) == "x-peaka-identity").collect();
    assert_eq!(identities.len(), 1, "{what}");
    assert_eq!(verified(world, &identities[0].1).await.subject, PEOPLE[0].user_id(), "{what}");
    assert!(!format!("{seen:?}").contains(token), "{what}: the client's token reached the backend");
    assert_eq!(seen.header("host"), Some(world.backend.origin.trim_start_matches("http://")), "{what}");
    seen
}

#[tokio::test]
async fn only_what_is_listed_passes() {
    let world = World::start().await;
    let token = world.connect().await.tokens.access;
    let answer = world
        .raw_mcp(&[
            &format!("Authorization: Bearer {token}"),
            "Connection: close",
            "Accept: application/json, text/event-stream",
            "MCP-Protocol-Version: 2026-07-28",
            "Mcp-Method: tools/call",
            "Mcp-Name: list_projects",
            "Mcp-Param-Region: eu",
            "Traceparent: 00-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-01",
            "Tracestate: a=b",
            "Mcp-Session-Id: s",
            "Mcp-Paramx: 1",
            "Cookie: peaka-browser=x",
            "X-Forwarded-For: 192.0.2.1",
            "X-Forwarded-Host: evil.example",
            "Forwarded: host=evil.example",
            "X-Original-URL: /healthz",
            "X-Api-Key: x",
            "Proxy-Authorization: Basic eDp5",
            "User-Agent: kube-probe/1.0",
            "Referer: https://evil.example/",
            "Origin: http://localhost:6274",
            "X-Peaka-Required-Scope: peaka:read",
            "X-Peaka-Sign-In-Again: 1",
            "Expect: 100-continue",
        ])
        .await;
    assert!(answer.contains("HTTP/1.1 200 OK"), "{answer}");
    let seen = assert_clean(&world, 0, &token, "everything").await;
    assert_eq!((seen.method.as_str(), seen.path.as_str()), ("POST", "/mcp"));
    let expected = [
        "accept",
        "content-length",
        "content-type",
        "host",
        "mcp-method",
        "mcp-name",
        "mcp-param-region",
        "mcp-protocol-version",
        "traceparent",
        "tracestate",
        "x-peaka-identity",
    ];
    assert_eq!(seen.names(), expected);
    assert_eq!(seen.header("mcp-name"), Some("list_projects"));
}

#[tokio::test]
async fn a_forged_identity_never_arrives() {
    let world = World::start().await;
    let token = world.connect().await.tokens.access;
    let bearer = format!("Authorization: Bearer {token}");
    for lines in [
        &["X-Peaka-Identity: forged"][..],
        &["X-Peaka-Identity: forged", "X-Peaka-Identity: forged"],
        &["x-peaka-identity: forged", "X-PEAKA-IDENTITY: forged"],
        &["X_Peaka_Identity: forged"],
        &["X-Peaka_Identity: forged", "x_peaka-identity: forged"],
        &["X-Peaka-Identity:"],
        &["Mcp-Param-X-Peaka-Identity: forged"],
        &["Mcp-Name: x", "Mcp-Name: X-Peaka-Identity: forged"],
    ] {
        let before = world.backend.seen().len();
        let answer = world.raw_mcp(&[&[bearer.as_str(), "Connection: close"], lines].concat()).await;
        assert!(answer.starts_with("HTTP/1.1 200 "), "{lines:?} {answer}");
        let seen = assert_clean(&world, before, &token, &format!("{lines:?}")).await;
        assert_ne!(seen.header("x-peaka-identity"), Some("forged"));
        // Without a token it opens nothing.
        let before = world.backend.seen().len();
        let answer = world.raw_mcp(&[&["Connection: close"], lines].concat()).await;
        assert!(answer.starts_with("HTTP/1.1 401 "), "{lines:?} {answer}");
        assert_eq!(world.backend.seen().len(), before);
    }
    // A name that ends in a space is no name (RFC 9112 §5.1).
    let answer = world.raw_mcp(&[&bearer, "X-Peaka-Identity : forged"]).await;
    assert!(answer.starts_with("HTTP/1.1 400 "), "{answer}");
    // Nor does it come behind the body.
    let before = world.backend.seen().len();
    let answer = world
        .raw(&format!(
            "POST /mcp HTTP/1.1\r\nHost: {}\r\n{bearer}\r\nConnection: close\r\nContent-Type: application/json\r\n\
             Trailer: X-Peaka-Identity\r\nTE: trailers\r\nTransfer-Encoding: chunked\r\n\r\n2\r\n{{}}\r\n0\r\n\
             X-Peaka-Identity: forged\r\n\r\n",
            world.host()
        ))
        .await;
    assert!(answer.starts_with("HTTP/1.1 200 "), "{answer}");
    assert_clean(&world, before, &token, "a trailer").await;
}

#[tokio::test]
async fn http_2_makes_no_difference() {
    let world = World::start().await;
    let token = world.connect().await.tokens.access;
    let deadlines = Deadlines { connect: Duration::from_secs(5), total: Some(Duration::from_secs(20)) };
    let http = builder("a test", deadlines).http2_prior_knowledge().build().unwrap();
    let send = |bearer: Option<&str>| {
        let mut request = http.post(format!("http://{}/mcp", world.address())).body("{}");
        for (name, value) in
            [("x-peaka-identity", "forged"), ("x_peaka_identity", "forged"), ("te", "trailers")]
        {
            request = request.header(name, value);
        }
        bearer.into_iter().fold(request, reqwest::RequestBuilder::bearer_auth).send()
    };
    assert_eq!(send(None).await.unwrap().status(), 401);
    let reply = send(Some(&token)).await.unwrap();
    assert_eq!((reply.status().as_u16(), reply.version()), (200, http::Version::HTTP_2));
    let seen = assert_clean(&world, 0, &token, "HTTP/2").await;
    assert_eq!(seen.body, "{}");
}

#[tokio::test]
async fn hop_by_hop_fields_end_here() {
    let world = World::start().await;
    let token = world.connect().await.tokens.access;
    let bearer = format!("Authorization: Bearer {token}");
    for lines in [
        &["Connection: close, X-Peaka-Identity"][..],
        &["Connection: close, Authorization"],
        &["Connection: close, Host"],
        &["Connection: close", "Connection: Content-Type"],
        &["Connection: close", "Proxy-Connection: keep-alive", "Keep-Alive: timeout=5"],
        &["Connection: close, TE", "TE: trailers, deflate"],
        &["Connection: close, Upgrade, HTTP2-Settings", "Upgrade: h2c", "HTTP2-Settings: AAMAAABkAAQAAP__"],
        &["Connection: close, Upgrade", "Upgrade: websocket", "Sec-WebSocket-Key: x"],
    ] {
        let before = world.backend.seen().len();
        let answer = world.raw_mcp(&[&[bearer.as_str()], lines].concat()).await;
        assert!(answer.starts_with("HTTP/1.1 200 "), "{lines:?} {answer}");
        assert_clean(&world, before, &token, &format!("{lines:?}")).await;
    }
}
