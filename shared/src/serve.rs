//! The accept loop. `axum::serve` never closes a silent, half-finished or idle connection; this one does (over HTTP/2
//! only silent ones: a peer that answers pings keeps its connection), caps how many there are, refuses messages whose
//! framing two parsers could read differently, and drains before it ends.

mod framing;

use std::{convert::Infallible, io, net::SocketAddr, sync::Arc, time::Duration};

use axum::{Router, body::Body, extract::ConnectInfo};
use http::Request;
use hyper::{body::Incoming, service::service_fn};
use hyper_util::rt::{TokioExecutor, TokioIo, TokioTimer};
use tokio::{
    net::{TcpListener, TcpStream},
    sync::Semaphore,
    time::timeout,
};
use tokio_util::{sync::CancellationToken, task::TaskTracker};
use tower::ServiceExt as _;
use tracing::{Instrument as _, debug, field::Empty, info_span, warn};

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

/// Serves `app` until `shutdown`, then lets the requests under way finish within [`Limits::drain`]. The peer's
/// address reaches handlers as [`ConnectInfo<SocketAddr>`].
pub async fn serve(listener: TcpListener, app: Router, limits: Limits, shutdown: CancellationToken) {
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
        let (app, shutdown, cut_off) = (app.clone(), shutdown.clone(), cut_off.clone());
        connections.spawn(async move {
            tokio::select! {
                () = cut_off.cancelled() => {}
                () = connection(stream, peer, app, limits, shutdown) => {}
            }
            drop(slot);
        });
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
    app: Router,
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
    let service = service_fn(move |request| answer(app.clone(), peer, request));
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

async fn answer(
    app: Router,
    peer: SocketAddr,
    mut request: Request<Incoming>,
) -> Result<axum::response::Response, Infallible> {
    if let Err(fault) = framing::check(&request) {
        return Ok(framing::refuse(fault));
    }
    request.extensions_mut().insert(ConnectInfo(peer));
    // The path without its query: codes and states travel in there.
    let span = info_span!(
        "request",
        otel.kind = Empty,
        method = %request.method(),
        path = request.uri().path(),
        trace_id = Empty,
        status = Empty,
    );
    let traced = trace::adopt(&span, request.headers());
    let response = app.oneshot(request.map(Body::new)).instrument(span).await;
    if let Ok(response) = &response {
        trace::answered(&traced, response.status());
    }
    response
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
