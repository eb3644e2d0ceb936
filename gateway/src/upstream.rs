//! The connections to the MCP backend's replicas: pooled, kept alive, and fed with requests that were built from an
//! allowlist.

mod answer;
mod body;
mod replica;
mod replicas;

use std::{io, net::SocketAddr, time::Duration};

use http::{HeaderMap, HeaderValue, Method, Request, Response, Uri, header};
use hyper::body::Incoming;
use shared::telemetry::trace;
use tokio::time::{Instant, timeout_at};
use tokio_util::sync::CancellationToken;
use tracing::Instrument as _;

use self::replicas::Replicas;
pub(crate) use self::{
    answer::BackendBody,
    body::{BodyError, ClientBody},
};
use crate::{
    config::BackendUrl,
    metrics::{OutageKind, UPSTREAM_SECONDS},
};

/// From the end of the request to the answer's header. Tool calls that stream their progress answer at once.
const FIRST_BYTE: Duration = Duration::from_secs(120);
/// A request that did not leave is given to so many replicas.
const MOST_TRIES: usize = 3;

/// The backend.
#[derive(Debug)]
pub(crate) struct Upstream {
    replicas: Replicas,
    host: HeaderValue,
}

/// Why the backend gave no answer.
#[derive(Debug, thiserror::Error)]
pub(crate) enum UpstreamError {
    /// Its name resolves to nothing.
    #[error("no replica of the backend is known")]
    NoReplica,
    /// Nobody listens, or nobody is there.
    #[error("the backend cannot be connected to")]
    Connect(#[source] io::Error),
    /// Connecting took too long.
    #[error("the backend cannot be connected to in time")]
    ConnectTimeout,
    /// It hung up, or what it sent is no HTTP.
    #[error("the backend did not answer")]
    Broken(#[from] hyper::Error),
    /// It took too long.
    #[error("the backend did not answer in time")]
    Timeout,
}

impl Upstream {
    /// `backend`: where its replicas are.
    pub(crate) fn new(backend: &BackendUrl) -> Self {
        Self { replicas: Replicas::new(backend.replicas().to_vec()), host: backend.host() }
    }

    /// Follows the changes among the replicas until `shutdown`.
    pub(crate) async fn follow(&self, shutdown: CancellationToken) {
        self.replicas.follow(&shutdown).await;
    }

    /// Posts to `/mcp`. `headers` is all that the backend gets to see.
    pub(crate) fn call(
        &self,
        mut headers: HeaderMap<HeaderValue>,
        body: ClientBody,
    ) -> impl Future<Output = Result<Response<BackendBody>, UpstreamError>> {
        headers.insert(header::HOST, self.host.clone());
        // Boxed, since each future that it is handed on to would have room for it twice.
        let mut request = Box::new(Request::new(body));
        *request.method_mut() = Method::POST;
        *request.uri_mut() = Uri::from_static("/mcp");
        *request.headers_mut() = headers;
        let span = trace::call("backend", request.method());
        trace::inject(&span, request.headers_mut());
        async move {
            let now = Instant::now();
            let sent = self.send(request, now).instrument(span);
            let answer = timeout_at(now + body::WHOLE + FIRST_BYTE, sent).await;
            let answer = answer.unwrap_or(Err(UpstreamError::Timeout));
            UPSTREAM_SECONDS.observe(outcome(&answer), now.elapsed());
            answer
        }
    }

    /// Tries another replica only where nothing was sent: what has left may have been done.
    async fn send(
        &self,
        mut request: Box<Request<ClientBody>>,
        now: Instant,
    ) -> Result<Response<BackendBody>, UpstreamError> {
        let mut tries = 0;
        let mut dead: Option<SocketAddr> = None;
        loop {
            tries += 1;
            let replica = self.replicas.next(dead).await.ok_or(UpstreamError::NoReplica)?;
            let mut lease = match replica.lease(now).await {
                Ok(lease) => lease,
                // The only one there is gets no second chance to be slow.
                Err(_) if tries < MOST_TRIES && dead != Some(replica.address) => {
                    dead = Some(replica.address);
                    continue;
                }
                Err(error) => return Err(error),
            };
            let Some(sender) = lease.sender() else { return Err(UpstreamError::NoReplica) };
            match sender.try_send_request(*request).await {
                Ok(response) => return Ok(response.map(|body: Incoming| BackendBody::new(body, lease))),
                Err(mut failed) => match failed.take_message() {
                    // An idle connection was closed under our hands.
                    Some(unsent) if tries < MOST_TRIES => *request = unsent,
                    _ => return Err(failed.into_error().into()),
                },
            }
        }
    }
}

fn outcome<T>(answer: &Result<T, UpstreamError>) -> OutageKind {
    match answer {
        Ok(_) => OutageKind::Answered,
        Err(UpstreamError::Timeout) => OutageKind::Timeout,
        Err(_) => OutageKind::Unreachable,
    }
}
