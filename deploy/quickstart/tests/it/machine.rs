//! A client that acts for itself: tool calls run with the API key that its operator gave it, of either kind.

use std::time::Duration;

use gateway::{
    keys::{Keys, MasterKeys},
    operator_clients::{Entry, prepare},
    store::{Store, StoreSettings},
};
use quickstart::{House, Ports, State};
use serde_json::{Value, json};
use shared::clock::{Clock as _, SystemClock};
use standin::demo::{DISABLED_KEY, PARTNER_KEY, PROJECT_KEY};

/// Registers a client beside the running gateway, as the operator's command does; its secret.
async fn register(state: &State, id: &str, api_key: &str) -> String {
    let settings = StoreSettings {
        url: state.database_url().into(),
        connections: 1,
        replicas: 1,
        acquire: Duration::from_secs(5),
    };
    let store = Store::connect(&settings).await.unwrap();
    let now = SystemClock.now();
    let master = MasterKeys::parse(state.master_key()).unwrap();
    let keys = Keys::open(store.clone(), master, now).await.unwrap();
    let written = json!({
        "client_id": id,
        "token_endpoint_auth_method": "client_secret_basic",
        "grant_types": ["client_credentials"],
    });
    let entry = Entry::read(&written, "the client", &[], &mut Vec::new()).unwrap();
    let prepared = prepare(&keys, &entry, Some(&api_key.to_owned().into())).unwrap();
    assert!(store.add_operator_client(&prepared.row, now).await.unwrap());
    store.close().await;
    let secret = prepared.secret.unwrap();
    secrecy::ExposeSecret::expose_secret(&secret).to_owned()
}

struct Machine {
    http: reqwest::Client,
    url: String,
    token: String,
}

impl Machine {
    async fn of(state: &State, house: &House, id: &str, api_key: &str) -> Self {
        let secret = register(state, id, api_key).await;
        let deadlines = shared::http_client::Deadlines {
            connect: Duration::from_secs(5),
            total: Some(Duration::from_secs(30)),
        };
        let http = shared::http_client::builder("a test", deadlines).build().unwrap();
        let request = http
            .post(format!("{}/oauth/token", house.public_url()))
            .basic_auth(id, Some(secret))
            .form(&[("grant_type", "client_credentials")]);
        let answer: Value = request.send().await.unwrap().json().await.unwrap();
        let token = answer["access_token"].as_str().unwrap().to_owned();
        Self { http, url: house.mcp_url(), token }
    }

    async fn call(&self, tool: &str, arguments: Value) -> (u16, Value) {
        let params = json!({"name": tool, "arguments": arguments});
        let request = self
            .http
            .post(&self.url)
            .bearer_auth(&self.token)
            .header("accept", "application/json, text/event-stream")
            .header("mcp-protocol-version", "2025-11-25")
            .json(&json!({"jsonrpc": "2.0", "id": 1, "method": "tools/call", "params": params}));
        let response = request.send().await.unwrap();
        (response.status().as_u16(), response.json().await.unwrap_or_default())
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn tools_run_with_the_key_of_the_operator() {
    let state = State::temporary().unwrap();
    let house = House::start(&state, Ports::Free).await.unwrap();
    let list = "peaka_list_projects";

    let partner = Machine::of(&state, &house, "partner", PARTNER_KEY).await;
    let (status, answer) = partner.call(list, json!({})).await;
    let projects = answer["result"]["structuredContent"]["projects"].as_array().unwrap().clone();
    assert!(status == 200 && projects.len() > 1, "{answer}");
    let sql = json!({"projectId": projects[0]["projectId"], "query": "SELECT current_user_props('email') AS email"});
    let (_, answer) = partner.call("peaka_execute_sql_query", sql).await;
    assert_eq!(answer["result"]["structuredContent"]["rows"], json!([["ada@demo.peaka.local"]]), "{answer}");

    // A key of one project sees that one, and works in it.
    let project = Machine::of(&state, &house, "project", PROJECT_KEY).await;
    let (_, answer) = project.call(list, json!({})).await;
    let projects = answer["result"]["structuredContent"]["projects"].as_array().unwrap().clone();
    assert_eq!(projects.len(), 1, "{answer}");
    let sql = json!({"projectId": projects[0]["projectId"], "query": "SELECT 1 AS one"});
    let (_, answer) = project.call("peaka_execute_sql_query", sql).await;
    assert_eq!(answer["result"]["structuredContent"]["rows"], json!([["1"]]), "{answer}");

    // A key that Peaka refuses is no outage, and no other key is tried.
    let disabled = Machine::of(&state, &house, "disabled", DISABLED_KEY).await;
    let (status, answer) = disabled.call(list, json!({})).await;
    assert!(status == 401 || answer["result"]["isError"] == true, "{status} {answer}");
    house.stop().await;
}
