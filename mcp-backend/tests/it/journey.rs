//! All tools in one story, against the local Peaka, in its live and in its documented forms. What one tool gives, the
//! next takes, as a model would.

use std::{collections::BTreeSet, time::Duration};

use mcp_backend::local::{self, LocalConfig};
use serde_json::{Value, json};
use shared::{
    env::Env,
    http_client::{self, Deadlines},
};
use standin::{Fault, FaultKind, Options, Standin, demo};
use tokio_util::sync::{CancellationToken, DropGuard};

use crate::{
    conforms::conforms,
    harness::{call, listen},
};

/// How Peaka fails, and a part of what the model is told then.
const FAULTS: [(FaultKind, &str); 9] = [
    (FaultKind::Unauthorized, "key"),
    (FaultKind::Forbidden, "does not allow"),
    (FaultKind::BadRequestNumeric, "\"errorCode\":100"),
    (FaultKind::BadRequestNamed, "\"errorCode\":\"cn004\""),
    (FaultKind::BadRequestFramework, "\"status\":400"),
    (FaultKind::TooManyRequests, "fewer calls"),
    (FaultKind::Internal, "HTTP 500"),
    (FaultKind::BadGatewayHtml, "HTTP 502"),
    (FaultKind::Reset, "connection"),
];

/// A service with the key of one project, before a local Peaka.
struct Journey {
    peaka: Standin,
    http: reqwest::Client,
    url: String,
    called: BTreeSet<String>,
    faulted: BTreeSet<String>,
    documented_forms: bool,
    declared: Value,
    _running: DropGuard,
}

impl Journey {
    async fn start(key: &str, documented_forms: bool) -> Self {
        let running = CancellationToken::new();
        let peaka = Standin::start(Options { documented_forms, ..Options::default() }).await.unwrap();
        let mut env = Env::of([("PEAKA_API_KEY", key), ("PARTNER_API_BASE_URL", &peaka.partner_api_url())]);
        let config = LocalConfig::read(&mut env);
        let app = local::router(&env.finish(config).unwrap()).unwrap();
        let url = format!("http://{}/mcp", listen(app, &running).await);
        let deadlines = Deadlines { connect: Duration::from_secs(5), total: Some(Duration::from_secs(60)) };
        let http = http_client::builder("test", deadlines).build().unwrap();
        let running = running.drop_guard();
        let mut journey = Self {
            peaka,
            http,
            url,
            called: BTreeSet::new(),
            faulted: BTreeSet::new(),
            documented_forms,
            declared: Value::Null,
            _running: running,
        };
        let list = json!({ "jsonrpc": "2.0", "id": 1, "method": "tools/list" });
        journey.declared = journey.ask(&list).await["tools"].clone();
        journey
    }

    async fn ask(&self, message: &Value) -> Value {
        let request = self.http.post(&self.url).json(message);
        request.send().await.unwrap().json::<Value>().await.unwrap()["result"].clone()
    }

    async fn call(&mut self, tool: &str, arguments: Value) -> Value {
        self.called.insert(tool.to_owned());
        self.ask(&call(tool, arguments)).await
    }

    /// Before a tool does what it should, it meets every way in which Peaka fails, with the very same arguments.
    async fn meets_every_fault(&mut self, tool: &str, arguments: &Value) {
        // A test that has prepared a fault of its own goes first.
        if !self.peaka.faults().waiting().is_empty() || !self.faulted.insert(tool.to_owned()) {
            return;
        }
        for (kind, told) in FAULTS {
            // Looking up again takes the seconds that Peaka asks for: once is enough.
            if kind == FaultKind::TooManyRequests && self.documented_forms {
                continue;
            }
            self.peaka.faults().add(Fault::new(kind).on("/api/").times(1000));
            self.fails(tool, arguments.clone(), told).await;
            self.peaka.faults().clear();
        }
    }

    async fn does(&mut self, tool: &str, arguments: Value) -> Value {
        self.meets_every_fault(tool, &arguments).await;
        let result = self.call(tool, arguments.clone()).await;
        assert_ne!(result["isError"], true, "{tool} with {arguments}: {result}");
        conforms(&result["structuredContent"], &entry(&self.declared, "name", tool)["outputSchema"]);
        result["structuredContent"].clone()
    }

    async fn fails(&mut self, tool: &str, arguments: Value, told: &str) {
        let result = self.call(tool, arguments.clone()).await;
        assert_eq!(result["isError"], true, "{tool} with {arguments}: {result}");
        let text = result["content"][0]["text"].as_str().unwrap();
        assert!(text.contains(told), "{tool} with {arguments}: {text}");
    }
}

/// The entry of a list whose member has this value.
fn entry<'a>(list: &'a Value, member: &str, value: &str) -> &'a Value {
    let found = list.as_array().unwrap().iter().find(|entry| entry[member] == value);
    found.unwrap_or_else(|| panic!("no {member} {value} in {list}"))
}

fn text(value: &Value) -> &str {
    value.as_str().unwrap_or_else(|| panic!("no text: {value}"))
}

#[tokio::test]
async fn every_tool_in_the_live_forms() {
    whole_journey(false).await;
}

#[tokio::test]
async fn every_tool_in_the_documented_forms() {
    whole_journey(true).await;
}

async fn whole_journey(documented_forms: bool) {
    let mut journey = Journey::start(demo::PROJECT_KEY, documented_forms).await;
    let projects = journey.does("peaka_list_projects", json!({})).await;
    assert_eq!(projects["projects"].as_array().unwrap().len(), 1);
    assert_eq!(projects["projects"][0]["projectId"], demo::PROJECT);
    let (storefront, payments) = look_around(&mut journey).await;
    metadata(&mut journey, &storefront).await;
    let query = saved_queries(&mut journey).await;
    materialized(&mut journey).await;
    caches(&mut journey, &payments, &storefront).await;
    semantic(&mut journey, &query).await;

    let listed: BTreeSet<_> =
        journey.declared.as_array().unwrap().iter().map(|tool| text(&tool["name"]).to_owned()).collect();
    assert_eq!(journey.called, listed, "the journey passes every tool");
}

async fn look_around(journey: &mut Journey) -> (String, String) {
    let catalogs = journey.does("peaka_list_catalogs", json!({})).await["catalogs"].clone();
    let id = |name| text(&entry(&catalogs, "name", name)["id"]).to_owned();
    let (storefront, payments) = (id("storefront"), id("payments"));

    let schemas = journey.does("peaka_list_schemas", json!({ "catalogId": storefront })).await;
    entry(&schemas["schemas"], "schemaName", "public");
    let place = json!({ "catalogId": payments, "schemaName": "payment" });
    let tables = journey.does("peaka_list_tables", place).await;
    let charges = entry(&tables["tables"], "tableName", "charges");
    assert_eq!((&charges["isCacheable"], &charges["isCached"]), (&json!(true), &json!(false)));
    let orders = json!({ "catalogId": storefront, "schemaName": "public", "tableName": "orders" });
    let columns = journey.does("peaka_list_columns", orders.clone()).await;
    entry(&columns["columns"], "name", "id");
    let statistics = journey.does("peaka_get_table_statistics", orders).await;
    assert!(!statistics["columnStatistics"].as_array().unwrap().is_empty());
    let charges = json!({ "catalogId": payments, "schemaName": "payment", "tableName": "charges" });
    journey.fails("peaka_get_table_statistics", charges, "is not being supported yet").await;

    let connections = journey.does("peaka_list_connections", json!({})).await["connections"].clone();
    let connection = text(&connections[0]["id"]).to_owned();
    let detail = journey.does("peaka_get_connection_detail", json!({ "connectionId": connection })).await;
    assert_eq!(detail["type"], connections[0]["type"]);
    let nowhere = json!({ "connectionId": "00000000-0000-4000-a000-000000000000" });
    journey.fails("peaka_get_connection_detail", nowhere, "Peaka").await;

    let sql = json!({ "query": "SELECT count(*) AS n FROM \"storefront\".\"public\".\"orders\";" });
    let rows = journey.does("peaka_execute_sql_query", sql).await;
    assert_eq!(rows["rows"], json!([["2000"]]));
    let sql = json!({ "query": "SELECT id FROM \"payments\".\"payment\".\"charges\"" });
    let rows = journey.does("peaka_execute_sql_query", sql).await;
    assert_eq!(rows["rowCount"], 100);
    assert!(text(&rows["notice"]).contains("isCached"));
    let sql = json!({ "query": "SELECT id FROM \"storefront\".\"public\".\"nothing\"" });
    journey.fails("peaka_execute_sql_query", sql, "does not exist").await;
    (storefront, payments)
}

async fn metadata(journey: &mut Journey, storefront: &str) {
    let part = json!({ "catalogId": storefront, "schemaName": "public" });
    let metadata = journey.does("peaka_get_project_metadata", part).await;
    let orders = entry(&metadata["tables"], "tableName", "orders");
    assert_eq!(orders["sqlName"], "\"storefront\".\"public\".\"orders\"");
    let told = metadata.to_string();
    for left_out in ["sampleValues", "\"content\"", "\"null\""] {
        assert!(!told.contains(left_out), "{left_out} is in {told}");
    }
    let with_samples = journey
        .does("peaka_get_project_metadata", json!({ "catalogId": storefront, "includeSamples": true }))
        .await;
    assert!(with_samples.to_string().contains("sampleValues"));
    let relations = journey.does("peaka_get_relations", json!({ "catalogId": storefront })).await;
    assert!(!relations["relations"].as_array().unwrap().is_empty());
    assert!(relations["relations"][0]["source"]["columnName"].is_string(), "{relations}");
    let golden = journey.does("peaka_query_golden_sqls", json!({ "query": "revenue by month" })).await;
    assert!(text(&golden["pairs"][0]["sql"]).to_uppercase().contains("SELECT"));

    journey.peaka.sync_millis(1_000_000);
    let catalog = json!({ "catalogId": storefront });
    journey.does("peaka_refresh_project_metadata", catalog.clone()).await;
    let status = journey.does("peaka_get_metadata_refresh_status", catalog.clone()).await;
    assert_eq!(status["inProgress"], true, "{status}");
    journey.peaka.sync_millis(0);
    let status = journey.does("peaka_get_metadata_refresh_status", catalog).await;
    assert_eq!(status["inProgress"], false, "{status}");
    assert!(["NOT_ACTIVE", "COMPLETED"].contains(&text(&status["status"])));
}

async fn saved_queries(journey: &mut Journey) -> String {
    let new = json!({ "displayName": "CheapProducts", "inputQuery": "SELECT 1 AS one" });
    let made = journey.does("peaka_create_query", new).await;
    let id = text(&made["id"]).to_owned();
    assert_eq!(
        (&made["queryType"], &made["sqlName"]),
        (&json!("PLAIN"), &json!("\"peaka\".\"query\".\"cheapproducts\""))
    );
    let queries = journey.does("peaka_list_queries", json!({})).await["queries"].clone();
    assert_eq!(entry(&queries, "id", &id)["displayName"], "CheapProducts");
    let changes = json!({ "queryId": id, "inputQuery": "SELECT 2 AS two" });
    journey.does("peaka_update_query", changes).await;
    let seen = journey.does("peaka_get_query", json!({ "queryId": id })).await;
    assert_eq!(
        (&seen["inputQuery"], &seen["displayName"]),
        (&json!("SELECT 2 AS two"), &json!("CheapProducts"))
    );
    let rows = journey.does("peaka_execute_query", json!({ "queryId": id })).await;
    assert_eq!(rows["rows"], json!([["2"]]));
    id
}

async fn materialized(journey: &mut Journey) {
    let new = json!({ "displayName": "Stored", "inputQuery": "SELECT 1 AS one", "queryType": "MATERIALIZED",
        "schedule": { "type": "interval", "repeatDuration": "PT6H" } });
    let made = journey.does("peaka_create_query", new).await;
    let id = text(&made["id"]).to_owned();
    let one = json!({ "queryId": id });
    let before = journey.does("peaka_get_materialized_query_statuses", one.clone()).await["statuses"].clone();
    journey.peaka.sync_millis(0);
    let refreshed = journey.does("peaka_refresh_materialized_query", one.clone()).await;
    assert_eq!(refreshed["ok"], true);
    let after = journey.does("peaka_get_materialized_query_statuses", one.clone()).await["statuses"].clone();
    assert_eq!((before[0]["queryId"].clone(), after[0]["status"].clone()), (json!(id), json!("COMPLETED")));
    assert_eq!(after[0]["hasRun"], true, "{after}");
    let all = journey.does("peaka_get_materialized_query_statuses", json!({})).await["statuses"].clone();
    entry(&all, "queryId", &id);
    let deleted = journey.does("peaka_delete_query", one.clone()).await;
    assert!(text(&deleted["message"]).contains("was deleted"));
    journey.fails("peaka_get_query", one, "Peaka").await;
}

async fn caches(journey: &mut Journey, payments: &str, storefront: &str) {
    journey.peaka.sync_millis(1_000_000);
    let charges = json!({ "catalogId": payments, "schemaName": "payment", "tableName": "charges",
        "incrementalSchedule": "PT1H", "fullRefreshSchedule": "P1D" });
    let made = journey.does("peaka_create_cache", charges.clone()).await;
    let id = text(&made["cacheId"]).to_owned();
    assert_eq!((&made["incrementalSchedule"], &made["fullRefreshSchedule"]), (&json!("PT1H"), &json!("P1D")));
    journey.fails("peaka_create_cache", charges, "Peaka").await;
    let caches = journey.does("peaka_get_cache_statuses", json!({})).await["caches"].clone();
    assert_eq!(entry(&caches, "cacheId", &id)["inProgress"], true);
    let sql = json!({ "query": "SELECT id FROM \"payments\".\"payment\".\"charges\"" });
    let rows = journey.does("peaka_execute_sql_query", sql.clone()).await;
    assert!(text(&rows["notice"]).starts_with("No rows."), "{rows}");

    journey.peaka.sync_millis(0);
    let caches =
        journey.does("peaka_get_cache_statuses", json!({ "includeLogs": true })).await["caches"].clone();
    let cache = entry(&caches, "cacheId", &id);
    assert_eq!((&cache["inProgress"], &cache["status"]), (&json!(false), &json!("COMPLETED")), "{cache}");
    let rows = journey.does("peaka_execute_sql_query", sql).await;
    assert_eq!(rows["rowCount"], 1000, "of 1500, by the row limit");
    for tool in ["peaka_refresh_cache_full", "peaka_refresh_cache_incremental"] {
        assert_eq!(journey.does(tool, json!({ "cacheId": id })).await["ok"], true);
    }
    let changes = json!({ "cacheId": id, "incrementalSchedule": "NONE" });
    let changed = journey.does("peaka_update_cache", changes).await;
    assert_eq!((changed.get("incrementalSchedule"), &changed["fullRefreshSchedule"]), (None, &json!("P1D")));
    assert!(!text(&changed["note"]).contains("did not keep"));

    let orders = json!({ "catalogId": storefront, "schemaName": "public", "tableName": "orders" });
    journey.fails("peaka_create_cache", orders.clone(), "TABLE_NOT_CACHEABLE").await;
    let customers = json!({ "catalogId": payments, "schemaName": "payment", "tableName": "customers" });
    let outcomes = journey.does("peaka_create_cache_batch", json!({ "items": [customers, orders] })).await;
    assert_eq!((&outcomes["succeeded"], &outcomes["failed"]), (&json!(1), &json!(1)), "{outcomes}");
    assert!(outcomes["results"][1]["error"].is_string(), "{outcomes}");
    journey.does("peaka_delete_cache", json!({ "cacheId": id })).await;
    journey.fails("peaka_refresh_cache_full", json!({ "cacheId": id }), "Cache settings not found").await;
}

async fn semantic(journey: &mut Journey, query: &str) {
    let catalog = journey.does("peaka_create_semantic_catalog", json!({ "name": "Reports" })).await;
    let id = text(&catalog["id"]).to_owned();
    let new = json!({ "catalogId": id, "schemaName": "main", "tableName": "twos", "queryId": query });
    let table = journey.does("peaka_create_semantic_table", new).await;
    let sql = format!("SELECT * FROM {}", text(&table["sqlName"]));
    let rows = journey.does("peaka_execute_sql_query", json!({ "query": sql })).await;
    assert_eq!(rows["rows"], json!([["2"]]));
    let which = json!({ "catalogId": id, "tableId": table["tableId"] });
    let deleted = journey.does("peaka_delete_semantic_table", which).await;
    assert_eq!(deleted["ok"], true);
    journey.fails("peaka_execute_sql_query", json!({ "query": sql }), "does not exist").await;
}

#[tokio::test]
async fn a_partner_key_reaches_everything_and_a_key_that_was_switched_off_nothing() {
    let mut journey = Journey::start(demo::PARTNER_KEY, false).await;
    let projects = journey.does("peaka_list_projects", json!({})).await["projects"].clone();
    assert_eq!(projects.as_array().unwrap().len(), 24);
    for project in [demo::PROJECT, demo::SINGLE_PROJECT] {
        journey.does("peaka_list_catalogs", json!({ "projectId": project })).await;
    }
    journey.fails("peaka_list_catalogs", json!({}), "projectId is missing").await;
    journey.fails("peaka_list_catalogs", json!({ "projectId": "zzzzzzzz" }), "Peaka").await;

    let mut journey = Journey::start(demo::PROJECT_KEY, false).await;
    journey
        .fails("peaka_list_catalogs", json!({ "projectId": demo::SINGLE_PROJECT }), "does not allow")
        .await;

    let mut journey = Journey::start(demo::DISABLED_KEY, false).await;
    journey.fails("peaka_list_projects", json!({}), "does not accept the API key").await;
    journey.fails("peaka_list_catalogs", json!({}), "does not accept the API key").await;
}

#[tokio::test]
async fn what_goes_wrong_is_told_as_it_is_or_overcome() {
    let mut journey = Journey::start(demo::PARTNER_KEY, false).await;
    let project = json!({ "projectId": demo::PROJECT });
    for (fault, told) in [
        (FaultKind::Forbidden, "does not allow"),
        (FaultKind::BadRequestNumeric, "errorCode\":100"),
        (FaultKind::BadRequestNamed, "cn004"),
        (FaultKind::BadRequestFramework, "status\":400"),
        (FaultKind::Internal, "Peaka failed"),
        (FaultKind::Empty, "could not be understood"),
    ] {
        journey.peaka.faults().add(Fault::new(fault).on("/catalogs"));
        journey.fails("peaka_list_catalogs", project.clone(), told).await;
    }
    for fault in
        [FaultKind::BadGatewayHtml, FaultKind::Reset, FaultKind::Unavailable, FaultKind::TooManyRequests]
    {
        journey.peaka.faults().add(Fault::new(fault).on("/catalogs"));
        journey.does("peaka_list_catalogs", project.clone()).await;
    }
    let branch = Fault::new(FaultKind::Internal).on("/workspaces/").times(1);
    journey.peaka.faults().add(branch);
    let listed = journey.does("peaka_list_projects", json!({})).await;
    assert_eq!(listed["problems"].as_array().unwrap().len(), 1, "{listed}");
    assert!(!listed["projects"].as_array().unwrap().is_empty());
}
