//! What a session may do.

use serde_json::{Value, json};
use shared::{
    assertion::{Identity, REQUIRED_SCOPE_HEADER},
    scope::{Scope, Scopes},
};

use crate::harness::{House, PROJECT, call};

fn with(scopes: impl Into<Scopes>) -> Identity {
    Identity { scopes: scopes.into(), ..House::somebody() }
}

fn sql() -> Value {
    json!({ "projectId": PROJECT, "query": "SELECT 1" })
}

#[tokio::test]
async fn a_call_beyond_the_scope_is_403_and_names_what_it_needs() {
    let house = House::start().await;
    let response = house.call_as(&with(Scope::Read), "peaka_execute_sql_query", sql()).await;
    assert_eq!(response.status(), 403);
    assert_eq!(response.headers()[REQUIRED_SCOPE_HEADER], "peaka:query");
    let body: Value = response.json().await.unwrap();
    assert_eq!((&body["id"], &body["error"]["code"]), (&json!(7), &json!(-32003)));

    let response = house.call_as(&with(Scopes::NONE), "peaka_list_projects", json!({})).await;
    assert_eq!(response.status(), 403);
    assert_eq!(response.headers()[REQUIRED_SCOPE_HEADER], "peaka:read");
    assert!(house.gateway.exchanges().is_empty() && house.peaka.asked().is_empty());
}

#[tokio::test]
async fn a_wider_scope_covers_the_narrower() {
    let house = House::start().await;
    for scope in [Scope::Query, Scope::Write] {
        assert_eq!(house.call_as(&with(scope), "peaka_execute_sql_query", sql()).await.status(), 200);
        assert_eq!(house.call_as(&with(scope), "peaka_list_projects", json!({})).await.status(), 200);
    }
}

#[tokio::test]
async fn every_tool_can_be_listed_whatever_the_scope() {
    let house = House::start().await;
    let list = json!({ "jsonrpc": "2.0", "id": 1, "method": "tools/list" });
    let response = house.post_as(&with(Scopes::NONE)).json(&list).send().await.unwrap();
    assert_eq!(response.status(), 200);
}

#[tokio::test]
async fn the_body_decides_not_the_headers() {
    let house = House::start().await;
    for (method, name) in [("ping", "x"), ("tools/call", "peaka_list_projects")] {
        let request = house.post_as(&with(Scope::Read)).header("mcp-method", method).header("mcp-name", name);
        let response = request.json(&call("peaka_execute_sql_query", sql())).send().await.unwrap();
        assert_eq!(response.status(), 403);
    }
    // And the other way round: headers that claim more than the body does stand in nobody's way.
    let request = house.post_as(&with(Scope::Read)).header("mcp-name", "peaka_execute_sql_query");
    let response = request.json(&call("peaka_list_projects", json!({}))).send().await.unwrap();
    assert_eq!(response.status(), 200);
}

#[tokio::test]
async fn no_form_of_the_body_gets_a_call_past_the_wall() {
    let house = House::start().await;
    let arguments = r#""arguments":{"projectId":"mtKDhe1U","query":"SELECT 1"}"#;
    for body in [
        // Two members of one name: whichever is read, the same one is run.
        format!(
            r#"{{"jsonrpc":"2.0","id":1,"method":"tools/call","params":{{"name":"peaka_list_projects",
            "name":"peaka_execute_sql_query",{arguments}}}}}"#
        ),
        format!(
            r#"{{"jsonrpc":"2.0","id":1,"method":"tools/call","params":{{"name":"peaka_execute_sql_query",
            "name":"peaka_list_projects",{arguments}}}}}"#
        ),
        format!(
            r#"{{"jsonrpc":"2.0","id":1,"method":"ping","method":"tools/call","params":{{
            "name":"peaka_execute_sql_query",{arguments}}}}}"#
        ),
        format!(
            r#"{{"jsonrpc":"2.0","id":1,"method":"tools\u002fcall","params":{{
            "name":"peaka_execute\u005fsql_query",{arguments}}}}}"#
        ),
        format!(
            r#"[{{"jsonrpc":"2.0","id":1,"method":"tools/call","params":{{
            "name":"peaka_execute_sql_query",{arguments}}}}}]"#
        ),
        format!(
            r#"{{"jsonrpc":"2.0","method":"tools/call","params":{{"name":"peaka_execute_sql_query",{arguments}}}}}"#
        ),
        format!(
            r#"{{"jsonrpc":"2.0","id":null,"method":"tools/call","params":{{
            "name":"peaka_execute_sql_query",{arguments}}}}}"#
        ),
    ] {
        house.post_as(&with(Scope::Read)).body(body).send().await.unwrap();
    }
    let ran = house.peaka.lines().into_iter().filter(|line| line.contains("queries/execute")).count();
    assert_eq!(ran, 0);
}
