//! Bodies and headers that are not what they should be.

use serde_json::{Value, json};
use shared::assertion::HEADER;

use crate::harness::House;

async fn answer(house: &House, body: &str) -> (u16, Value) {
    let response = house.post_as(&House::somebody()).body(body.to_owned()).send().await.unwrap();
    let status = response.status().as_u16();
    let body: Value = response.json().await.unwrap();
    (status, body["error"]["code"].clone())
}

#[tokio::test]
async fn a_body_that_is_no_message_gets_a_json_rpc_error() {
    let house = House::start().await;
    for (body, code) in [
        ("", -32700),
        ("{", -32700),
        ("\u{0}", -32700),
        ("[]", -32600),
        (r#"[{"jsonrpc":"2.0","id":1,"method":"ping"}]"#, -32600),
        ("1", -32600),
        (r#"{"id":1,"method":"ping"}"#, -32600),
        (r#"{"jsonrpc":"2.0","id":1}"#, -32600),
        (r#"{"jsonrpc":"2.0","id":{},"method":"ping"}"#, -32600),
        (r#"{"jsonrpc":"2.0","id":1,"method":7}"#, -32600),
    ] {
        assert_eq!(answer(&house, body).await, (400, json!(code)), "{body}");
    }
}

#[tokio::test]
async fn a_body_that_is_too_long_is_413() {
    let house = House::start().await;
    let long =
        format!(r#"{{"jsonrpc":"2.0","id":1,"method":"ping","params":{{"x":"{}"}}}}"#, "y".repeat(20_000));
    assert_eq!(answer(&house, &long).await, (413, json!(-32600)));
}

#[tokio::test]
async fn other_methods_are_405() {
    let house = House::start().await;
    for method in [reqwest::Method::GET, reqwest::Method::DELETE, reqwest::Method::PUT] {
        let request = house.http.request(method, format!("{}/mcp", house.url));
        let response = request.header(HEADER, house.assertion(&House::somebody())).send().await.unwrap();
        assert_eq!(response.status(), 405);
        assert_eq!(response.headers()["allow"], "POST");
    }
}

#[tokio::test]
async fn any_accept_header_will_do() {
    let house = House::start().await;
    for accept in
        [None, Some("*/*"), Some("application/json"), Some("text/html"), Some("application/json;q=0.1, */*")]
    {
        let mut request = house
            .http
            .post(format!("{}/mcp", house.url))
            .header("content-type", "application/json; charset=utf-8")
            .header(HEADER, house.assertion(&House::somebody()));
        if let Some(accept) = accept {
            request = request.header("accept", accept);
        }
        let response = request.body(r#"{"jsonrpc":"2.0","id":1,"method":"ping"}"#).send().await.unwrap();
        assert_eq!(response.status(), 200, "{accept:?}");
        assert_eq!(response.headers()["content-type"], "application/json");
    }
}

#[tokio::test]
async fn another_content_type_is_415_in_json() {
    let house = House::start().await;
    for content_type in ["text/plain", "application/x-www-form-urlencoded", "application/jsonp"] {
        let response = house
            .http
            .post(format!("{}/mcp", house.url))
            .header("content-type", content_type)
            .header(HEADER, house.assertion(&House::somebody()))
            .body("{}")
            .send()
            .await
            .unwrap();
        assert_eq!(response.status(), 415);
        assert_eq!(response.json::<Value>().await.unwrap()["error"]["code"], -32600);
    }
}
