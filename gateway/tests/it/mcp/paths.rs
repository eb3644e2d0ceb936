//! One path is the resource; whatever looks like it is not.

use crate::harness::World;

#[tokio::test]
async fn nothing_but_the_path_itself_reaches_the_backend() {
    let world = World::start().await;
    let token = world.connect().await.tokens.access;
    for path in [
        "/mcp/",
        "//mcp",
        "/MCP",
        "/mcp;x",
        "/mcp%2f",
        "/%6dcp",
        "/mcp/../admin",
        "/mcp/%2e%2e/admin",
        "/mcp%2f..",
        "/x/../mcp",
        "/./mcp",
        "/mcp/x",
        "/internal/token",
        "/internal/jwks",
        "/healthz",
        "/readyz",
        "/metrics",
        "*",
    ] {
        for bearer in [format!("Authorization: Bearer {token}\r\n"), String::new()] {
            let answer = world
                .raw(&format!(
                    "POST {path} HTTP/1.1\r\nHost: {}\r\n{bearer}X-Original-URL: /mcp\r\nX-Forwarded-Uri: /healthz\r\n\
                     User-Agent: kube-probe/1.0\r\nConnection: close\r\nContent-Length: 2\r\n\r\n{{}}",
                    world.host()
                ))
                .await;
            // The bare address is a page, which takes no POST.
            let refused = if path == "/" { &["405"][..] } else { &["404", "400"] };
            assert!(refused.contains(&&answer[9..12]), "{path} {answer}");
        }
    }
    assert!(world.backend.seen().is_empty());
    // A query is part of nothing.
    let answer =
        world.http.post(world.url("/mcp?x=/admin")).bearer_auth(&token).body("{}").send().await.unwrap();
    assert_eq!(answer.status(), 200);
    assert_eq!(world.backend.only(0).path, "/mcp");
}
