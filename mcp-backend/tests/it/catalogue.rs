//! What the server says it can do.

use serde_json::{Value, json};

use crate::harness::{House, PROJECT};

/// Every tool, as `tools/list` gives it.
pub(crate) async fn tools(house: &House) -> Vec<Value> {
    let list = json!({ "jsonrpc": "2.0", "id": 1, "method": "tools/list" });
    let body: Value = house.send(&list).await.json().await.unwrap();
    body["result"]["tools"].as_array().unwrap().clone()
}

pub(crate) const CATALOG: &str = "709922802836177297";
pub(crate) const QUERY: &str = "650111222333444555";
pub(crate) const TABLE: &str = "660111222333444555";
pub(crate) const CACHE: &str = "4c1f6d2e-0f5c-4f0e-9a55-0d7c3c1a2b3c";
pub(crate) const CONNECTION: &str = "9b2d8f4a-1c3e-4d5f-8a6b-7c8d9e0f1a2b";

/// A good value for a parameter.
fn value(name: &str) -> Value {
    match name {
        "projectId" => json!(PROJECT),
        "catalogId" => json!(CATALOG),
        "queryId" => json!(QUERY),
        "tableId" => json!(TABLE),
        "cacheId" => json!(CACHE),
        "connectionId" => json!(CONNECTION),
        "schemaName" => json!("payment"),
        "tableName" => json!("charges"),
        "query" | "inputQuery" => json!("SELECT 1"),
        "displayName" | "name" | "search" => json!("Sales"),
        "queryType" => json!("MATERIALIZED"),
        "schedule" => json!({ "type": "interval", "repeatDuration": "PT6H" }),
        "incrementalSchedule" | "fullRefreshSchedule" => json!("PT6H"),
        "items" => json!([{ "catalogId": CATALOG, "schemaName": "payment", "tableName": "charges" }]),
        "maxRows" => json!(10),
        "includeSamples" | "includeLogs" => json!(true),
        other => panic!("the test knows no value for {other}"),
    }
}

/// Good values for all that a tool requires.
pub(crate) fn arguments(tool: &Value) -> Value {
    let required = tool["inputSchema"]["required"].as_array().cloned().unwrap_or_default();
    let names = required.iter().map(|name| name.as_str().unwrap());
    names.map(|name| (name.to_owned(), value(name))).collect()
}

/// Good values for all that a tool takes.
pub(crate) fn every_argument(tool: &Value) -> Value {
    let names = tool["inputSchema"]["properties"].as_object().unwrap().keys();
    names.map(|name| (name.to_owned(), value(name))).collect()
}

/// The consent page says which tools are behind a scope; it knows them from a file only.
#[tokio::test]
async fn the_gateway_knows_which_scope_a_tool_needs() {
    let house = House::start().await;
    let mut needed = std::collections::BTreeMap::<String, Vec<String>>::new();
    for tool in tools(&house).await {
        let scope = tool["_meta"]["peaka/scope"].as_str().unwrap().to_owned();
        needed.entry(scope).or_default().push(tool["name"].as_str().unwrap().to_owned());
    }
    needed.values_mut().for_each(|names| names.sort());
    let known = serde_json::from_str(include_str!("../../../gateway/assets/tools.json")).unwrap();
    assert_eq!(needed, known);
}

#[tokio::test]
async fn the_catalogue() {
    let house = House::start().await;
    let tools = tools(&house).await;
    // Whether maps keep their order depends on which crates are built together.
    insta::with_settings!({ sort_maps => true }, { insta::assert_json_snapshot!(tools) });
}

#[tokio::test]
async fn every_tool_is_whole() {
    let house = House::start().await;
    for tool in tools(&house).await {
        let name = tool["name"].as_str().unwrap();
        assert!(tool["title"].is_string(), "{name} has no title");
        assert_eq!(tool["title"], tool["annotations"]["title"], "{name}");
        for hint in ["readOnlyHint", "destructiveHint", "idempotentHint", "openWorldHint"] {
            assert!(tool["annotations"][hint].is_boolean(), "{name} says nothing of {hint}");
        }
        assert!(tool["description"].as_str().unwrap().len() > 40, "{name}");
        assert_eq!(tool["inputSchema"]["additionalProperties"], false, "{name} takes anything");
        assert_eq!(tool["outputSchema"]["type"], "object", "{name} has no output schema");
        assert!(tool["_meta"]["peaka/scope"].is_string(), "{name} declares no scope");
        for (parameter, schema) in tool["inputSchema"]["properties"].as_object().unwrap() {
            assert!(schema["description"].is_string(), "{name} says nothing of {parameter}");
        }
    }
}

#[tokio::test]
async fn arguments_that_do_not_fit_are_told_to_the_model() {
    let house = House::start().await;
    let told = house.fails("peaka_list_catalogs", json!({})).await;
    assert!(told.contains("projectId"), "{told}");
    let told = house.fails("peaka_list_catalogs", json!({ "projectId": PROJECT, "catalog": "1" })).await;
    assert!(told.contains("unknown field `catalog`"), "{told}");
    let told = house.fails("peaka_list_schemas", json!({ "projectId": PROJECT, "catalogId": "peaka" })).await;
    assert!(told.contains("catalogId must be a decimal number"), "{told}");
}
