//! Running queries, and queries that are saved.

use serde_json::{Value, json};

use super::{Case, case};
use crate::{catalogue::QUERY, harness::PROJECT};

pub(super) fn all() -> Vec<Case> {
    let live = json!({ "id": QUERY, "displayName": "Top", "name": "top", "inputQuery": "SELECT 1",
        "queryType": "PLAIN", "schedule": null, "path": "/", "folderId": null });
    let documented = json!({ "id": QUERY, "displayName": "Top", "name": "top", "inputQuery": "SELECT 1",
        "queryType": "plain", "path": "/" });
    let told = json!({ "id": QUERY, "displayName": "Top", "name": "top", "inputQuery": "SELECT 1",
        "queryType": "PLAIN", "path": "/", "sqlName": "\"peaka\".\"query\".\"top\"" });
    let rows = json!({ "columns": [{ "columnName": "a" }], "data": [["1"], [null]] });
    let rows_told =
        json!({ "columns": [{ "name": "a" }], "rows": [["1"], [null]], "rowCount": 2, "truncated": false });
    let run = json!({ "queryId": QUERY, "queryName": "top", "status": "CANCELED", "lastExecutionStartTime": "2026-01-01T00:00:00Z",
        "lastUpdateTime": null, "nextExecutionStartTime": null,
        "scheduleSettings": { "type": "interval", "repeatDuration": "PT6H", "cronExpression": null, "timezone": null } });
    let run_told = json!({ "queryId": QUERY, "queryName": "top", "status": "CANCELLED", "hasRun": true,
        "lastExecutionStartTime": "2026-01-01T00:00:00Z",
        "scheduleSettings": { "type": "interval", "repeatDuration": "PT6H" } });
    let pair = json!({ "pairs": [{ "question": "How many?", "sql": "SELECT count(*)" }] });
    vec![
        case(
            "peaka_query_golden_sqls",
            "GET /metadata/{p}/golden-sql/query?q=how+many%3F",
            json!({ "query": "how many?" }),
            &[
                json!({ "result": [{ "question": "How many?", "sql": "SELECT count(*)" }] }),
                json!({ "result": [{ "id": "1", "content": "x", "metadata": {
                "prompt": "How many?", "sql": "SELECT count(*)", "projectId": PROJECT } }] }),
                json!([{ "question": "How many?", "sql": "SELECT count(*)" }]),
            ],
            pair,
        ),
        case(
            "peaka_execute_sql_query",
            "POST /data/projects/{p}/queries/execute?format=COMPACT",
            json!({ "query": "SELECT 1;" }),
            std::slice::from_ref(&rows),
            rows_told.clone(),
        )
        .sending(json!({ "statement": "SELECT 1", "timeout": 55 })),
        case(
            "peaka_execute_query",
            "POST /data/projects/{p}/queries/execute?format=COMPACT",
            json!({ "queryId": QUERY }),
            &[rows],
            rows_told,
        )
        .sending(json!({ "id": QUERY, "timeout": 55 })),
        case(
            "peaka_list_queries",
            "GET /data/projects/{p}/queries",
            json!({}),
            &[json!([live]), json!([documented])],
            json!({ "queries": [told] }),
        ),
        case(
            "peaka_get_query",
            "GET /data/projects/{p}/queries/{q}",
            json!({ "queryId": QUERY }),
            &[live.clone(), documented.clone()],
            told.clone(),
        ),
        case(
            "peaka_create_query",
            "POST /data/projects/{p}/queries",
            json!({ "displayName": "Top", "inputQuery": "SELECT 1" }),
            &[live.clone(), documented.clone()],
            told.clone(),
        )
        .sending(json!({ "displayName": "Top", "inputQuery": "SELECT 1", "queryType": "PLAIN" })),
        case(
            "peaka_update_query",
            "PUT /data/projects/{p}/queries/{q}",
            json!({ "queryId": QUERY, "displayName": "", "schedule": { "type": "none" } }),
            &[live, documented],
            told,
        )
        .sending(json!({ "schedule": { "type": "none" } })),
        case(
            "peaka_delete_query",
            "DELETE /data/projects/{p}/queries/{q}",
            json!({ "queryId": QUERY }),
            &[Value::Null],
            json!({ "ok": true, "message": format!("The query {QUERY} was deleted.") }),
        ),
        case(
            "peaka_refresh_materialized_query",
            "POST /data/projects/{p}/materialized-queries/{q}/refresh",
            json!({ "queryId": QUERY }),
            &[Value::Null],
            json!({ "ok": true, "message":
            "A new run was started. peaka_get_materialized_query_statuses shows it once lastExecutionStartTime changes." }),
        ),
        case(
            "peaka_get_materialized_query_statuses",
            "GET /data/projects/{p}/materialized-queries/status",
            json!({}),
            &[json!([run])],
            json!({ "statuses": [run_told] }),
        ),
        case(
            "peaka_get_materialized_query_statuses",
            "GET /data/projects/{p}/materialized-queries/{q}/status",
            json!({ "queryId": QUERY }),
            &[run],
            json!({ "statuses": [run_told] }),
        ),
    ]
}
