//! One connection: which protocol it speaks, and what bounds it.

use std::{convert::Infallible, future::poll_fn, io, net::SocketAddr, pin::pin, task::Poll, time::Duration};

use axum::body::Body;
use http::{Request, Response};
use hyper::{body::Incoming, service::service_fn};
use hyper_util::rt::{TokioIo, TokioTimer};
use tokio::{net::TcpStream, time::timeout};
use tokio_util::sync::CancellationToken;
use tracing::debug;

use super::{
    Handler, Limits, MAX_HEADER_BYTES, framing,
    idle::Idle,
    unread::{self, Streams},
};

/// How connections are told to end.
pub(super) struct Ending {
    /// When what is under way is done.
    pub(super) shutdown: CancellationToken,
    /// At once; not before the other.
    pub(super) cut_off: CancellationToken,
}

impl Ending {
    /// The end of what was told to end, or of its time.
    async fn unless_cut_off(&self, served: impl Future<Output = hyper::Result<()>>) -> hyper::Result<()> {
        tokio::select! {
            ended = served => ended,
            () = self.cut_off.cancelled() => Ok(()),
        }
    }
}

/// Serves one connection to its end.
pub(super) async fn connection(
    stream: TcpStream,
    peer: SocketAddr,
    handler: impl Handler,
    limits: Limits,
    ending: Ending,
) {
    if let Err(error) = stream.set_nodelay(true) {
        debug!(%error, "could not set TCP_NODELAY");
    }
    if let Err(error) = unread::give_up_after(&stream, limits.unread) {
        debug!(%error, "could not set TCP_USER_TIMEOUT");
    }
    let http2 = tokio::select! {
        () = ending.shutdown.cancelled() => return,
        speaks = timeout(limits.first_byte, speaks_http2(&stream)) => match speaks {
            Ok(Ok(http2)) => http2,
            Ok(Err(_)) | Err(_) => return,
        },
    };
    let io = TokioIo::new(stream);
    let ended = if http2 {
        // Boxed: connections of the other kind do not carry the room for it, through hours of a stream.
        Box::pin(serve_http2(io, peer, handler, limits, ending)).await
    } else {
        serve_http1(io, peer, handler, limits, ending).await
    };
    if let Err(error) = ended {
        debug!(%error, "a connection ended early");
    }
}

async fn serve_http1(
    io: TokioIo<TcpStream>,
    peer: SocketAddr,
    handler: impl Handler,
    limits: Limits,
    ending: Ending,
) -> hyper::Result<()> {
    let service = service_fn(|request| {
        let (handler, request) = (handler.clone(), Box::new(request));
        // Boxed: hyper keeps the place of this future for as long as the connection lives.
        Box::pin(async move { Ok::<_, Infallible>(answer(handler, peer, request).await) })
    });
    let mut builder = hyper::server::conn::http1::Builder::new();
    builder
        .timer(TokioTimer::new())
        .header_read_timeout(limits.header)
        .max_buf_size(MAX_HEADER_BYTES)
        .max_headers(100);
    let mut served = pin!(builder.serve_connection(io, service));
    let mut told = pin!(ending.shutdown.cancelled());
    let mut is_awaited = false;
    let ended = poll_fn(|cx| {
        if let Poll::Ready(ended) = served.as_mut().poll(cx) {
            return Poll::Ready(Some(ended));
        }
        // Whatever happens on the connection comes by here. Once this task is known to be woken, a look is enough.
        let is_told =
            if is_awaited { ending.shutdown.is_cancelled() } else { told.as_mut().poll(cx).is_ready() };
        is_awaited = true;
        if is_told { Poll::Ready(None) } else { Poll::Pending }
    });
    if let Some(ended) = ended.await {
        return ended;
    }
    served.as_mut().graceful_shutdown();
    ending.unless_cut_off(served).await
}

async fn serve_http2(
    io: TokioIo<TcpStream>,
    peer: SocketAddr,
    handler: impl Handler,
    limits: Limits,
    ending: Ending,
) -> hyper::Result<()> {
    let idle = Idle::default();
    let service = service_fn(|request| {
        let (handler, request, busy) = (handler.clone(), Box::new(request), idle.busy());
        Box::pin(
            async move { Ok::<_, Infallible>(unread::watched(answer(handler, peer, request).await, busy)) },
        )
    });
    let mut builder = hyper::server::conn::http2::Builder::new(Streams { unread: limits.unread });
    builder
        .timer(TokioTimer::new())
        .max_concurrent_streams(128)
        .max_header_list_size(MAX_HEADER_BYTES as u32)
        .max_pending_accept_reset_streams(32)
        .keep_alive_interval(limits.header)
        .keep_alive_timeout(limits.first_byte);
    let mut served = pin!(builder.serve_connection(io, service));
    tokio::select! {
        ended = &mut served => ended,
        () = ending.shutdown.cancelled() => {
            served.as_mut().graceful_shutdown();
            ending.unless_cut_off(served).await
        }
        // A peer that answers pings would otherwise stay for ever. Streams that begin meanwhile go on to their end;
        // what is left of an answer that was handed over whole, and that nobody reads, does not.
        () = idle.for_longer_than(limits.header) => {
            served.as_mut().graceful_shutdown();
            tokio::select! {
                ended = ending.unless_cut_off(served) => ended,
                () = idle.for_longer_than(limits.drain) => Ok(()),
            }
        }
    }
}

async fn answer(handler: impl Handler, peer: SocketAddr, request: Box<Request<Incoming>>) -> Response<Body> {
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
