//! Catalogs, schemas, tables, columns, statistics, connections, and the three forms of errors.

use reqwest::StatusCode;
use serde_json::{Value, json};
use standin::{
    Options, Standin,
    demo::{self, PARTNER_KEY, PROJECT},
};

use crate::support::{get, get_json, post, start};

fn under(path: &str) -> String {
    format!("data/projects/{PROJECT}{path}")
}

fn storefront(path: &str) -> String {
    under(&format!("/catalogs/{}{path}", demo::catalog_id(PROJECT, "storefront")))
}

fn payments(path: &str) -> String {
    under(&format!("/catalogs/{}{path}", demo::catalog_id(PROJECT, "payments")))
}

#[tokio::test]
async fn a_project_has_catalogs_of_every_class() {
    let standin = start().await;
    let catalogs = get_json(&standin, PARTNER_KEY, &under("/catalogs")).await;
    let kind = |c: &Value| c.get("catalogType").or(c.get("type")).unwrap().as_str().unwrap().to_owned();
    let kinds: Vec<String> = catalogs.as_array().unwrap().iter().map(kind).collect();
    assert_eq!(kinds, ["internal", "query", "peaka_postgres", "stripe", "SEMANTIC"]);
    assert_eq!(catalogs[0]["id"], "1");
    assert_eq!(catalogs[1]["id"], "2");
    assert_eq!(catalogs[0]["connectionId"], Value::Null);
    assert_eq!(catalogs[2]["id"].as_str().unwrap().len(), 18);
    let connections = get_json(&standin, PARTNER_KEY, &format!("connections/{PROJECT}")).await;
    assert_eq!(connections[0]["id"], catalogs[2]["connectionId"]);
}

#[tokio::test]
async fn tables_and_columns_can_be_listed() {
    let standin = start().await;
    let schemas = get_json(&standin, PARTNER_KEY, &storefront("/schemas")).await;
    assert_eq!(schemas[0]["schemaName"], "public");
    let tables = get_json(&standin, PARTNER_KEY, &storefront("/schemas/public/tables")).await;
    let names: Vec<&str> =
        tables.as_array().unwrap().iter().map(|t| t["tableName"].as_str().unwrap()).collect();
    assert_eq!(names, ["customers", "products", "orders", "order_items"]);
    assert_eq!(tables[0]["isCacheable"], false);
    assert_eq!(tables[0]["supportedCacheTypes"], json!([]));
    let columns = get_json(&standin, PARTNER_KEY, &storefront("/schemas/public/tables/orders/columns")).await;
    assert_eq!(columns[0]["dataType"], "bigint");
    let tables = get_json(&standin, PARTNER_KEY, &payments("/schemas/payment/tables")).await;
    assert_eq!(tables[0]["supportedCacheTypes"], json!(["FULL_REFRESH", "INCREMENTAL"]));
    assert_eq!(tables[2]["isDynamicTable"], true);
    let columns = get_json(&standin, PARTNER_KEY, &payments("/schemas/payment/tables/charges/columns")).await;
    assert!(columns.to_string().contains("_q_created_gte"));
    let columns =
        get_json(&standin, PARTNER_KEY, &under("/catalogs/2/schemas/query/tables/revenue_by_month/columns"))
            .await;
    assert_eq!(columns[1]["dataType"], "bigint");
    assert_eq!(columns[2]["dataType"], "double");
}

#[tokio::test]
async fn statistics_are_for_databases_only() {
    let standin = start().await;
    let told = get_json(&standin, PARTNER_KEY, &storefront("/schemas/public/tables/orders/statistics")).await;
    assert_eq!(told["columnStatistics"][0]["distinctFraction"], -1.0);
    let refused = get(&standin, PARTNER_KEY, &payments("/schemas/payment/tables/charges/statistics")).await;
    assert_eq!(refused.status(), StatusCode::BAD_REQUEST);
    let body: Value = refused.json().await.unwrap();
    let message = "Catalog type: stripe is not being supported yet";
    assert_eq!(body, json!({ "error": "WrongRequestException", "message": message, "errorCode": null }));
}

#[tokio::test]
async fn errors_come_in_three_forms() {
    let standin = start().await;
    let missing = get(&standin, PARTNER_KEY, &under("/catalogs/7/schemas")).await;
    assert_eq!(missing.status(), StatusCode::BAD_REQUEST);
    let body: Value = missing.json().await.unwrap();
    assert_eq!(body, json!({ "errorCode": 100, "message": "There is no catalog with id: 7" }));

    let named = get(&standin, PARTNER_KEY, &format!("connections/{PROJECT}/nope/detail")).await;
    let body: Value = named.json().await.unwrap();
    assert_eq!(body["error"], "INVALID_CONNECTION_ID");
    assert_eq!(body["errorCode"], "cn004");

    for (answer, status) in [
        (get(&standin, PARTNER_KEY, "nowhere").await, StatusCode::NOT_FOUND),
        (post(&standin, PARTNER_KEY, "info", &json!({})).await, StatusCode::METHOD_NOT_ALLOWED),
        (
            post(&standin, PARTNER_KEY, "sql/transpile/trino", &json!({ "q": 1 })).await,
            StatusCode::BAD_REQUEST,
        ),
    ] {
        assert_eq!(answer.status(), status);
        let body: Value = answer.json().await.unwrap();
        assert_eq!(body["status"], status.as_u16());
        assert_eq!(body["error"], status.canonical_reason().unwrap());
    }
}

#[tokio::test]
async fn the_documented_forms_can_be_switched_on() {
    let standin = Standin::start(Options { documented_forms: true, ..Options::default() }).await.unwrap();
    let missing = get(&standin, PARTNER_KEY, &under("/catalogs/7/schemas")).await;
    assert_eq!(missing.status(), StatusCode::NOT_FOUND);
    let answer = post(&standin, PARTNER_KEY, "sql/transpile/trino", &json!({ "query": "SELECT 1;" })).await;
    assert_eq!(answer.json::<Value>().await.unwrap(), json!({ "result": "SELECT 1" }));
}
