//! The tools over HTTP with an API key, on a loopback address.

use std::time::Duration;

use mcp_backend::local::{self, LocalConfig};
use reqwest::{RequestBuilder, Response};
use serde_json::{Value, json};
use shared::{
    env::Env,
    http_client::{self, Deadlines},
};
use tokio_util::sync::{CancellationToken, DropGuard};

use crate::harness::{PROJECT, Peaka, call, listen};

struct Local {
    url: String,
    port: u16,
    peaka: Peaka,
    http: reqwest::Client,
    _running: DropGuard,
}

impl Local {
    async fn start(key: &str) -> Self {
        let running = CancellationToken::new();
        let peaka = Peaka::start(&running).await;
        let mut env = Env::of([("PEAKA_API_KEY", key), ("PARTNER_API_BASE_URL", &peaka.url)]);
        let config = LocalConfig::read(&mut env);
        let app = local::router(&env.finish(config).unwrap()).unwrap();
        let address = listen(app, &running).await;
        let deadlines = Deadlines { connect: Duration::from_secs(5), total: Some(Duration::from_secs(30)) };
        let http = http_client::builder("test", deadlines).build().unwrap();
        let url = format!("http://{address}/mcp");
        Self { url, port: address.port(), peaka, http, _running: running.drop_guard() }
    }

    fn post(&self) -> RequestBuilder {
        self.http.post(&self.url).header("content-type", "application/json")
    }

    async fn call(&self, tool: &str, arguments: Value) -> Response {
        self.post().json(&call(tool, arguments)).send().await.unwrap()
    }
}

#[tokio::test]
async fn it_serves_with_the_key() {
    let local = Local::start("the.key").await;
    local.peaka.has("GET /info", json!({ "userId": "u", "projectId": PROJECT }));
    local.peaka.has(&format!("GET /data/projects/{PROJECT}/catalogs"), json!([]));
    let response = local.call("peaka_list_catalogs", json!({})).await;
    assert_eq!(response.status(), 200);
    let body: Value = response.json().await.unwrap();
    assert_eq!(body["result"]["structuredContent"], json!({ "catalogs": [] }));
    assert!(local.peaka.asked().iter().all(|asked| asked.token == "the.key"));
    assert_eq!(local.http.get(&local.url).send().await.unwrap().status(), 405);
}

#[tokio::test]
async fn a_bearer_that_a_client_sends_is_not_passed_on() {
    let local = Local::start("the.key").await;
    let request = local
        .post()
        .bearer_auth("another")
        .json(&call("peaka_list_catalogs", json!({ "projectId": PROJECT })));
    request.send().await.unwrap();
    assert_eq!(local.peaka.asked().pop().unwrap().token, "the.key");
}

#[tokio::test]
async fn without_a_key_or_with_a_bad_one_the_model_is_told() {
    let local = Local::start("").await;
    let body: Value = local.call("peaka_list_projects", json!({})).await.json().await.unwrap();
    assert!(body["result"]["content"][0]["text"].as_str().unwrap().contains("PEAKA_API_KEY"), "{body}");
    let local = Local::start("bad.key").await;
    local.peaka.refuses_all();
    let response = local.call("peaka_list_projects", json!({})).await;
    assert_eq!(response.status(), 200, "a 401 would send the client off to sign in somewhere");
    let body: Value = response.json().await.unwrap();
    assert!(body["result"]["content"][0]["text"].as_str().unwrap().contains("does not accept"), "{body}");
}

#[tokio::test]
async fn web_pages_are_kept_out() {
    let local = Local::start("the.key").await;
    let message = call("peaka_list_catalogs", json!({ "projectId": PROJECT }));
    for (name, value) in [
        ("host", "evil.example".to_owned()),
        ("host", format!("rebound.example:{}", local.port)),
        ("origin", "https://evil.example".to_owned()),
        ("origin", "null".to_owned()),
    ] {
        let response = local.post().header(name, &value).json(&message).send().await.unwrap();
        assert_eq!(response.status(), 403, "{name}: {value}");
        assert_eq!(response.json::<Value>().await.unwrap()["error"]["code"], -32600);
    }
    let plain = local.http.post(&local.url).header("content-type", "text/plain").body(message.to_string());
    assert_eq!(plain.send().await.unwrap().status(), 415, "a form of a page could send this without asking");
    assert!(local.peaka.asked().is_empty());
    let own = local.post().header("origin", format!("http://localhost:{}", local.port)).json(&message);
    assert_eq!(own.send().await.unwrap().status(), 200);
}
