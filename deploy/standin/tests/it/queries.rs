//! Saved queries, materialized queries, semantic catalogs.

use reqwest::{Method, Response, StatusCode};
use serde_json::{Value, json};
use standin::demo::{self, PARTNER_KEY, PROJECT};

use crate::support::{get_json, rows, send, start};

fn at(path: &str) -> String {
    format!("data/projects/{PROJECT}/{path}")
}

async fn json_of(response: Response) -> Value {
    assert_eq!(response.status(), StatusCode::OK);
    response.json().await.unwrap()
}

#[tokio::test]
async fn a_query_is_made_read_changed_run_and_removed() {
    let standin = start().await;
    let call = async |method, path: &str, body: Value| send(&standin, method, PARTNER_KEY, path, &body).await;
    let body = json!({ "displayName": "OneTwo", "inputQuery": "SELECT 12 AS n" });
    let made = json_of(call(Method::POST, &at("queries?checkSchemaExists=true"), body.clone()).await).await;
    assert_eq!(
        (&made["name"], &made["queryType"], &made["path"]),
        (&json!("onetwo"), &json!("PLAIN"), &json!("/"))
    );
    let again = call(Method::POST, &at("queries"), body).await;
    assert_eq!(again.status(), StatusCode::BAD_REQUEST);
    assert_eq!(again.json::<Value>().await.unwrap()["errorCode"], 100);

    let path = at(&format!("queries/{}", made["id"].as_str().unwrap()));
    let changed = json_of(call(Method::PUT, &path, json!({ "inputQuery": "SELECT 13 AS n" })).await).await;
    assert_eq!(changed["displayName"], "OneTwo");
    assert_eq!(get_json(&standin, PARTNER_KEY, &path).await, changed);
    assert_eq!(rows(&standin, "SELECT n FROM \"peaka\".\"query\".\"onetwo\"").await, json!([["13"]]));
    assert_eq!(get_json(&standin, PARTNER_KEY, &at("queries")).await.as_array().unwrap().len(), 3);

    let gone = call(Method::DELETE, &path, json!({})).await;
    assert_eq!((gone.status(), gone.text().await.unwrap().as_str()), (StatusCode::OK, ""));
    assert_eq!(call(Method::DELETE, &path, json!({})).await.status(), StatusCode::BAD_REQUEST);
}

#[tokio::test]
async fn queries_that_read_one_another_in_a_circle_end() {
    let standin = start().await;
    let body = json!({ "displayName": "loop", "inputQuery": "SELECT * FROM \"peaka\".\"query\".\"loop\"" });
    send(&standin, Method::POST, PARTNER_KEY, &at("queries"), &body).await;
    let message = crate::support::complaint(&standin, "SELECT * FROM \"peaka\".\"query\".\"loop\"").await;
    assert!(message.contains("too large"), "{message}");
}

#[tokio::test]
async fn a_materialized_refresh_lags_runs_and_completes() {
    let standin = start().await;
    let id = demo::query_id(PROJECT, "top_customers");
    let path = at(&format!("materialized-queries/{id}"));
    let status = async || get_json(&standin, PARTNER_KEY, &format!("{path}/status")).await;
    let never = status().await;
    assert_eq!(never["status"], "COMPLETED");
    assert_eq!((&never["lastExecutionStartTime"], &never["lastUpdateTime"]), (&Value::Null, &Value::Null));
    assert_eq!(never["scheduleSettings"]["repeatDuration"], "P1D");

    standin.sync_millis(u64::MAX);
    let answer = send(&standin, Method::POST, PARTNER_KEY, &format!("{path}/refresh"), &json!({})).await;
    assert_eq!((answer.status(), answer.text().await.unwrap().as_str()), (StatusCode::OK, ""));
    assert_eq!(status().await, never);
    standin.sync_millis(0);
    let done = status().await;
    assert_eq!(done["status"], "COMPLETED");
    assert!(done["lastExecutionStartTime"].is_string());
    let all = get_json(&standin, PARTNER_KEY, &at("materialized-queries/status")).await;
    assert_eq!(all.as_array().unwrap().len(), 1);
}

#[tokio::test]
async fn a_semantic_catalog_gets_a_table_that_can_be_read() {
    let standin = start().await;
    let call = async |method, path: &str, body: Value| send(&standin, method, PARTNER_KEY, path, &body).await;
    let catalog =
        json_of(call(Method::POST, &at("semantic-catalogs"), json!({ "name": "Board" })).await).await;
    assert_eq!((&catalog["name"], &catalog["type"]), (&json!("board"), &json!("SEMANTIC")));
    let path = at(&format!("semantic-catalogs/{}", catalog["id"].as_str().unwrap()));
    let query = demo::query_id(PROJECT, "top_customers");
    let body = json!({ "schemaName": "people", "tableName": "best", "queryId": query });
    let table = json_of(call(Method::POST, &path, body).await).await;
    let count = "SELECT count(*) FROM \"board\".\"people\".\"best\"";
    assert_eq!(rows(&standin, count).await, json!([["20"]]));
    let path = format!("{path}/table/{}", table["tableId"].as_str().unwrap());
    assert_eq!(call(Method::DELETE, &path, json!({})).await.status(), StatusCode::OK);
    assert_eq!(call(Method::DELETE, &path, json!({})).await.status(), StatusCode::BAD_REQUEST);
    assert!(crate::support::complaint(&standin, count).await.contains("does not exist"));
}
