//! Which web pages may call (MCP on DNS rebinding; CORS).

use crate::harness::{Reply, World};

async fn preflight(world: &World, origin: &str, headers: &str) -> Reply {
    let request = world
        .http
        .request(reqwest::Method::OPTIONS, world.url("/mcp"))
        .header("origin", origin)
        .header("access-control-request-method", "POST")
        .header("access-control-request-headers", headers);
    Reply::of(request.send().await.unwrap()).await
}

#[tokio::test]
async fn pages_of_others_get_nothing_and_reach_nobody() {
    let world = World::start_with(&[("GATEWAY_ALLOWED_ORIGINS", "https://app.example")]).await;
    let bearer = format!("Bearer {}", world.connect().await.tokens.access);
    for origin in [
        "https://evil.example",
        "null",
        "http://localhost.evil",
        "http://127.0.0.1.evil",
        "https://app.example.evil",
        "https://app.example:444",
        "https://app.example:443",
        "https://app.example/",
        "http://app.example",
        "https://APP.example",
        "https://evil.example, https://app.example",
        "file://",
        "http://localhost@evil.example",
        "",
    ] {
        for headers in [&[("origin", origin), ("authorization", bearer.as_str())][..], &[("origin", origin)]]
        {
            let reply = world.mcp_with(headers).await;
            assert_eq!((reply.status, reply.header("access-control-allow-origin")), (403, ""), "{origin}");
            assert_eq!(reply.header("www-authenticate"), "", "{origin}");
            assert!(reply.json()["error"]["message"].is_string());
        }
        let preflight = preflight(&world, origin, "authorization").await;
        assert_eq!(
            (preflight.status, preflight.header("access-control-allow-origin")),
            (403, ""),
            "{origin}"
        );
    }
    let twice =
        [("origin", "https://app.example"), ("origin", "https://app.example"), ("authorization", &bearer)];
    assert_eq!(world.mcp_with(&twice).await.status, 403);
    assert!(world.backend.seen().is_empty());
}

#[tokio::test]
async fn allowed_pages_may_read_whatever_the_answer_is() {
    let world =
        World::start_with(&[("GATEWAY_ALLOWED_ORIGINS", "https://app.example, https://b.example:8443")])
            .await;
    let bearer = format!("Bearer {}", world.connect().await.tokens.access);
    let own = world.origin.clone();
    for origin in [
        "https://app.example",
        "https://b.example:8443",
        "http://localhost:6274",
        "http://127.0.0.1:6274",
        "http://[::1]:6274",
        &own,
    ] {
        let served = world.mcp_with(&[("origin", origin), ("authorization", &bearer)]).await;
        let challenged = world.mcp_with(&[("origin", origin)]).await;
        let request =
            world.http.get(world.url("/mcp")).header("origin", origin).header("authorization", &bearer);
        let wrong_method = Reply::of(request.send().await.unwrap()).await;
        for (reply, status) in [(served, 200), (challenged, 401), (wrong_method, 405)] {
            assert_eq!(reply.status, status, "{origin}");
            assert_eq!(reply.header("access-control-allow-origin"), origin);
            assert_eq!(reply.header("access-control-allow-credentials"), "");
            assert!(reply.header("vary").contains("origin"));
            let exposed = reply.header("access-control-expose-headers").to_lowercase();
            assert!(exposed.contains("www-authenticate") && exposed.contains("retry-after"));
        }
    }
    // A program sends no origin, and needs none.
    let reply = world.mcp_with(&[("authorization", &bearer)]).await;
    assert_eq!((reply.status, reply.header("access-control-allow-origin")), (200, ""));
}

#[tokio::test]
async fn a_preflight_names_what_mcp_clients_send() {
    let world = World::start().await;
    let asked = "authorization,content-type,mcp-method,mcp-name,mcp-param-region,mcp-protocol-version,x-evil";
    let reply = preflight(&world, "http://localhost:6274", asked).await;
    assert_eq!(reply.status, 204);
    assert_eq!(reply.header("access-control-allow-origin"), "http://localhost:6274");
    assert!(reply.header("access-control-allow-methods").contains("POST"));
    let allowed = reply.header("access-control-allow-headers").to_lowercase();
    let allowed: Vec<&str> = allowed.split(", ").collect();
    for name in [
        "authorization",
        "content-type",
        "accept",
        "mcp-protocol-version",
        "mcp-method",
        "mcp-name",
        "mcp-param-region",
    ] {
        assert!(allowed.contains(&name), "{name} is not in {allowed:?}");
    }
    assert!(
        !allowed.contains(&"x-evil") && !allowed.contains(&"x-peaka-identity") && !allowed.contains(&"*")
    );
}

#[tokio::test]
async fn an_operator_may_let_all_pages_in() {
    let world = World::start_with(&[("GATEWAY_ALLOWED_ORIGINS", "*")]).await;
    let bearer = format!("Bearer {}", world.connect().await.tokens.access);
    let reply = world.mcp_with(&[("origin", "https://any.example"), ("authorization", &bearer)]).await;
    assert_eq!((reply.status, reply.header("access-control-allow-origin")), (200, "https://any.example"));
    assert_eq!(reply.header("access-control-allow-credentials"), "");
}
