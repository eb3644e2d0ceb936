//! The connection to the MCP backend: pooled, kept alive, and fed with requests that were built from an allowlist.

use std::time::{Duration, Instant};

use axum::body::Body;
use http::{HeaderMap, HeaderValue, Method, Request, Response, Uri};
use hyper::body::Incoming;
use hyper_util::{
    client::legacy::{Client, connect::HttpConnector},
    rt::{TokioExecutor, TokioTimer},
};
use shared::telemetry::trace;
use tokio::time::timeout;
use tracing::Instrument as _;
use url::Url;

use crate::metrics::{OutageKind, UPSTREAM_SECONDS};

/// To connect.
const CONNECT: Duration = Duration::from_secs(2);
/// From the request's end to the answer's header. Tool calls that stream their progress answer at once.
const FIRST_BYTE: Duration = Duration::from_secs(120);

/// The backend.
#[derive(Clone, Debug)]
pub(crate) struct Upstream {
    client: Client<HttpConnector, Body>,
    mcp: String,
}

/// Why the backend gave no answer.
#[derive(Debug, thiserror::Error)]
pub(crate) enum UpstreamError {
    /// It could not be reached, or hung up.
    #[error("the backend did not answer")]
    Unreachable(#[from] hyper_util::client::legacy::Error),
    /// It took too long.
    #[error("the backend did not answer in time")]
    Timeout,
    /// The request could not be built, which the configuration's check of the URL excludes.
    #[error("the request to the backend could not be built")]
    Request(#[from] http::Error),
}

impl Upstream {
    /// `backend`: its origin.
    pub(crate) fn new(backend: &Url) -> Self {
        let mut connector = HttpConnector::new();
        connector.set_nodelay(true);
        connector.set_connect_timeout(Some(CONNECT));
        let client = Client::builder(TokioExecutor::new())
            .pool_timer(TokioTimer::new())
            .pool_idle_timeout(Duration::from_secs(30))
            .build(connector);
        Self { client, mcp: format!("{}mcp", backend.as_str()) }
    }

    /// Sends one request. `headers` is all that the backend gets to see.
    pub(crate) async fn call(
        &self,
        headers: HeaderMap<HeaderValue>,
        body: Body,
    ) -> Result<Response<Incoming>, UpstreamError> {
        let mut request = Request::builder()
            .method(Method::POST)
            .uri(Uri::try_from(&self.mcp).map_err(http::Error::from)?)
            .body(body)?;
        *request.headers_mut() = headers;
        let span = trace::call("backend", request.method());
        trace::inject(&span, request.headers_mut());
        let sent = Instant::now();
        let answer = match timeout(FIRST_BYTE, self.client.request(request).instrument(span)).await {
            Ok(answer) => answer.map_err(UpstreamError::from),
            Err(_) => Err(UpstreamError::Timeout),
        };
        UPSTREAM_SECONDS.observe(outcome(&answer), sent.elapsed());
        answer
    }
}

fn outcome<T>(answer: &Result<T, UpstreamError>) -> OutageKind {
    match answer {
        Ok(_) => OutageKind::Answered,
        Err(UpstreamError::Timeout) => OutageKind::Timeout,
        Err(_) => OutageKind::Unreachable,
    }
}
