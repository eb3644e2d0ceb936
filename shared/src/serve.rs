//! The accept loop. `axum::serve` never closes a silent, half-finished or idle connection; this one does, caps how many
//! there are, refuses messages whose framing two parsers could read differently, and drains before it ends.

mod connection;
mod crowd;
mod framing;
mod idle;
mod leaving;
mod unread;
mod workers;

use std::{
    future::Future,
    net::{IpAddr, SocketAddr},
    sync::Arc,
    time::Duration,
};

use axum::{Router, body::Body, extract::ConnectInfo};
use http::{Request, Response};
use hyper::body::Incoming;
use tokio::{
    net::{TcpListener, TcpStream},
    sync::Semaphore,
    time::timeout,
};
use tokio_util::{sync::CancellationToken, task::TaskTracker};
use tower::ServiceExt as _;
use tracing::{Instrument as _, Span, field::Empty, info_span, warn};

use self::{
    connection::{Ending, connection},
    crowd::Crowd,
};
pub use self::{leaving::Leaving, workers::Workers};
use crate::telemetry::trace;

/// What a listener bears with.
#[derive(Clone, Copy, Debug)]
pub struct Limits {
    /// Connections at a time; further ones wait in the kernel's queue.
    pub connections: usize,
    /// From the connection to its first byte.
    pub first_byte: Duration,
    /// To the end of a request's header; also how long a kept-alive connection may idle.
    pub header: Duration,
    /// How long a peer may leave unread what it is sent, and unconfirmed what was sent to it.
    pub unread: Duration,
    /// What a shutdown leaves to the requests under way.
    pub drain: Duration,
}

impl Default for Limits {
    fn default() -> Self {
        Self {
            connections: 10_000,
            first_byte: Duration::from_secs(10),
            header: Duration::from_secs(75),
            unread: Duration::from_secs(60),
            drain: Duration::from_secs(25),
        }
    }
}

/// The most bytes that a request's header may have.
pub const MAX_HEADER_BYTES: usize = 32 * 1024;

/// What answers requests. Their framing was checked before.
pub trait Handler: Clone + Send + Sync + 'static {
    /// Answers one request of the peer at this address. The request is boxed, since each future that it is handed on to
    /// would have room for it twice.
    fn answer(
        &self,
        request: Box<Request<Incoming>>,
        peer: SocketAddr,
    ) -> impl Future<Output = Response<Body>> + Send;

    /// How many connections the peers at this address may have at a time; `None` as many as there are.
    fn most_connections(&self, _peer: IpAddr) -> Option<usize> {
        None
    }
}

/// The peer's address reaches a router's handlers as [`ConnectInfo<SocketAddr>`].
impl Handler for Router {
    async fn answer(&self, mut request: Box<Request<Incoming>>, peer: SocketAddr) -> Response<Body> {
        request.extensions_mut().insert(ConnectInfo(peer));
        let span = span(&request);
        let traced = trace::adopt(&span, request.headers());
        let Ok(response) = self.clone().oneshot((*request).map(Body::new)).instrument(span).await;
        trace::answered(&traced, response.status());
        response
    }
}

/// The span of a request. It has the path without its query: codes and states travel in there.
pub fn span<B>(request: &Request<B>) -> Span {
    info_span!(
        "request",
        otel.kind = Empty,
        method = %request.method(),
        path = request.uri().path(),
        trace_id = Empty,
        status = Empty,
    )
}

/// Serves until `shutdown`, then lets the requests under way finish within [`Limits::drain`].
pub async fn serve(
    listener: TcpListener,
    handler: impl Handler,
    limits: Limits,
    shutdown: CancellationToken,
) {
    run(listener, handler, None, limits, shutdown).await;
}

/// The same with the connections on `workers`.
pub async fn serve_on(
    workers: &Workers,
    listener: TcpListener,
    handler: impl Handler,
    limits: Limits,
    shutdown: CancellationToken,
) {
    run(listener, handler, Some(workers), limits, shutdown).await;
}

async fn run(
    listener: TcpListener,
    handler: impl Handler,
    workers: Option<&Workers>,
    limits: Limits,
    shutdown: CancellationToken,
) {
    let slots = Arc::new(Semaphore::new(limits.connections));
    let crowd = Crowd::default();
    let connections = TaskTracker::new();
    // Cancelled when the drain is over: whoever is still there is cut off.
    let cut_off = CancellationToken::new();
    loop {
        let accepted = tokio::select! {
            () = shutdown.cancelled() => break,
            accepted = accept(&listener, &slots) => accepted,
        };
        let Some((stream, peer, slot)) = accepted else { continue };
        let most = handler.most_connections(peer.ip().to_canonical());
        let Some(member) = crowd.admit(peer.ip(), most) else { continue };
        let (handler, shutdown, cut_off) = (handler.clone(), shutdown.clone(), cut_off.clone());
        let served = async move |stream| {
            connection(stream, peer, handler, limits, Ending { shutdown, cut_off }).await;
            drop((slot, member));
        };
        match workers.and_then(Workers::place) {
            None => {
                connections.spawn(served(stream));
            }
            Some((runtime, place)) => {
                // A socket belongs to the runtime that it was made on.
                let Ok(stream) = stream.into_std() else { continue };
                let moved = async move {
                    match TcpStream::from_std(stream) {
                        Ok(stream) => served(stream).await,
                        Err(error) => warn!(%error, "could not take over a connection"),
                    }
                    drop(place);
                };
                connections.spawn_on(moved, &runtime);
            }
        }
    }
    drop(listener);
    connections.close();
    if timeout(limits.drain, connections.wait()).await.is_err() {
        warn!(open = connections.len(), "the drain deadline passed with connections open; cutting them off");
        cut_off.cancel();
        connections.wait().await;
    }
}

async fn accept(
    listener: &TcpListener,
    slots: &Arc<Semaphore>,
) -> Option<(TcpStream, SocketAddr, tokio::sync::OwnedSemaphorePermit)> {
    let slot = Arc::clone(slots).acquire_owned().await.ok()?;
    match listener.accept().await {
        Ok((stream, peer)) => Some((stream, peer, slot)),
        Err(error) => {
            // Out of descriptors, most likely: without a pause this loop would spin until one is free.
            warn!(%error, "could not accept a connection");
            tokio::time::sleep(Duration::from_millis(50)).await;
            None
        }
    }
}
