//! One running service with its two neighbours, each on a port of its own.

mod gateway;
mod peaka;

use std::{net::SocketAddr, sync::Arc, time::Duration};

use axum::Router;
use mcp_backend::Config;
use reqwest::{RequestBuilder, Response};
use serde_json::{Value, json};
use shared::{
    assertion::{HEADER, Identity, Projects},
    clock::{ManualClock, Timestamp},
    env::Env,
    http_client::{self, Deadlines},
    scope::Scopes,
    serve::{Limits, serve},
};
use tokio::net::TcpListener;
use tokio_util::sync::{CancellationToken, DropGuard};

pub(crate) use gateway::{Gateway, Mood};
pub(crate) use peaka::Peaka;

pub(crate) const ISSUER: &str = "https://gateway.example";
pub(crate) const PROJECT: &str = "mtKDhe1U";

/// Everything that runs in a test.
pub(crate) struct House {
    pub(crate) url: String,
    pub(crate) clock: Arc<ManualClock>,
    pub(crate) gateway: Gateway,
    pub(crate) peaka: Peaka,
    pub(crate) http: reqwest::Client,
    _running: DropGuard,
}

impl House {
    pub(crate) async fn start() -> Self {
        let running = CancellationToken::new();
        let peaka = Peaka::start(&running).await;
        let peaka_url = peaka.url.clone();
        Self::around(running, peaka, &peaka_url).await
    }

    /// The same, but for a Partner API that is to be found at `url`.
    pub(crate) async fn with_peaka_at(url: &str) -> Self {
        let running = CancellationToken::new();
        let peaka = Peaka::start(&running).await;
        Self::around(running, peaka, url).await
    }

    /// The configuration of a service among these neighbours.
    pub(crate) fn config(gateway_url: &str, peaka_url: &str) -> Config {
        let mut env = Env::of([
            ("GATEWAY_INTERNAL_URL", gateway_url),
            ("GATEWAY_ISSUER", ISSUER),
            ("PARTNER_API_BASE_URL", peaka_url),
            ("BACKEND_MAX_BODY_BYTES", "20000"),
        ]);
        let config = Config::read(&mut env);
        env.finish(config).unwrap()
    }

    async fn around(running: CancellationToken, peaka: Peaka, peaka_url: &str) -> Self {
        let clock = Arc::new(ManualClock::starting_at(Timestamp::from_seconds(1_800_000_000)));
        let gateway = Gateway::start(&running).await;
        let config = Self::config(&gateway.url, peaka_url);
        let app = mcp_backend::router(config, clock.clone()).unwrap();
        let url = format!("http://{}", listen(app, &running).await);
        let deadlines = Deadlines { connect: Duration::from_secs(5), total: Some(Duration::from_secs(30)) };
        let http = http_client::builder("test", deadlines).build().unwrap();
        Self { url, clock, gateway, peaka, http, _running: running.drop_guard() }
    }

    /// Somebody who may do everything everywhere.
    pub(crate) fn somebody() -> Identity {
        Identity {
            subject: "d0d3c83f-29ed-4f2e-899d-1bfa00eb3cef".into(),
            session_id: "session-1".into(),
            client_id: "client-1".into(),
            scopes: Scopes::ALL,
            projects: Projects::All,
        }
    }

    /// An identity header for `identity`, as the gateway would sign it now.
    pub(crate) fn assertion(&self, identity: &Identity) -> String {
        self.gateway.assertion(identity, self.clock.as_ref())
    }

    /// `POST /mcp` as a well-behaved client sends it, without identity and body.
    pub(crate) fn post(&self) -> RequestBuilder {
        self.http
            .post(format!("{}/mcp", self.url))
            .header("content-type", "application/json")
            .header("accept", "application/json, text/event-stream")
    }

    /// The same for somebody.
    pub(crate) fn post_as(&self, identity: &Identity) -> RequestBuilder {
        self.post().header(HEADER, self.assertion(identity))
    }

    /// Sends a message for somebody.
    pub(crate) async fn send(&self, message: &Value) -> Response {
        self.post_as(&Self::somebody()).json(message).send().await.unwrap()
    }

    /// Calls a tool for `identity` and returns the whole answer.
    pub(crate) async fn call_as(&self, identity: &Identity, tool: &str, arguments: Value) -> Response {
        self.post_as(identity).json(&call(tool, arguments)).send().await.unwrap()
    }

    /// Calls a tool for somebody and returns its result.
    pub(crate) async fn call(&self, tool: &str, arguments: Value) -> Value {
        let response = self.call_as(&Self::somebody(), tool, arguments).await;
        assert_eq!(response.status(), 200);
        assert_eq!(response.headers()["content-type"], "application/json");
        let body: Value = response.json().await.unwrap();
        assert!(body.get("error").is_none(), "a protocol error: {body}");
        body["result"].clone()
    }

    /// Calls a tool that fails, and returns what the model is told.
    pub(crate) async fn fails(&self, tool: &str, arguments: Value) -> String {
        let result = self.call(tool, arguments).await;
        assert_eq!(result["isError"], true, "{result}");
        assert!(result.get("structuredContent").is_none());
        result["content"][0]["text"].as_str().unwrap().to_owned()
    }
}

/// A `tools/call` message.
pub(crate) fn call(tool: &str, arguments: Value) -> Value {
    json!({ "jsonrpc": "2.0", "id": 7, "method": "tools/call", "params": { "name": tool, "arguments": arguments } })
}

/// Serves `app` on a free port.
pub(crate) async fn listen(app: Router, running: &CancellationToken) -> SocketAddr {
    let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let address = listener.local_addr().unwrap();
    let limits = Limits { drain: Duration::ZERO, ..Limits::default() };
    tokio::spawn(serve(listener, app, limits, running.child_token()));
    address
}
