//! Faults on demand: the next requests that match are answered with a failure instead of the truth.

use std::{sync::Mutex, time::Duration};

use axum::{
    body::Body,
    http::{
        HeaderValue, StatusCode,
        header::{CONTENT_TYPE, RETRY_AFTER},
    },
    response::{IntoResponse as _, Response},
};
use serde::{Deserialize, Serialize};
use serde_json::json;

use crate::{api::error::framework, sync::lock};

/// What goes wrong.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum FaultKind {
    /// 401.
    Unauthorized,
    /// 403.
    Forbidden,
    /// 400 `{"errorCode":100,"message":...}`.
    BadRequestNumeric,
    /// 400 `{"error":...,"message":...,"errorCode":"cn004"}`.
    BadRequestNamed,
    /// 400 in the form of the framework.
    BadRequestFramework,
    /// 429 with `Retry-After: 1`.
    TooManyRequests,
    /// 500.
    Internal,
    /// 502 with an HTML body, as a proxy in front answers.
    BadGatewayHtml,
    /// 503 with `Retry-After: 1`.
    Unavailable,
    /// The connection is reset without an answer.
    Reset,
    /// The truth, but late: after [`Fault::delay_ms`].
    Slow,
    /// 200 with no body.
    Empty,
    /// 400 `{"error":"invalid_grant"}`, for the token endpoint.
    InvalidGrant,
}

/// A fault waiting for its request.
#[derive(Clone, Debug, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Fault {
    /// What goes wrong.
    pub fault: FaultKind,
    /// A part of the path of the requests it hits; `None` = all of the Partner API, not the token endpoint.
    #[serde(default, rename = "match")]
    pub matching: Option<String>,
    /// How many requests it hits.
    #[serde(default = "once")]
    pub times: u32,
    /// For [`FaultKind::Slow`]: by how many milliseconds.
    #[serde(default)]
    pub delay_ms: u64,
}

const fn once() -> u32 {
    1
}

impl Fault {
    /// A fault that hits the next request of the Partner API.
    pub const fn new(fault: FaultKind) -> Self {
        Self { fault, matching: None, times: 1, delay_ms: 0 }
    }

    /// Hits requests whose path contains `part`.
    #[must_use]
    pub fn on(mut self, part: impl Into<String>) -> Self {
        self.matching = Some(part.into());
        self
    }

    /// Hits this many requests.
    #[must_use]
    pub const fn times(mut self, times: u32) -> Self {
        self.times = times;
        self
    }

    /// For [`FaultKind::Slow`]: how late the answer comes.
    #[must_use]
    pub fn delay(mut self, by: Duration) -> Self {
        self.delay_ms = u64::try_from(by.as_millis()).unwrap_or(u64::MAX);
        self
    }

    fn hits(&self, path: &str) -> bool {
        match &self.matching {
            Some(part) => path.contains(part),
            None => path.starts_with("/api/"),
        }
    }
}

/// The faults that wait.
#[derive(Debug, Default)]
pub struct Faults(Mutex<Vec<Fault>>);

impl Faults {
    /// Lets `fault` wait behind those that wait already.
    pub fn add(&self, fault: Fault) {
        lock(&self.0).push(fault);
    }

    /// Forgets all.
    pub fn clear(&self) {
        lock(&self.0).clear();
    }

    /// Those that still wait.
    pub fn waiting(&self) -> Vec<Fault> {
        lock(&self.0).clone()
    }

    /// The first fault that hits `path`; it then has one time fewer to go.
    pub(crate) fn take(&self, path: &str) -> Option<Fault> {
        let mut faults = lock(&self.0);
        let index = faults.iter().position(|fault| fault.times > 0 && fault.hits(path))?;
        faults[index].times -= 1;
        let hit = faults[index].clone();
        faults.retain(|fault| fault.times > 0);
        Some(hit)
    }
}

/// Marks an answer that is never written: the server resets the connection instead.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Reset;

/// What the fault answers with; `None` = the truth.
pub(crate) fn answer(kind: FaultKind, path: &str) -> Option<Response> {
    let retry = [(RETRY_AFTER, "1")];
    Some(match kind {
        FaultKind::Slow => return None,
        FaultKind::Unauthorized => framework(StatusCode::UNAUTHORIZED, path),
        FaultKind::Forbidden => framework(StatusCode::FORBIDDEN, path),
        FaultKind::BadRequestNumeric => bad(json!({ "errorCode": 100, "message": "There is no such thing" })),
        FaultKind::BadRequestNamed => bad(json!({
            "error": "INVALID_CONNECTION_ID", "message": "invalid connection id", "errorCode": "cn004",
        })),
        FaultKind::BadRequestFramework => framework(StatusCode::BAD_REQUEST, path),
        FaultKind::TooManyRequests => (retry, framework(StatusCode::TOO_MANY_REQUESTS, path)).into_response(),
        FaultKind::Unavailable => (retry, framework(StatusCode::SERVICE_UNAVAILABLE, path)).into_response(),
        FaultKind::Internal => framework(StatusCode::INTERNAL_SERVER_ERROR, path),
        FaultKind::BadGatewayHtml => (
            StatusCode::BAD_GATEWAY,
            [(CONTENT_TYPE, HeaderValue::from_static("text/html"))],
            "<html><head><title>502 Bad Gateway</title></head><body><h1>502 Bad Gateway</h1></body></html>",
        )
            .into_response(),
        FaultKind::Reset => {
            let mut response = Response::new(Body::empty());
            response.extensions_mut().insert(Reset);
            response
        }
        FaultKind::Empty => StatusCode::OK.into_response(),
        FaultKind::InvalidGrant => bad(json!({ "error": "invalid_grant", "error_description": "on demand" })),
    })
}

fn bad(body: serde_json::Value) -> Response {
    (StatusCode::BAD_REQUEST, axum::Json(body)).into_response()
}
