//! A double of the Partner API that answers what a test lays down and remembers what it was asked.

use std::{
    collections::{HashMap, HashSet},
    sync::{Arc, Mutex},
};

use axum::{
    Router,
    body::{Body, to_bytes},
    extract::{Request, State},
    http::StatusCode,
    response::{IntoResponse, Response},
};
use bytes::Bytes;
use futures_util::stream;
use serde_json::{Value, json};
use tokio::sync::Notify;
use tokio_util::sync::CancellationToken;

use super::listen;

/// What was asked of the API.
#[derive(Clone, Debug)]
pub(crate) struct Asked {
    /// `GET /info`: method, path and query as they came over the wire.
    pub(crate) line: String,
    pub(crate) token: String,
    pub(crate) traceparent: Option<String>,
    pub(crate) body: Value,
}

#[derive(Default)]
struct Inside {
    answers: HashMap<String, (StatusCode, String)>,
    fails_once: HashMap<String, Response>,
    hangs_up: HashSet<String>,
    refused: HashSet<String>,
    refuses_all: bool,
    asked: Vec<Asked>,
    held: Option<Arc<Held>>,
}

/// Calls that wait until they are let go, or until who made them goes away.
#[derive(Default)]
pub(crate) struct Held {
    arrived: Notify,
    let_go: Notify,
    abandoned: Notify,
}

impl Held {
    /// Waits for a call.
    pub(crate) async fn arrived(&self) {
        self.arrived.notified().await;
    }

    /// Lets it go on.
    pub(crate) fn let_go(&self) {
        self.let_go.notify_one();
    }

    /// Waits until who made it has gone away.
    pub(crate) async fn abandoned(&self) {
        self.abandoned.notified().await;
    }

    async fn hold(&self) {
        struct Abandoned<'a>(Option<&'a Notify>);
        impl Drop for Abandoned<'_> {
            fn drop(&mut self) {
                if let Some(abandoned) = self.0 {
                    abandoned.notify_one();
                }
            }
        }
        let mut abandoned = Abandoned(Some(&self.abandoned));
        self.arrived.notify_one();
        self.let_go.notified().await;
        abandoned.0 = None;
    }
}

pub(crate) struct Peaka {
    pub(crate) url: String,
    inside: Arc<Mutex<Inside>>,
}

impl Peaka {
    pub(crate) async fn start(running: &CancellationToken) -> Self {
        let inside = Arc::new(Mutex::new(Inside::default()));
        let app = Router::new().fallback(answer).with_state(Arc::clone(&inside));
        let peaka = Self { url: format!("http://{}/api/v1", listen(app, running).await), inside };
        peaka.has("GET /info", json!({ "userId": "u", "email": "ada@example.com" }));
        peaka
    }

    /// Answers `line` (such as `GET /info`, with the query as it comes over the wire) with 200 and `body`.
    pub(crate) fn has(&self, line: &str, body: Value) {
        self.says(line, 200, &body.to_string());
    }

    /// Answers `line` with a status and a body of any kind.
    pub(crate) fn says(&self, line: &str, status: u16, body: &str) {
        let answer = (StatusCode::from_u16(status).unwrap(), body.to_owned());
        self.inside.lock().unwrap().answers.insert(line.to_owned(), answer);
    }

    /// Answers `line` once with a failure, before anything else.
    pub(crate) fn fails_once(&self, line: &str, status: u16, headers: &[(&str, &str)]) {
        let mut response = Response::builder().status(status);
        for (name, value) in headers {
            response = response.header(*name, *value);
        }
        let response = response.body(Body::empty()).unwrap();
        self.inside.lock().unwrap().fails_once.insert(line.to_owned(), response);
    }

    /// Breaks the connection in the middle of the answer to `line`.
    pub(crate) fn hangs_up(&self, line: &str) {
        self.inside.lock().unwrap().hangs_up.insert(line.to_owned());
    }

    /// Answers this token with 401.
    pub(crate) fn refuses(&self, token: &str) {
        self.inside.lock().unwrap().refused.insert(token.to_owned());
    }

    /// Answers every token with 401.
    pub(crate) fn refuses_all(&self) {
        self.inside.lock().unwrap().refuses_all = true;
    }

    /// Holds every call from now on.
    pub(crate) fn holds(&self) -> Arc<Held> {
        Arc::clone(self.inside.lock().unwrap().held.insert(Arc::default()))
    }

    /// What was asked so far.
    pub(crate) fn asked(&self) -> Vec<Asked> {
        self.inside.lock().unwrap().asked.clone()
    }

    /// The lines of what was asked so far.
    pub(crate) fn lines(&self) -> Vec<String> {
        self.asked().into_iter().map(|asked| asked.line).collect()
    }
}

async fn answer(State(inside): State<Arc<Mutex<Inside>>>, request: Request) -> Response {
    let (parts, body): (_, Body) = request.into_parts();
    let body = to_bytes(body, 1 << 20).await.unwrap();
    let header = |name: &str| parts.headers.get(name).map(|value| value.to_str().unwrap().to_owned());
    let path = parts.uri.path_and_query().unwrap().as_str().replacen("/api/v1", "", 1);
    let asked = Asked {
        line: format!("{} {path}", parts.method),
        token: header("authorization").unwrap_or_default().replacen("Bearer ", "", 1),
        traceparent: header("traceparent"),
        body: serde_json::from_slice(&body).unwrap_or_default(),
    };
    let held = inside.lock().unwrap().held.clone();
    if let Some(held) = held {
        held.hold().await;
    }
    let mut inside = inside.lock().unwrap();
    inside.asked.push(asked.clone());
    if inside.refuses_all || inside.refused.contains(&asked.token) {
        return (StatusCode::UNAUTHORIZED, r#"{"message":"invalid key"}"#).into_response();
    }
    if let Some(failure) = inside.fails_once.remove(&asked.line) {
        return failure;
    }
    if inside.hangs_up.contains(&asked.line) {
        let broken: Result<Bytes, _> = Err(std::io::Error::other("hung up"));
        return Body::from_stream(stream::iter([Ok(Bytes::from_static(b"{")), broken])).into_response();
    }
    match inside.answers.get(&asked.line).cloned() {
        Some(answer) => answer.into_response(),
        None => (StatusCode::NOT_FOUND, r#"{"status":404,"error":"Not Found"}"#).into_response(),
    }
}
