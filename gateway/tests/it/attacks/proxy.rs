//! Rows 45 to 47 and 49 to 53: what passes to the backend, and back.

use std::{
    path::Path,
    process::{Child, Command},
    time::Duration,
};

use serde_json::json;
use shared::{
    assertion::{self, Identity, Minter, Projects},
    clock::{Clock as _, SystemClock},
    jws::VerificationKeys,
    scope::Scopes,
};
use standin::demo::PEOPLE;
use tempfile::TempDir;
use tokio::net::TcpStream;

use super::world;
use crate::{
    exchange::{exchange, form},
    harness::{Answer, Browser, Seen, World},
    replicas::process::free_port,
};

/// The one request that came bears exactly one identity under whatever spelling, and it is ada's.
async fn assert_is_adas(world: &World, before: usize, what: &str) -> Seen {
    let seen = world.backend.only(before);
    let of_identity = |name: &str| name.to_lowercase().replace('_', "-") == "x-peaka-identity";
    let identities: Vec<_> = seen.headers.iter().filter(|(name, _)| of_identity(name)).collect();
    assert_eq!(identities.len(), 1, "{what}: {identities:?}");
    let set = world.http.get(format!("{}/internal/jwks", world.internal)).send().await.unwrap();
    let keys = VerificationKeys::from_jwk_set(&set.json().await.unwrap()).unwrap();
    let verified = assertion::verify(&identities[0].1, &keys, &world.origin, SystemClock.now()).unwrap();
    assert_eq!(verified.subject, PEOPLE[0].user_id(), "{what}");
    seen
}

#[tokio::test]
async fn row_45_forged_identities() {
    let world = world().await;
    let bearer = format!("Authorization: Bearer {}", world.connect().await.tokens.access);
    for lines in [
        &["X-Peaka-Identity: forged"][..],
        &["X-Peaka-Identity: forged", "X-Peaka-Identity: forged"],
        &["x-pEAKA-identity: forged"],
        &["X_Peaka_Identity: forged"],
        &["X-Peaka_Identity: forged"],
        &["Mcp-Param-X-Peaka-Identity: forged"],
    ] {
        let before = world.backend.seen().len();
        let answer = world.raw_mcp(&[&[bearer.as_str(), "Connection: close"], lines].concat()).await;
        assert!(answer.starts_with("HTTP/1.1 200 "), "{lines:?} {answer}");
        assert_is_adas(&world, before, &format!("{lines:?}")).await;
        let before = world.backend.seen().len();
        let answer = world.raw_mcp(&[&["Connection: close"], lines].concat()).await;
        assert!(answer.starts_with("HTTP/1.1 401 "), "{lines:?} {answer}");
        assert_eq!(world.backend.seen().len(), before, "{lines:?} without a token");
    }
    let answer = world.raw_mcp(&[&bearer, "X-Peaka-Identity : forged"]).await;
    assert!(answer.starts_with("HTTP/1.1 400 "), "a name that ends in a space: {answer}");
    let before = world.backend.seen().len();
    let trailer = format!(
        "POST /mcp HTTP/1.1\r\nHost: {}\r\n{bearer}\r\nConnection: close\r\nTrailer: X-Peaka-Identity\r\n\
         Transfer-Encoding: chunked\r\n\r\n2\r\n{{}}\r\n0\r\nX-Peaka-Identity: forged\r\n\r\n",
        world.host()
    );
    assert!(world.raw(&trailer).await.starts_with("HTTP/1.1 200 "));
    assert_is_adas(&world, before, "a trailer").await;
}

/// That the backend refuses them too is shown in the backend's own tests.
#[tokio::test]
async fn row_46_identities_used_again() {
    let world = world().await;
    let access = world.connect().await.tokens.access;
    assert_eq!(world.mcp(&access).await.status, 200);
    let identity = world.backend.only(0).header("x-peaka-identity").unwrap().to_owned();
    let claims = crate::mcp::claims(&identity);
    let (issued, ends) = (claims["iat"].as_i64().unwrap(), claims["exp"].as_i64().unwrap());
    assert!(ends - issued <= 60, "{claims}");
    assert!(!claims["jti"].as_str().unwrap().is_empty());
    assert_ne!(claims["aud"], json!(world.url("/mcp")), "it is for the backend alone");
    assert_eq!(exchange(&world, &form(&identity)).await.status, 200);
    // One of our own key, but old.
    let settings = gateway::store::StoreSettings {
        url: world.database.url.clone().into(),
        connections: 1,
        replicas: 1,
        acquire: std::time::Duration::from_secs(5),
    };
    let store = gateway::store::Store::connect(&settings).await.unwrap();
    let master = gateway::keys::MasterKeys::parse(crate::harness::MASTER_KEY).unwrap();
    let keys = gateway::keys::Keys::open(store, master, SystemClock.now()).await.unwrap();
    let whose = Identity {
        subject: claims["sub"].as_str().unwrap().to_owned(),
        session_id: claims["sid"].as_str().unwrap().to_owned(),
        client_id: claims["client_id"].as_str().unwrap().to_owned(),
        scopes: Scopes::ALL,
        projects: Projects::All,
    };
    let signed = |age: u64| {
        let then = SystemClock.now().minus(std::time::Duration::from_secs(age));
        keys.identity(|ring| {
            Minter { key: ring.active(), issuer: &world.origin }.mint(&whose, then, "j".to_owned())
        })
    };
    assert_eq!(exchange(&world, &form(&signed(0).unwrap())).await.status, 200);
    assert_eq!(exchange(&world, &form(&signed(600).unwrap())).await.error(), "400 invalid_request");
    // Nor is it a ticket to the resource.
    assert_eq!(world.mcp(&identity).await.status, 401);
}

/// Fields that one hop means for the next, each with what a proxy would do that believed them.
const HOP_BY_HOP: [&[&str]; 6] = [
    &["Connection: close, X-Peaka-Identity"],
    &["Connection: close, Authorization"],
    &["Connection: close, MCP-Protocol-Version", "MCP-Protocol-Version: 2026-07-28"],
    &["Connection: close", "Proxy-Connection: keep-alive", "Keep-Alive: timeout=5"],
    &["Connection: close, TE", "TE: trailers"],
    &["Connection: close, Upgrade, HTTP2-Settings", "Upgrade: h2c", "HTTP2-Settings: AAMAAABkAAQAAP__"],
];

/// None of them changes who is asking, and none goes on.
async fn assert_ends_here(world: &World) {
    let bearer = format!("Authorization: Bearer {}", world.connect().await.tokens.access);
    for lines in HOP_BY_HOP {
        let before = world.backend.seen().len();
        let answer = world.raw_mcp(&[&[bearer.as_str()], lines].concat()).await;
        assert!(answer.starts_with("HTTP/1.1 200 "), "{lines:?} {answer}");
        let seen = assert_is_adas(world, before, &format!("{lines:?}")).await;
        for name in ["proxy-connection", "keep-alive", "te", "upgrade", "http2-settings", "authorization"] {
            assert_eq!(seen.header(name), None, "{lines:?}");
        }
        let connection = seen.header("connection").unwrap_or_default();
        assert!(["", "keep-alive", "close"].contains(&connection), "{lines:?}: {connection}");
    }
}

#[tokio::test]
async fn row_47_hop_by_hop_fields() {
    assert_ends_here(&world().await).await;
}

/// The same with a real proxy on the way to the backend, which reads such fields in its own way.
#[tokio::test]
async fn row_47_hop_by_hop_fields_before_nginx() {
    let port = free_port();
    let behind = format!("http://127.0.0.1:{port}");
    let world = World::start_process_with(&[("GATEWAY_BACKEND_URL", &behind)]).await;
    let _nginx = Nginx::start(port, &world.backend.origin).await;
    assert_ends_here(&world).await;
}

/// It keeps connections alive and speaks HTTP/1.1 on both sides.
struct Nginx {
    child: Child,
    _directory: TempDir,
}

impl Nginx {
    async fn start(port: u16, backend: &str) -> Self {
        let directory = tempfile::tempdir().unwrap();
        let (place, backend) = (directory.path().display(), backend.trim_start_matches("http://"));
        let temporary: String = ["client_body", "proxy", "fastcgi", "uwsgi", "scgi"]
            .map(|kind| format!("{kind}_temp_path {place}/{kind};"))
            .concat();
        let configuration = format!(
            "daemon off; master_process off; pid {place}/pid; events {{ }} \
             http {{ access_log off; {temporary} upstream backend {{ server {backend}; keepalive 4; }} \
             server {{ listen 127.0.0.1:{port}; location / {{ proxy_pass http://backend; proxy_http_version 1.1; \
             proxy_set_header Connection ''; }} }} }}"
        );
        let file = directory.path().join("nginx.conf");
        std::fs::write(&file, configuration).unwrap();
        let log = directory.path().join("log");
        // Debian keeps it where only an administrator looks.
        let program = ["/usr/sbin/nginx", "nginx"].into_iter().find(|path| Path::new(path).exists());
        let child = Command::new(program.unwrap_or("nginx"))
            .args([Path::new("-e"), &log, Path::new("-c"), &file, Path::new("-p"), directory.path()])
            .spawn()
            .unwrap();
        while TcpStream::connect(("127.0.0.1", port)).await.is_err() {
            tokio::time::sleep(Duration::from_millis(10)).await;
        }
        Self { child, _directory: directory }
    }
}

impl Drop for Nginx {
    fn drop(&mut self) {
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}

#[tokio::test]
async fn row_49_paths_that_look_like_the_resource() {
    let world = world().await;
    let token = world.connect().await.tokens.access;
    for path in [
        "/mcp/../admin",
        "/mcp/%2e%2e/admin",
        "//mcp",
        "/mcp%2f..",
        "/mcp;x",
        "/MCP",
        "/mcp/",
        "/%6dcp",
        "/x/../mcp",
        "/internal/token",
        "/healthz",
        "/readyz",
        "/metrics",
    ] {
        for bearer in [format!("Authorization: Bearer {token}\r\n"), String::new()] {
            let answer = world
                .raw(&format!(
                    "POST {path} HTTP/1.1\r\nHost: {}\r\n{bearer}X-Forwarded-Uri: /mcp\r\nX-Original-URL: /healthz\r\n\
                     User-Agent: kube-probe/1.0\r\nConnection: close\r\nContent-Length: 2\r\n\r\n{{}}",
                    world.host()
                ))
                .await;
            assert!(["404", "400"].contains(&&answer[9..12]), "{path}: {answer}");
        }
    }
    for headers in
        [("x-original-url", "/healthz"), ("x-forwarded-uri", "/readyz"), ("user-agent", "GoogleHC/1.0")]
    {
        assert_eq!(world.mcp_with(&[headers]).await.status, 401, "{headers:?}");
    }
    assert!(world.backend.seen().is_empty());
}

/// The backend, which reads the body, judges: `-32020` in its own tests. The gateway takes no decision on what a header
/// says, and changes neither header nor body, so that both speak of the same.
#[tokio::test]
async fn row_50_headers_and_body_that_disagree() {
    let world = world().await;
    let bearer = format!("Bearer {}", world.connect().await.tokens.access);
    for (version, method, name) in [
        ("2026-07-28", "tools/list", "x"),
        ("2025-11-25", "tools/list", "x"),
        ("2026-07-28", "", "=?base64?eA==?="),
    ] {
        let before = world.backend.seen().len();
        let body = r#"{"jsonrpc":"2.0","id":1,"method":"tools/call","params":{"name":"execute_query"}}"#;
        let request = world
            .http
            .post(world.url("/mcp"))
            .header("authorization", &bearer)
            .header("mcp-protocol-version", version)
            .header("mcp-method", method)
            .header("mcp-name", name)
            .body(body);
        world.backend.next(Answer::status(400, &[]));
        assert_eq!(request.send().await.unwrap().status(), 400, "the backend's word passes");
        let seen = assert_is_adas(&world, before, method).await;
        assert_eq!((seen.header("mcp-method"), seen.header("mcp-name")), (Some(method), Some(name)));
        assert_eq!((seen.header("mcp-protocol-version"), seen.body.as_str()), (Some(version), body));
    }
}

#[tokio::test]
async fn row_51_pages_of_others() {
    let world = World::start_process_with(&[("GATEWAY_ALLOWED_ORIGINS", "https://app.example")]).await;
    let bearer = format!("Bearer {}", world.connect().await.tokens.access);
    for origin in [
        "https://evil.example",
        "null",
        "http://localhost.evil",
        "https://app.example.evil",
        "https://app.example:444",
        "http://app.example",
        "https://app.example/",
    ] {
        let reply = world.mcp_with(&[("origin", origin), ("authorization", &bearer)]).await;
        assert_eq!((reply.status, reply.header("access-control-allow-origin")), (403, ""), "{origin}");
    }
    assert!(world.backend.seen().is_empty());
    let reply = world.mcp_with(&[("origin", "https://app.example"), ("authorization", &bearer)]).await;
    assert_eq!((reply.status, reply.header("access-control-allow-origin")), (200, "https://app.example"));
    assert!(
        reply.headers.get_all("vary").iter().any(|vary| vary
            .to_str()
            .unwrap()
            .to_lowercase()
            .contains("origin"))
    );
}

#[tokio::test]
async fn row_52_sessions_of_others() {
    let world = world().await;
    let alice = world.connect().await.tokens.access;
    let client = world.register().await;
    let code = Browser::of(&world, &PEOPLE[1]).code_for(&client).await;
    let bob = format!("Bearer {}", world.tokens(&client, &code).await.access);
    world.backend.next(Answer::status(200, &[("mcp-session-id", "of-the-backend")]));
    let given = world.mcp(&alice).await.header("mcp-session-id").to_owned();
    assert!(!given.is_empty());
    let before = world.backend.seen().len();
    for stolen in [given.as_str(), "of-the-backend"] {
        let headers = [
            ("authorization", bob.as_str()),
            ("mcp-session-id", stolen),
            ("mcp-protocol-version", "2025-11-25"),
        ];
        assert_eq!(world.mcp_with(&headers).await.status, 404);
    }
    assert_eq!(world.backend.seen().len(), before);
    let modern =
        [("authorization", bob.as_str()), ("mcp-session-id", &given), ("mcp-protocol-version", "2026-07-28")];
    assert_eq!(world.mcp_with(&modern).await.status, 200);
    assert_eq!(world.backend.only(before).header("mcp-session-id"), None);
    for method in [reqwest::Method::GET, reqwest::Method::DELETE] {
        let request = world.http.request(method, world.url("/mcp")).header("authorization", &bob);
        assert_eq!(request.send().await.unwrap().status(), 405);
    }
}

#[tokio::test]
async fn row_53_what_the_backend_says_too_much() {
    let world = world().await;
    let token = world.connect().await.tokens.access;
    let loose = [
        ("set-cookie", "a=b"),
        ("x-peaka-identity", "eyJ"),
        ("server", "backend"),
        ("access-control-allow-origin", "*"),
        ("access-control-allow-credentials", "true"),
        ("location", "https://evil.example"),
    ];
    world.backend.next(Answer::status(200, &loose));
    let reply = world.mcp(&token).await;
    assert_eq!(reply.status, 200);
    for (name, _) in loose {
        assert_eq!(reply.header(name), "", "{name}");
    }
    world.backend.next(Answer::status(401, &[("www-authenticate", "Bearer realm=\"backend\"")]));
    let reply = world.mcp(&token).await;
    assert_eq!(
        (reply.status, reply.header("www-authenticate")),
        (502, ""),
        "its quarrel is not the client's"
    );
    let (events, receiver) = tokio::sync::mpsc::channel(1);
    world.backend.next(Answer::Events(receiver));
    drop(events);
    assert_eq!(world.mcp(&token).await.header("x-accel-buffering"), "no");
}
