//! Metadata, its refresh, relations, golden SQL.

use reqwest::Method;
use serde_json::{Value, json};
use standin::{
    Options, Standin,
    demo::{self, PARTNER_KEY, PROJECT},
};

use crate::support::{get_json, send, start};

fn storefront() -> String {
    demo::catalog_id(PROJECT, "storefront")
}

#[tokio::test]
async fn metadata_tells_of_tables_and_can_be_narrowed() {
    let standin = start().await;
    let all = get_json(&standin, PARTNER_KEY, &format!("metadata/{PROJECT}")).await;
    assert_eq!(all["metadata"].as_array().unwrap().len(), 10);
    let path = format!("metadata/{PROJECT}?catalogId={}&schemaName=inventory", storefront());
    let one = get_json(&standin, PARTNER_KEY, &path).await;
    let table = &one["metadata"][0]["metadata"];
    assert_eq!(table["tableName"], "stock_levels");
    assert_eq!(table["columns"][0]["columnName"], "product_id");
    assert_eq!(table["relations"][0]["targetTableName"], "products");
    let charges = all.to_string();
    assert!(charges.contains("\"columnDescription\":\"null\"") && charges.contains("\"isSystem\":true"));
}

#[tokio::test]
async fn a_refresh_is_active_and_settles_at_not_active() {
    let standin = start().await;
    let path = format!("metadata/{PROJECT}/refresh");
    let status = async || get_json(&standin, PARTNER_KEY, &format!("{path}/{}", storefront())).await;
    assert_eq!(status().await, json!({ "status": "not-active" }));
    standin.sync_millis(u64::MAX);
    send(&standin, Method::POST, PARTNER_KEY, &path, &json!({ "catalogId": storefront() })).await;
    assert_eq!(status().await, json!({ "status": "active" }));
    standin.sync_millis(0);
    assert_eq!(status().await, json!({ "status": "not-active" }));
}

#[tokio::test]
async fn relations_and_golden_sql_come_in_both_forms() {
    let relations = format!("metadata/{PROJECT}/relations/{}", storefront());
    let golden = format!("metadata/{PROJECT}/golden-sql/query?q=revenue%20per%20month%3F");
    let live = start().await;
    assert_eq!(get_json(&live, PARTNER_KEY, &relations).await["relations"][0]["type"], "MANY_TO_ONE");
    let found = get_json(&live, PARTNER_KEY, &golden).await;
    assert_eq!(found["result"].as_array().unwrap().len(), 1);
    assert_eq!(found["result"][0]["metadata"]["projectId"], PROJECT);

    let documented = Standin::start(Options { documented_forms: true, ..Options::default() }).await.unwrap();
    let keyed = get_json(&documented, PARTNER_KEY, &relations).await;
    let (id, relation) = keyed.as_object().unwrap().iter().next().unwrap();
    assert_eq!(relation["id"], Value::String(id.clone()));
    let found = get_json(&documented, PARTNER_KEY, &golden).await;
    assert!(found["result"][0]["sql"].as_str().unwrap().starts_with("SELECT"));
}
