//! Both eras of the protocol on one endpoint.

use reqwest::RequestBuilder;
use serde_json::{Value, json};

use crate::harness::House;

async fn body(request: RequestBuilder, message: &Value) -> (u16, Value) {
    let response = request.json(message).send().await.unwrap();
    (response.status().as_u16(), response.json().await.unwrap())
}

fn modern(method: &str, params: Value) -> Value {
    let mut message = json!({ "jsonrpc": "2.0", "id": 1, "method": method, "params": params });
    message["params"]["_meta"] = json!({
        "io.modelcontextprotocol/protocolVersion": "2026-07-28",
        "io.modelcontextprotocol/clientInfo": { "name": "test", "version": "1" },
        "io.modelcontextprotocol/clientCapabilities": {},
    });
    message
}

fn modern_request(house: &House, method: &str) -> RequestBuilder {
    house
        .post_as(&House::somebody())
        .header("mcp-protocol-version", "2026-07-28")
        .header("mcp-method", method)
}

#[tokio::test]
async fn the_legacy_handshake_and_what_follows_it() {
    let house = House::start().await;
    for version in ["2024-11-05", "2025-03-26", "2025-06-18", "2025-11-25"] {
        let message = json!({ "jsonrpc": "2.0", "id": "a", "method": "initialize", "params": {
            "protocolVersion": version, "capabilities": {}, "clientInfo": { "name": "test", "version": "1" } } });
        let response = house.send(&message).await;
        assert!(!response.headers().contains_key("mcp-session-id"), "there are no sessions");
        let answer: Value = response.json().await.unwrap();
        assert_eq!(answer["id"], "a");
        let result = &answer["result"];
        assert_eq!(result["protocolVersion"], version);
        assert_eq!(result["serverInfo"]["name"], "Peaka");
        assert_eq!(result["serverInfo"]["title"], "Peaka");
        assert_eq!(result["serverInfo"]["version"], env!("CARGO_PKG_VERSION"));
        assert!(result["instructions"].as_str().unwrap().contains("peaka_list_projects"));
        assert_eq!(result["capabilities"], json!({ "prompts": {}, "resources": {}, "tools": {} }));

        let done = json!({ "jsonrpc": "2.0", "method": "notifications/initialized" });
        let request = house.post_as(&House::somebody()).header("mcp-protocol-version", version);
        assert_eq!(request.json(&done).send().await.unwrap().status(), 202);

        let list = json!({ "jsonrpc": "2.0", "id": 2, "method": "tools/list" });
        let request = house.post_as(&House::somebody()).header("mcp-protocol-version", version);
        let (status, answer) = body(request, &list).await;
        assert_eq!(status, 200);
        assert!(answer["result"]["tools"].as_array().unwrap().len() >= 6);
        assert!(answer["result"].get("cacheScope").is_none());
    }
}

#[tokio::test]
async fn a_version_from_the_future_is_negotiated_down() {
    let house = House::start().await;
    let message = json!({ "jsonrpc": "2.0", "id": 1, "method": "initialize", "params": {
        "protocolVersion": "2026-07-28", "capabilities": {}, "clientInfo": { "name": "test", "version": "1" } } });
    let (status, answer) = body(house.post_as(&House::somebody()), &message).await;
    assert_eq!(status, 200);
    assert_eq!(answer["result"]["protocolVersion"], "2025-11-25");
}

#[tokio::test]
async fn the_stateless_revision() {
    let house = House::start().await;
    let request = modern_request(&house, "server/discover");
    let (status, answer) = body(request, &modern("server/discover", json!({}))).await;
    assert_eq!(status, 200, "{answer}");
    let result = &answer["result"];
    assert_eq!(result["_meta"]["io.modelcontextprotocol/serverInfo"]["name"], "Peaka");
    assert_eq!(result["cacheScope"], "private");
    assert!(result["supportedVersions"].as_array().unwrap().contains(&json!("2026-07-28")));

    let (status, answer) = body(modern_request(&house, "tools/list"), &modern("tools/list", json!({}))).await;
    assert_eq!(status, 200, "{answer}");
    assert_eq!(answer["result"]["cacheScope"], "private");

    house.peaka.has("GET /organizations", json!([]));
    let request = modern_request(&house, "tools/call").header("mcp-name", "peaka_list_projects");
    let call = modern("tools/call", json!({ "name": "peaka_list_projects", "arguments": {} }));
    let (status, answer) = body(request, &call).await;
    assert_eq!(status, 200, "{answer}");
    assert_eq!(answer["result"]["structuredContent"], json!({ "projects": [] }));
}

#[tokio::test]
async fn the_stateless_revision_holds_headers_against_the_body() {
    let house = House::start().await;
    let request = modern_request(&house, "tools/call").header("mcp-name", "peaka_list_catalogs");
    let call = modern("tools/call", json!({ "name": "peaka_list_projects", "arguments": {} }));
    let (status, answer) = body(request, &call).await;
    assert_eq!((status, &answer["error"]["code"]), (400, &json!(-32020)));
}

#[tokio::test]
async fn what_is_not_there_is_said_in_json_rpc() {
    let house = House::start().await;
    let ask = |method: &str| json!({ "jsonrpc": "2.0", "id": 9, "method": method });
    let (status, answer) = body(house.post_as(&House::somebody()), &ask("no/such/method")).await;
    assert_eq!((status, &answer["id"], &answer["error"]["code"]), (200, &json!(9), &json!(-32601)));
    let call = crate::harness::call("peaka_no_such_tool", json!({}));
    let (status, answer) = body(house.post_as(&House::somebody()), &call).await;
    assert_eq!((status, &answer["error"]["code"]), (200, &json!(-32602)));

    let odd = house.post_as(&House::somebody()).header("mcp-protocol-version", "1999-01-01");
    let (status, answer) = body(odd, &ask("tools/list")).await;
    assert_eq!((status, &answer["id"]), (400, &json!(9)), "{answer}");
    let answered = json!({ "jsonrpc": "2.0", "id": 9, "result": {} });
    assert_eq!(body(house.post_as(&House::somebody()), &answered).await.0, 400);
}
