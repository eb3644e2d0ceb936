//! One case for each tool of the Partner API: what it is called with, what it asks of Peaka, what Peaka may answer,
//! live and as documented, and what the model gets.

use serde_json::{Value, json};

use crate::{
    catalogue::{CACHE, CATALOG, CONNECTION, QUERY, TABLE},
    harness::PROJECT,
};

pub(crate) struct Case {
    pub(crate) tool: &'static str,
    /// Without `projectId`.
    pub(crate) arguments: Value,
    /// The call to Peaka.
    pub(crate) line: String,
    /// Its body; null if it has none.
    pub(crate) sent: Value,
    /// The answers of Peaka that mean the same.
    pub(crate) answers: Vec<String>,
    pub(crate) told: Value,
}

impl Case {
    pub(crate) fn arguments(&self) -> Value {
        let mut arguments = self.arguments.clone();
        arguments["projectId"] = json!(PROJECT);
        arguments
    }
}

fn case(tool: &'static str, line: &str, arguments: Value, answers: &[Value], told: Value) -> Case {
    let line =
        line.replace("{p}", PROJECT).replace("{c}", CATALOG).replace("{q}", QUERY).replace("{k}", CACHE);
    let line = line.replace("{n}", CONNECTION).replace("{t}", TABLE);
    let answers =
        answers.iter().map(|answer| if answer.is_null() { String::new() } else { answer.to_string() });
    Case { tool, arguments, line, sent: Value::Null, answers: answers.collect(), told }
}

impl Case {
    fn sending(mut self, body: Value) -> Self {
        self.sent = body;
        self
    }
}

pub(crate) fn all() -> Vec<Case> {
    [queries(), metadata(), caches(), others()].into_iter().flatten().collect()
}

fn queries() -> Vec<Case> {
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

fn metadata() -> Vec<Case> {
    let flat = json!({ "id": "r1", "projectId": PROJECT, "type": "MANY_TO_ONE",
        "sourceCatalogId": CATALOG, "sourceCatalogName": "shop", "sourceSchemaName": "public",
        "sourceTableName": "orders", "sourceColumnName": "customer_id",
        "targetCatalogId": CATALOG, "targetCatalogName": "shop", "targetSchemaName": "public",
        "targetTableName": "customers", "targetColumnName": "id" });
    let end = |table: &str, column: &str| {
        json!({ "catalogId": CATALOG, "catalogName": "shop",
        "schemaName": "public", "tableName": table, "columnName": column })
    };
    let relation = json!({ "id": "r1", "type": "MANY_TO_ONE", "source": end("orders", "customer_id"),
        "target": end("customers", "id") });
    let table = json!({ "projectId": PROJECT, "catalogId": CATALOG, "catalogType": "peaka_postgres",
        "catalogSubType": null, "catalogQueryName": "shop", "catalogDisplayName": "Shop", "schemaName": "public",
        "tableName": "orders", "tableDescription": "null", "isCacheable": false, "isDynamicTable": false,
        "useWithAI": true, "relations": [flat],
        "columns": [
            { "columnName": "id", "columnDescription": "null", "dataType": "bigint", "order": 0, "isPrimary": true,
              "isCategorical": false, "categoricalValues": [], "sampleValues": ["1", "2"] },
            { "columnName": "state", "columnDescription": "Where it is", "dataType": "varchar", "isCategorical": true,
              "categoricalValues": ["open", "shipped"], "sampleValues": null },
            { "columnName": "_system", "dataType": "varchar", "isSystem": true },
        ] });
    let told = |samples: bool| {
        let mut id = json!({ "name": "id", "dataType": "bigint", "isPrimary": true });
        if samples {
            id["sampleValues"] = json!(["1", "2"]);
        }
        json!({ "tables": [{ "sqlName": "\"shop\".\"public\".\"orders\"", "catalogId": CATALOG,
            "catalogType": "peaka_postgres", "schemaName": "public", "tableName": "orders", "isCacheable": false,
            "columns": [id, { "name": "state", "dataType": "varchar", "description": "Where it is",
                "isCategorical": true, "categoricalValues": ["open", "shipped"] }],
            "relations": [relation] }], "tableCount": 1, "truncated": false })
    };
    let indexed = json!({ "metadata": [{ "id": "m1", "content": "orders: id, state", "metadata": table }] });
    vec![
        case(
            "peaka_get_project_metadata",
            "GET /metadata/{p}?catalogId={c}&schemaName=public",
            json!({ "catalogId": CATALOG, "schemaName": "public" }),
            &[indexed.clone(), json!({ "metadata": [table] })],
            told(false),
        ),
        case(
            "peaka_get_project_metadata",
            "GET /metadata/{p}",
            json!({ "includeSamples": true }),
            &[indexed],
            told(true),
        ),
        case(
            "peaka_refresh_project_metadata",
            "POST /metadata/{p}/refresh",
            json!({ "catalogId": CATALOG }),
            &[json!({}), Value::Null, json!("started")],
            json!({ "ok": true, "message":
            "The refresh was started. peaka_get_metadata_refresh_status shows when it has ended." }),
        )
        .sending(json!({ "catalogId": CATALOG })),
        case(
            "peaka_get_metadata_refresh_status",
            "GET /metadata/{p}/refresh/{c}",
            json!({ "catalogId": CATALOG }),
            &[json!({ "status": "not-active" }), json!({ "status": "NOT_ACTIVE" })],
            json!({ "status": "NOT_ACTIVE", "inProgress": false,
                "meaning": "No refresh is running; the last one, if any, has ended." }),
        ),
        case(
            "peaka_get_relations",
            "GET /metadata/{p}/relations/{c}",
            json!({ "catalogId": CATALOG }),
            &[
                json!({ "relations": [flat] }),
                json!([flat]),
                json!({ "r1": flat }),
                json!({ "relations": { "r1": flat } }),
            ],
            json!({ "relations": [relation] }),
        ),
    ]
}

fn caches() -> Vec<Case> {
    let cache = json!({ "id": CACHE, "catalogId": CATALOG, "schemaName": "payment", "tableName": "charges",
        "projectId": PROJECT, "incrementalCacheSchedule": { "type": "BASIC", "expression": "PT1H" },
        "fullRefreshCacheSchedule": null });
    let told = |note: Option<&str>| {
        let mut told = json!({ "cacheId": CACHE, "catalogId": CATALOG, "schemaName": "payment",
            "tableName": "charges", "incrementalSchedule": "PT1H" });
        if let Some(note) = note {
            told["note"] = json!(note);
        }
        told
    };
    let place = json!({ "catalogId": CATALOG, "schemaName": "payment", "tableName": "charges" });
    let mut wanted = place.clone();
    wanted["incrementalSchedule"] = json!("PT1H");
    let mut body = place.clone();
    body["incrementalCacheSchedule"] = json!({ "type": "BASIC", "expression": "PT1H" });
    let execution = |status: &str, at: &str| {
        json!({ "id": "e", "executionMode": "x", "status": status, "error": null,
        "createdAt": at, "updatedAt": at, "finishedAt": null,
        "progress": { "numberOfCachedRecords": 3, "lastOffset": null } })
    };
    vec![
        case("peaka_create_cache", "POST /data/projects/{p}/cache", wanted.clone(), std::slice::from_ref(&cache),
            told(Some("The first sync has started; until peaka_get_cache_statuses shows it as COMPLETED the table \
                reads as empty.")))
            .sending(body.clone()),
        case("peaka_create_cache_batch", "POST /data/projects/{p}/cache/batch",
            json!({ "items": [wanted, { "catalogId": CATALOG, "schemaName": "payment", "tableName": "internal" }] }), &[
                json!([{ "success": true, "cache": cache }, { "success": false, "error": "not cacheable (http://be-x)" }]),
                json!([cache, { "success": false, "error": { "message": "not cacheable (http://be-x)" } }]),
            ], json!({ "results": [
                { "tableName": "charges", "success": true, "cache": told(None) },
                { "tableName": "internal", "success": false, "error": "not cacheable [internal]" },
            ], "succeeded": 1, "failed": 1, "note": "1 tables are cached, 1 could not be: tell the user which. \
                Their first syncs have started; until peaka_get_cache_statuses shows them as COMPLETED the tables \
                read as empty." }))
            .sending(json!([body, { "catalogId": CATALOG, "schemaName": "payment", "tableName": "internal" }])),
        case("peaka_get_cache_statuses", "GET /data/projects/{p}/cache/status", json!({}), &[json!([{
            "id": CACHE, "status": "COMPLETED", "catalogId": CATALOG, "schemaName": "payment", "tableName": "charges",
            "projectId": PROJECT, "lastIncrementalCacheExecution": execution("COMPLETED", "2026-01-01T00:00:00Z"),
            "lastFullRefreshCacheExecution": execution("RUNNING", "2026-01-02T00:00:00Z"),
            "cacheActionLogs": [{ "timestamp": "x", "action": "START", "message": "at http://be-cache:1" }],
        }])], json!({ "caches": [{ "cacheId": CACHE, "status": "COMPLETED", "inProgress": true, "catalogId": CATALOG,
            "schemaName": "payment", "tableName": "charges",
            "lastIncremental": { "status": "COMPLETED", "createdAt": "2026-01-01T00:00:00Z",
                "progress": { "numberOfCachedRecords": 3 } },
            "lastFullRefresh": { "status": "RUNNING", "createdAt": "2026-01-02T00:00:00Z",
                "progress": { "numberOfCachedRecords": 3 } } }] })),
        case("peaka_refresh_cache_full", "POST /data/projects/{p}/cache/{k}/fullRefreshUpdate", json!({ "cacheId": CACHE }),
            &[json!({ "status": "canceled", "message": "queued" })], json!({ "ok": true, "status": "CANCELLED",
            "detail": "queued", "message": "A full sync was started. peaka_get_cache_statuses shows how it goes." })),
        case("peaka_refresh_cache_incremental", "POST /data/projects/{p}/cache/{k}/incrementalUpdate",
            json!({ "cacheId": CACHE }), &[json!({}), Value::Null], json!({ "ok": true,
            "message": "An incremental sync was started. peaka_get_cache_statuses shows how it goes." })),
        case("peaka_update_cache", "PUT /data/projects/{p}/cache/{k}",
            json!({ "cacheId": CACHE, "fullRefreshSchedule": "NONE" }), &[cache], told(Some("The schedules are set as shown.")))
            .sending(json!({ "fullRefreshCacheSchedule": { "type": "NONE" } })),
        case("peaka_delete_cache", "DELETE /data/projects/{p}/cache/{k}", json!({ "cacheId": CACHE }), &[Value::Null],
            json!({ "ok": true, "message": format!("The cache {CACHE} was deleted; the table is read from its source again.") })),
    ]
}

fn others() -> Vec<Case> {
    let table = json!({ "catalogId": CATALOG, "schemaName": "payment", "tableName": "charges" });
    vec![
        case("peaka_list_catalogs", "GET /data/projects/{p}/catalogs", json!({}), &[
            json!([{ "id": "1", "name": "peaka", "displayName": "Peaka", "catalogType": "internal", "connectionId": null }]),
            json!([{ "id": 1, "name": "peaka", "displayName": "Peaka", "type": "internal" }]),
        ], json!({ "catalogs": [{ "id": "1", "name": "peaka", "displayName": "Peaka", "catalogType": "internal" }] })),
        case("peaka_list_schemas", "GET /data/projects/{p}/catalogs/{c}/schemas", json!({ "catalogId": CATALOG }),
            &[json!([{ "catalogId": CATALOG, "schemaName": "payment" }])], json!({ "schemas": [{ "schemaName": "payment" }] })),
        case("peaka_list_tables", "GET /data/projects/{p}/catalogs/{c}/schemas/payment/tables",
            json!({ "catalogId": CATALOG, "schemaName": "payment" }),
            &[json!([{ "catalogId": CATALOG, "catalogName": "stripe", "schemaName": "payment", "tableName": "charges",
                "isCacheable": true, "isDynamicTable": false, "isCached": false,
                "supportedCacheTypes": ["FULL_REFRESH"] }])],
            json!({ "tables": [{ "catalogName": "stripe", "schemaName": "payment", "tableName": "charges",
                "isCacheable": true, "isDynamicTable": false, "isCached": false,
                "supportedCacheTypes": ["FULL_REFRESH"] }] })),
        case("peaka_list_columns", "GET /data/projects/{p}/catalogs/{c}/schemas/payment/tables/charges/columns", table.clone(),
            &[json!([{ "name": "id", "dataType": "varchar", "displayName": "id", "defaultValue": null,
                "isNotNull": true, "isUnique": true, "desc": "The key" }])],
            json!({ "columns": [{ "name": "id", "dataType": "varchar", "displayName": "id", "isNotNull": true,
                "isUnique": true, "description": "The key" }] })),
        case("peaka_get_table_statistics", "GET /data/projects/{p}/catalogs/{c}/schemas/payment/tables/charges/statistics", table,
            &[json!({ "catalogId": CATALOG, "schemaName": "payment", "tableName": "charges",
                "columnStatistics": [{ "columnName": "id", "distinctFraction": -1.0 }] })],
            json!({ "columnStatistics": [{ "columnName": "id", "distinctFraction": -1.0 }] })),
        case("peaka_list_connections", "GET /connections/{p}", json!({}), &[
            json!([{ "id": CONNECTION, "name": "Shop", "type": "stripe", "url": null }]),
            json!([{ "id": CONNECTION, "name": "Shop", "type": "stripe" }]),
        ], json!({ "connections": [{ "id": CONNECTION, "name": "Shop", "type": "stripe" }] })),
        case("peaka_get_connection_detail", "GET /connections/{p}/{n}/detail", json!({ "connectionId": CONNECTION }),
            &[json!({ "type": "bullhorn", "restApiTokenUrl": "https://rest.example/t", "swimlane": "1", "port": 5432,
                "corpToken": "acme", "clientSecret": "hunter2", "api_key": "hunter2" })],
            json!({ "type": "bullhorn", "settings": { "restApiTokenUrl": "https://rest.example/t", "swimlane": "1",
                "port": 5432, "corpToken": "acme" } })),
        case("peaka_create_semantic_catalog", "POST /data/projects/{p}/semantic-catalogs", json!({ "name": "Sales" }),
            &[json!({ "id": CATALOG, "name": "sales", "displayName": "Sales", "type": "SEMANTIC", "connectionId": null })],
            json!({ "id": CATALOG, "name": "sales", "displayName": "Sales", "type": "SEMANTIC" }))
            .sending(json!({ "name": "Sales" })),
        case("peaka_create_semantic_table", "POST /data/projects/{p}/semantic-catalogs/{c}",
            json!({ "catalogId": CATALOG, "schemaName": "main", "tableName": "top", "queryId": QUERY }),
            &[json!({ "tableId": TABLE, "catalogName": "sales", "schemaName": "main", "tableName": "top" })],
            json!({ "tableId": TABLE, "catalogName": "sales", "schemaName": "main", "tableName": "top",
                "sqlName": "\"sales\".\"main\".\"top\"" }))
            .sending(json!({ "schemaName": "main", "tableName": "top", "queryId": QUERY })),
        case("peaka_delete_semantic_table", "DELETE /data/projects/{p}/semantic-catalogs/{c}/table/{t}",
            json!({ "catalogId": CATALOG, "tableId": TABLE }), &[Value::Null],
            json!({ "ok": true, "message": format!("The semantic table {TABLE} was deleted.") })),
    ]
}
