//! Caches and their syncs.

use reqwest::{Method, StatusCode};
use serde_json::{Value, json};
use standin::{
    Standin,
    demo::{self, PARTNER_KEY, PROJECT},
};

use crate::support::{get_json, rows, send, start};

const COUNT: &str = "SELECT count(*) FROM \"payments\".\"payment\".\"charges\"";

fn at(path: &str) -> String {
    format!("data/projects/{PROJECT}/cache{path}")
}

fn charges() -> Value {
    json!({
        "catalogId": demo::catalog_id(PROJECT, "payments"), "schemaName": "payment", "tableName": "charges",
        "fullRefreshCacheSchedule": { "type": "BASIC", "expression": "PT6H" },
        "incrementalCacheSchedule": { "type": "BASIC", "expression": "every now and then" },
    })
}

async fn call(standin: &Standin, method: Method, path: &str, body: Value) -> (StatusCode, Value) {
    let answer = send(standin, method, PARTNER_KEY, &at(path), &body).await;
    let status = answer.status();
    let text = answer.text().await.unwrap();
    (status, serde_json::from_str(&text).unwrap_or(Value::Null))
}

#[tokio::test]
async fn a_cache_fills_and_then_the_whole_table_is_read() {
    let standin = start().await;
    standin.sync_millis(u64::MAX);
    assert_eq!(rows(&standin, COUNT).await, json!([["100"]]));
    let (status, cache) = call(&standin, Method::POST, "", charges()).await;
    assert_eq!(status, StatusCode::OK);
    assert_eq!(cache["fullRefreshCacheSchedule"]["expression"], "PT6H");
    assert_eq!(cache["incrementalCacheSchedule"], Value::Null);
    assert_eq!(rows(&standin, COUNT).await, json!([["0"]]));
    assert_eq!(get_json(&standin, PARTNER_KEY, &at("/status")).await[0]["status"], "NOT_INITIALIZED");
    assert_eq!(call(&standin, Method::POST, "", charges()).await.0, StatusCode::INTERNAL_SERVER_ERROR);

    standin.sync_millis(0);
    let status = get_json(&standin, PARTNER_KEY, &at("/status")).await;
    assert_eq!(status[0]["status"], "COMPLETED");
    assert_eq!(status[0]["lastFullRefreshCacheExecution"]["executionMode"], "FULL_REFRESH");
    assert_eq!(status[0]["lastIncrementalCacheExecution"], Value::Null);
    assert_eq!(rows(&standin, COUNT).await, json!([["1500"]]));
    assert_eq!(call(&standin, Method::POST, "", charges()).await.1["id"], cache["id"]);
}

#[tokio::test]
async fn a_cache_is_changed_refreshed_and_removed() {
    let standin = start().await;
    standin.sync_millis(0);
    let (_, cache) = call(&standin, Method::POST, "", charges()).await;
    let path = format!("/{}", cache["id"].as_str().unwrap());
    let none = json!({ "fullRefreshCacheSchedule": { "type": "NONE" } });
    assert_eq!(call(&standin, Method::PUT, &path, none).await.1["fullRefreshCacheSchedule"], Value::Null);
    for refresh in ["fullRefreshUpdate", "incrementalUpdate"] {
        let (status, body) = call(&standin, Method::POST, &format!("{path}/{refresh}"), json!({})).await;
        assert_eq!((status, body), (StatusCode::OK, json!({})));
    }
    let status = get_json(&standin, PARTNER_KEY, &at("/status")).await;
    assert_eq!(status[0]["lastIncrementalCacheExecution"]["status"], "COMPLETED");
    assert_eq!(call(&standin, Method::DELETE, &path, json!({})).await, (StatusCode::OK, Value::Null));
    let (status, body) = call(&standin, Method::POST, &format!("{path}/fullRefreshUpdate"), json!({})).await;
    assert_eq!((status, &body["message"]), (StatusCode::BAD_REQUEST, &json!("Cache settings not found")));
}

#[tokio::test]
async fn what_cannot_be_cached_says_so_and_spoils_no_batch() {
    let standin = start().await;
    let orders = json!({
        "catalogId": demo::catalog_id(PROJECT, "storefront"), "schemaName": "public", "tableName": "orders",
    });
    let (status, body) = call(&standin, Method::POST, "", orders.clone()).await;
    assert_eq!((status, &body["errorCode"]), (StatusCode::BAD_REQUEST, &json!("TABLE_NOT_CACHEABLE")));
    let targets = json!({ "catalogId": "1", "schemaName": "table", "tableName": "targets" });
    let (status, body) = call(&standin, Method::POST, "", targets).await;
    assert_eq!((status, &body["errorCode"]), (StatusCode::BAD_REQUEST, &Value::Null));
    let (status, body) = call(&standin, Method::POST, "/batch", json!([orders, charges()])).await;
    assert_eq!(status, StatusCode::OK);
    assert_eq!((&body[0]["success"], &body[1]["success"]), (&json!(false), &json!(true)));
    assert_eq!(body[1]["cache"]["tableName"], "charges");
}
