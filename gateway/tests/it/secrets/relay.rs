//! Stands between the gateway and Peaka's token endpoint, and remembers what passed.

use std::{
    collections::HashMap,
    sync::{Arc, Mutex, OnceLock},
    time::Duration,
};

use axum::{Router, body::Bytes, http::HeaderMap, routing::post};
use serde_json::Value;
use shared::http_client::{Deadlines, builder};
use tokio::net::TcpListener;

type Passed = (HashMap<String, String>, Value);

pub(super) struct Relay {
    pub(super) address: String,
    to: Arc<OnceLock<String>>,
    seen: Arc<Mutex<Vec<Passed>>>,
}

impl Relay {
    pub(super) async fn start() -> Self {
        let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
        let address = format!("http://{}/token", listener.local_addr().unwrap());
        let (to, seen) = (Arc::new(OnceLock::new()), Arc::new(Mutex::new(Vec::new())));
        let deadlines = Deadlines { connect: Duration::from_secs(5), total: Some(Duration::from_secs(20)) };
        let http = builder("a relay", deadlines).build().unwrap();
        let (target, record): (Arc<OnceLock<String>>, Arc<Mutex<Vec<Passed>>>) =
            (Arc::clone(&to), Arc::clone(&seen));
        let app = Router::new().route(
            "/token",
            post(move |headers: HeaderMap, body: Bytes| async move {
                let mut request = http.post(target.get().unwrap()).body(body.clone());
                for name in ["authorization", "content-type"] {
                    request = request.header(name, headers[name].clone());
                }
                let Ok(answer) = request.send().await else {
                    return axum::response::Response::builder()
                        .status(502)
                        .body(Bytes::new().into())
                        .unwrap();
                };
                let status = answer.status();
                let bytes = answer.bytes().await.unwrap();
                let passed = serde_json::from_slice(&bytes).unwrap_or_default();
                record.lock().unwrap().push((serde_urlencoded::from_bytes(&body).unwrap(), passed));
                let response = axum::response::Response::builder().status(status);
                response
                    .header("content-type", "application/json")
                    .body(axum::body::Body::from(bytes))
                    .unwrap()
            }),
        );
        tokio::spawn(async move { axum::serve(listener, app).await.unwrap() });
        Self { address, to, seen }
    }

    /// Where it all goes.
    pub(super) fn to(&self, address: String) {
        self.to.set(address).unwrap();
    }

    /// Each form with its answer.
    pub(super) fn seen(&self) -> Vec<Passed> {
        self.seen.lock().unwrap().clone()
    }
}
