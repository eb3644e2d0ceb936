//! The connections to the MCP backend's replicas: pooled, kept alive, and fed with requests that were built from an
//! allowlist.

mod answer;
mod body;
mod http1;
mod replica;
mod replicas;

use std::{io, net::SocketAddr, time::Duration};

use http::{HeaderMap, HeaderName, HeaderValue, Method, Response, header};
use shared::telemetry::trace;
use tokio::time::{Instant, timeout_at};
use tokio_util::sync::CancellationToken;
use tracing::{Instrument as _, Span};

pub(crate) use self::{
    answer::BackendBody,
    body::{BodyError, ClientBody},
    http1::WireError,
};
use self::{
    http1::{RequestHead, Sending, Wanted},
    replicas::Replicas,
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
    /// It hung up, or what it sent is no HTTP; or what was to be sent could not be had.
    #[error("the backend did not answer")]
    Broken(#[from] WireError),
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

    /// A request to `/mcp`. `fields` is all that the backend gets to see of it, but for the trace, if one is kept.
    pub(crate) fn post<'a>(
        &self,
        fields: impl IntoIterator<Item = (&'a HeaderName, &'a HeaderValue)>,
    ) -> Post {
        let span = trace::call("backend", &Method::POST);
        let mut traced = HeaderMap::new();
        trace::inject(&span, &mut traced);
        let mut head = RequestHead::post("/mcp");
        head.field(&header::HOST, &self.host);
        let fields = fields.into_iter().filter(|(name, _)| !traced.contains_key(*name));
        fields.for_each(|(name, value)| head.field(name, value));
        traced.iter().for_each(|(name, value)| head.field(name, value));
        Post { head, span }
    }

    /// Sends it. Of the answer's header nothing is read but what is `wanted`, and what tells where the answer ends.
    pub(crate) async fn call(
        &self,
        Post { head, span }: Post,
        body: ClientBody,
        wanted: Wanted,
    ) -> Result<Response<BackendBody>, UpstreamError> {
        let now = Instant::now();
        let sent = self.send(Sending::new(head, body), wanted, now).instrument(span);
        let answer = timeout_at(now + body::WHOLE + FIRST_BYTE, sent).await;
        let answer = answer.unwrap_or(Err(UpstreamError::Timeout));
        UPSTREAM_SECONDS.observe(outcome(&answer), now.elapsed());
        answer
    }

    /// Tries another replica only where nothing was sent: what has left may have been done.
    async fn send(
        &self,
        mut sending: Sending,
        wanted: Wanted,
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
            let Some(connection) = lease.connection() else { return Err(UpstreamError::NoReplica) };
            match http1::exchange(connection, &mut sending, wanted).await {
                Ok(head) => {
                    let mut response = Response::new(BackendBody::new(head.content, head.keeps, lease));
                    *response.status_mut() = head.status;
                    *response.headers_mut() = head.headers;
                    return Ok(response);
                }
                Err(error @ WireError::Body(_)) => {
                    if sending.is_untouched() {
                        lease.give_back();
                    }
                    return Err(error.into());
                }
                // An idle connection was closed under our hands.
                Err(_) if sending.is_untouched() && tries < MOST_TRIES => {}
                Err(error) => return Err(error.into()),
            }
        }
    }
}

/// A request that may be sent.
#[derive(Debug)]
pub(crate) struct Post {
    head: RequestHead,
    span: Span,
}

fn outcome<T>(answer: &Result<T, UpstreamError>) -> OutageKind {
    match answer {
        Ok(_) => OutageKind::Answered,
        Err(UpstreamError::Timeout) => OutageKind::Timeout,
        Err(_) => OutageKind::Unreachable,
    }
}
