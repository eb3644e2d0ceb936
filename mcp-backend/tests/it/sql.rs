//! Running SQL.

use serde_json::{Value, json};

use crate::harness::{House, PROJECT, call};

fn line() -> String {
    format!("POST /data/projects/{PROJECT}/queries/execute?format=COMPACT")
}

fn answer(rows: usize) -> Value {
    json!({
        "columns": [
            { "catalogId": "1", "catalogName": "shop", "schemaName": "public", "tableName": "orders", "columnName": "id" },
            { "catalogName": null, "schemaName": null, "tableName": null, "columnName": "total" },
        ],
        "data": (0..rows).map(|i| json!([i.to_string(), null])).collect::<Vec<_>>(),
    })
}

#[tokio::test]
async fn a_result_has_its_columns_once_and_its_rows_as_arrays() {
    let house = House::start().await;
    house.peaka.has(&line(), answer(2));
    let sql = "SELECT id, total FROM \"shop\".\"public\".\"orders\"";
    let result = house.call("peaka_execute_sql_query", json!({ "projectId": PROJECT, "query": sql })).await;
    assert_eq!(
        result["structuredContent"],
        json!({
            "columns": [{ "name": "id", "table": "\"shop\".\"public\".\"orders\"" }, { "name": "total" }],
            "rows": [["0", null], ["1", null]],
            "rowCount": 2,
            "truncated": false,
        })
    );
    assert_eq!(house.peaka.lines(), [line()], "one call, no transpiling");
    assert_eq!(house.peaka.asked()[0].body, json!({ "statement": sql, "timeout": 55 }));
}

#[tokio::test]
async fn rows_are_capped_and_the_cap_is_told() {
    let house = House::start().await;
    house.peaka.has(&line(), answer(1500));
    for (limit, shown) in [(None, 1000), (Some(5), 5), (Some(1500), 1500)] {
        let arguments = json!({ "projectId": PROJECT, "query": "SELECT 1", "maxRows": limit });
        let result = house.call("peaka_execute_sql_query", arguments).await;
        let content = &result["structuredContent"];
        assert_eq!((&content["rowCount"], &content["truncated"]), (&json!(shown), &json!(shown < 1500)));
        assert_eq!(content.get("notice").is_some(), shown < 1500);
    }
    for limit in [json!(0), json!(10_001), json!(-1), json!("5")] {
        let arguments = json!({ "projectId": PROJECT, "query": "SELECT 1", "maxRows": limit });
        house.fails("peaka_execute_sql_query", arguments).await;
    }
}

#[tokio::test]
async fn exactly_a_hundred_rows_are_suspicious() {
    let house = House::start().await;
    house.peaka.has(&line(), answer(100));
    let result =
        house.call("peaka_execute_sql_query", json!({ "projectId": PROJECT, "query": "SELECT 1" })).await;
    assert!(result["structuredContent"]["notice"].as_str().unwrap().contains("isCached"));
}

#[tokio::test]
async fn progress_is_told_to_who_asked_and_can_read_it() {
    let house = House::start().await;
    house.peaka.has(&line(), answer(1));
    let mut message = call("peaka_execute_sql_query", json!({ "projectId": PROJECT, "query": "SELECT 1" }));
    message["params"]["_meta"] = json!({ "progressToken": "t" });

    let response = house.send(&message).await;
    assert_eq!(response.headers()["content-type"], "text/event-stream");
    let text = response.text().await.unwrap();
    let events: Vec<Value> = text
        .lines()
        .filter_map(|line| line.strip_prefix("data:"))
        .filter_map(|data| serde_json::from_str(data.trim()).ok())
        .collect();
    let progress: Vec<_> = events.iter().filter_map(|event| event["params"]["progress"].as_f64()).collect();
    assert_eq!(progress, [0.0, 50.0, 100.0]);
    assert_eq!(events.last().unwrap()["result"]["structuredContent"]["rowCount"], 1);

    let response = house
        .http
        .post(format!("{}/mcp", house.url))
        .header("content-type", "application/json")
        .header("accept", "application/json")
        .header(shared::assertion::HEADER, house.assertion(&House::somebody()))
        .json(&message)
        .send()
        .await
        .unwrap();
    assert_eq!(response.headers()["content-type"], "application/json");
    assert_eq!(response.json::<Value>().await.unwrap()["result"]["structuredContent"]["rowCount"], 1);
}
