//! Peers that do not read. What HTTP/1.1 sends them fills the socket, and the kernel gives them up. Over HTTP/2 a peer can
//! read the connection and yet take nothing of one stream, for ever: such a stream is reset, and its neighbours go on.

use std::{
    future::{Future, poll_fn},
    io,
    pin::{Pin, pin},
    sync::{
        Arc,
        atomic::{AtomicBool, AtomicUsize, Ordering},
    },
    task::{Context, Poll},
    time::Duration,
};

use axum::body::{Body, Bytes};
use http::Response;
use http_body::{Body as HttpBody, Frame, SizeHint};
use hyper::rt::Executor;
use tokio::{net::TcpStream, time::sleep};
use tracing::debug;

use super::idle::Busy;

/// Larger pieces are handed on in several: what HTTP/2 has been given it keeps until the peer takes it.
const PIECE: usize = 64 * 1024;

tokio::task_local! {
    static TURN: Arc<Turn>;
}

/// Whose turn it is: the writer's, which waits for the peer, or the answer's.
#[derive(Debug, Default)]
struct Turn {
    is_writers: AtomicBool,
    handed_over: AtomicUsize,
}

/// Ends the connection when the peer has left something unread, or unconfirmed, for so long (RFC 5482). Where the system
/// cannot, nothing is done.
pub(super) fn give_up_after(stream: &TcpStream, unread: Duration) -> io::Result<()> {
    let socket = socket2::SockRef::from(stream);
    #[cfg(target_os = "linux")]
    socket.set_tcp_user_timeout(Some(unread))?;
    // Also when there is nothing to confirm, as between the requests of a client that is gone.
    socket.set_tcp_keepalive(&socket2::TcpKeepalive::new().with_time(unread))
}

/// Runs the streams of an HTTP/2 connection; resets those whose peer takes nothing for `unread`.
#[derive(Clone, Copy, Debug)]
pub(super) struct Streams {
    pub(super) unread: Duration,
}

impl<F> Executor<F> for Streams
where
    F: Future<Output: Send> + Send + 'static,
{
    fn execute(&self, stream: F) {
        let unread = self.unread;
        let turn = Arc::new(Turn::default());
        tokio::spawn(async move {
            let mut stream = pin!(TURN.scope(Arc::clone(&turn), stream));
            let mut waiting = None;
            poll_fn(|cx| {
                if stream.as_mut().poll(cx).is_ready() {
                    return Poll::Ready(());
                }
                if !turn.is_writers.load(Ordering::Relaxed) {
                    waiting = None;
                    return Poll::Pending;
                }
                let handed_over = turn.handed_over.load(Ordering::Relaxed);
                if waiting.as_ref().is_none_or(|(since, _)| *since != handed_over) {
                    waiting = Some((handed_over, Box::pin(sleep(unread))));
                }
                let Some((_, patience)) = &mut waiting else { return Poll::Pending };
                patience.as_mut().poll(cx).map(|()| debug!("reset a stream that its peer does not read"))
            })
            .await;
        });
    }
}

/// The answer, of which is known whether it is being read, and until when it is under way.
pub(super) fn watched(response: Response<Body>, busy: Busy) -> Response<Body> {
    let Ok(turn) = TURN.try_with(Arc::clone) else { return response };
    response.map(|body| {
        turn.is_writers.store(true, Ordering::Relaxed);
        Body::new(Watched { body, rest: Bytes::new(), turn, _busy: busy })
    })
}

struct Watched {
    body: Body,
    rest: Bytes,
    turn: Arc<Turn>,
    _busy: Busy,
}

impl HttpBody for Watched {
    type Data = Bytes;
    type Error = axum::Error;

    fn poll_frame(
        mut self: Pin<&mut Self>,
        cx: &mut Context<'_>,
    ) -> Poll<Option<Result<Frame<Bytes>, axum::Error>>> {
        let this = &mut *self;
        if this.rest.is_empty() {
            let polled = Pin::new(&mut this.body).poll_frame(cx);
            this.turn.is_writers.store(polled.is_ready(), Ordering::Relaxed);
            match polled {
                Poll::Ready(Some(Ok(frame))) => match frame.into_data() {
                    Ok(data) => this.rest = data,
                    Err(frame) => return Poll::Ready(Some(Ok(frame))),
                },
                other => return other,
            }
        }
        this.turn.handed_over.fetch_add(1, Ordering::Relaxed);
        let piece = this.rest.split_to(this.rest.len().min(PIECE));
        Poll::Ready(Some(Ok(Frame::data(piece))))
    }

    fn is_end_stream(&self) -> bool {
        self.rest.is_empty() && self.body.is_end_stream()
    }

    fn size_hint(&self) -> SizeHint {
        let rest = self.rest.len() as u64;
        let body = self.body.size_hint();
        let mut whole = SizeHint::new();
        whole.set_lower(body.lower() + rest);
        if let Some(upper) = body.upper() {
            whole.set_upper(upper + rest);
        }
        whole
    }
}

#[cfg(test)]
mod tests;
