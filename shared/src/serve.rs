//! The accept loop. `axum::serve` never closes a silent, half-finished or idle connection; this one does, caps how many
//! there are, refuses messages whose framing two parsers could read differently, and drains before it ends.

mod framing;
mod idle;
mod workers;

use std::{convert::Infallible, future::Future, io, net::SocketAddr, sync::Arc, time::Duration};

use axum::{Router, body::Body, extract::ConnectInfo};
use http::{Request, Response};
use hyper::{body::Incoming, service::service_fn};
use hyper_util::rt::{TokioExecutor, TokioIo, TokioTimer};
use tokio::{
    net::{TcpListener, TcpStream},
    sync::Semaphore,
    time::timeout,
};
use tokio_util::{sync::CancellationToken, task::TaskTracker};
use tower::ServiceExt as _;
use tracing::{Instrument as _, Span, debug, field::Empty, info_span, warn};

use self::idle::Idle;
pub use self::workers::Workers;
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
    /// What a shutdown leaves to the requests under way.
    pub drain: Duration,
}

impl Default for Limits {
    fn default() -> Self {
        Self {
            connections: 10_000,
            first_byte: Duration::from_secs(10),
            header: Duration::from_secs(75),
            drain: Duration::from_secs(25),
        }
    }
}

/// The most bytes that a request's header may have.
pub const MAX_HEADER_BYTES: usize = 32 * 1024;

/// What answers requests. Their framing was checked before.
pub trait Handler: Clone + Send + Sync + 'static {
    /// Answers one request of the peer at this address.
    fn answer(
        &self,
        request: Request<Incoming>,
        peer: SocketAddr,
    ) -> impl Future<Output = Response<Body>> + Send;
}

/// The peer's address reaches a router's handlers as [`ConnectInfo<SocketAddr>`].
impl Handler for Router {
    async fn answer(&self, mut request: Request<Incoming>, peer: SocketAddr) -> Response<Body> {
        request.extensions_mut().insert(ConnectInfo(peer));
        let span = span(&request);
        let traced = trace::adopt(&span, request.headers());
        let Ok(response) = self.clone().oneshot(request.map(Body::new)).instrument(span).await;
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
    let connections = TaskTracker::new();
    // Cancelled when the drain is over: whoever is still there is cut off.
    let cut_off = CancellationToken::new();
    loop {
        let accepted = tokio::select! {
            () = shutdown.cancelled() => break,
            accepted = accept(&listener, &slots) => accepted,
        };
        let Some((stream, peer, slot)) = accepted else { continue };
        let (handler, shutdown, cut_off) = (handler.clone(), shutdown.clone(), cut_off.clone());
        let served = async move |stream| {
            tokio::select! {
                () = cut_off.cancelled() => {}
                () = connection(stream, peer, handler, limits, shutdown) => {}
            }
            drop(slot);
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

async fn connection(
    stream: TcpStream,
    peer: SocketAddr,
    handler: impl Handler,
    limits: Limits,
    shutdown: CancellationToken,
) {
    if let Err(error) = stream.set_nodelay(true) {
        debug!(%error, "could not set TCP_NODELAY");
    }
    let http2 = tokio::select! {
        () = shutdown.cancelled() => return,
        speaks = timeout(limits.first_byte, speaks_http2(&stream)) => match speaks {
            Ok(Ok(http2)) => http2,
            Ok(Err(_)) | Err(_) => return,
        },
    };
    let idle = Idle::default();
    let service = service_fn(|request| {
        let (handler, busy) = (handler.clone(), idle.busy());
        async move {
            let response = answer(handler, peer, request).await;
            drop(busy);
            Ok::<_, Infallible>(response)
        }
    });
    let io = TokioIo::new(stream);
    let ended = if http2 {
        let mut builder = hyper::server::conn::http2::Builder::new(TokioExecutor::new());
        builder
            .timer(TokioTimer::new())
            .max_concurrent_streams(128)
            .max_header_list_size(MAX_HEADER_BYTES as u32)
            .max_pending_accept_reset_streams(32)
            .keep_alive_interval(limits.header)
            .keep_alive_timeout(limits.first_byte);
        let served = builder.serve_connection(io, service);
        tokio::pin!(served);
        tokio::select! {
            ended = &mut served => ended,
            () = shutdown.cancelled() => { served.as_mut().graceful_shutdown(); served.await }
            // A peer that answers pings would otherwise stay for ever. Streams under way go on to their end.
            () = idle.for_longer_than(limits.header) => { served.as_mut().graceful_shutdown(); served.await }
        }
    } else {
        let mut builder = hyper::server::conn::http1::Builder::new();
        builder
            .timer(TokioTimer::new())
            .header_read_timeout(limits.header)
            .max_buf_size(MAX_HEADER_BYTES)
            .max_headers(100);
        let served = builder.serve_connection(io, service);
        tokio::pin!(served);
        tokio::select! {
            ended = &mut served => ended,
            () = shutdown.cancelled() => { served.as_mut().graceful_shutdown(); served.await }
        }
    };
    if let Err(error) = ended {
        debug!(%error, "a connection ended early");
    }
}

async fn answer(handler: impl Handler, peer: SocketAddr, request: Request<Incoming>) -> Response<Body> {
    match framing::check(&request) {
        Ok(()) => handler.answer(request, peer).await,
        Err(fault) => framing::refuse(fault),
    }
}

const HTTP2_PREFACE: &[u8] = b"PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n";

/// Waits for the first bytes and tells whether they open HTTP/2 with prior knowledge (RFC 9113 §3.3).
async fn speaks_http2(stream: &TcpStream) -> io::Result<bool> {
    let mut seen = [0; HTTP2_PREFACE.len()];
    let mut pause = Duration::from_millis(5);
    loop {
        let n = stream.peek(&mut seen).await?;
        if n == 0 {
            return Err(io::ErrorKind::UnexpectedEof.into());
        }
        if seen[..n] != HTTP2_PREFACE[..n] {
            return Ok(false);
        }
        if n == HTTP2_PREFACE.len() {
            return Ok(true);
        }
        // A part of the preface is there; the socket stays readable, so the rest cannot be awaited by readiness.
        // Looked at ever more seldom, so that many such connections cost little.
        tokio::time::sleep(pause).await;
        pause = (pause * 2).min(Duration::from_millis(500));
    }
}
