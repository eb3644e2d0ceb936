//! An answer that streams for long is held on a leash: when its token is over or its session was ended, so is the stream.
//! While it is quiet it says so, as proxies on the way take a silent connection for a dead one.

use std::{
    io,
    pin::Pin,
    sync::Arc,
    task::{Context, Poll},
    time::Duration,
};

use bytes::Bytes;
use http_body::{Body, Frame, SizeHint};
use tokio::time::{Instant, Sleep, sleep};
use tracing::info;

use crate::{
    access_token::{BadToken, Valid},
    app::App,
    metrics::OPEN_STREAMS,
    upstream::{BackendBody, WireError},
};

/// A stream is not silent for longer.
const QUIET: Duration = Duration::from_secs(15);
/// A line that readers of a stream skip (WHATWG HTML, "Server-sent events").
const COMMENT: &[u8] = b":\n\n";

/// The backend's answer, as long as its reader may read it.
pub(super) struct Leashed<B = BackendBody> {
    answer: B,
    over: Over,
    quiet: Pin<Box<Sleep>>,
    pause: Duration,
    /// The last two bytes: a comment must not fall into the middle of an event, which ends with an empty line.
    end: [u8; 2],
}

/// Resolves when the token is over.
type Over = Pin<Box<dyn Future<Output = BadToken> + Send>>;

impl Leashed {
    pub(super) fn new(answer: BackendBody, app: Arc<App>, token: Arc<Valid>) -> Self {
        let over = Box::pin(async move {
            let over = app.access_tokens.over(&token).await;
            info!(session_id = token.identity().session_id, "cut a stream: {over}");
            over
        });
        Self::held(answer, over, QUIET)
    }
}

impl<B> Leashed<B> {
    fn held(answer: B, over: Over, pause: Duration) -> Self {
        OPEN_STREAMS.add((), 1);
        Self { answer, over, quiet: Box::pin(sleep(pause)), pause, end: *b"\n\n" }
    }
}

impl<B> Drop for Leashed<B> {
    fn drop(&mut self) {
        OPEN_STREAMS.add((), -1);
    }
}

impl<B: Body<Data = Bytes, Error = WireError> + Unpin> Body for Leashed<B> {
    type Data = Bytes;
    type Error = io::Error;

    fn poll_frame(
        mut self: Pin<&mut Self>,
        cx: &mut Context<'_>,
    ) -> Poll<Option<Result<Frame<Bytes>, io::Error>>> {
        let this = &mut *self;
        if let Poll::Ready(over) = this.over.as_mut().poll(cx) {
            // An error, so that the reader does not take what it has for the whole.
            return Poll::Ready(Some(Err(io::Error::other(over))));
        }
        let polled = Pin::new(&mut this.answer).poll_frame(cx).map_err(io::Error::other);
        match &polled {
            Poll::Ready(Some(Ok(frame))) => {
                for byte in
                    frame.data_ref().into_iter().flat_map(|data| &data[data.len().saturating_sub(2)..])
                {
                    this.end = [this.end[1], *byte];
                }
                this.quiet.as_mut().reset(Instant::now() + this.pause);
            }
            Poll::Ready(_) => {}
            Poll::Pending => {
                while this.quiet.as_mut().poll(cx).is_ready() {
                    this.quiet.as_mut().reset(Instant::now() + this.pause);
                    if this.end == *b"\n\n" {
                        return Poll::Ready(Some(Ok(Frame::data(Bytes::from_static(COMMENT)))));
                    }
                }
            }
        }
        polled
    }

    fn is_end_stream(&self) -> bool {
        self.answer.is_end_stream()
    }

    /// Unknown: comments may be added.
    fn size_hint(&self) -> SizeHint {
        SizeHint::default()
    }
}

#[cfg(test)]
mod tests {
    use std::{collections::VecDeque, future::pending};

    use http_body_util::BodyExt as _;

    use super::*;

    /// These pieces, then silence.
    struct Pieces(VecDeque<&'static str>);

    impl Body for Pieces {
        type Data = Bytes;
        type Error = WireError;

        fn poll_frame(
            mut self: Pin<&mut Self>,
            _: &mut Context<'_>,
        ) -> Poll<Option<Result<Frame<Bytes>, WireError>>> {
            match self.0.pop_front() {
                Some(piece) => Poll::Ready(Some(Ok(Frame::data(Bytes::from_static(piece.as_bytes()))))),
                None => Poll::Pending,
            }
        }
    }

    async fn read(pieces: &[&'static str], frames: usize) -> String {
        let pieces = Pieces(pieces.iter().copied().collect());
        let mut stream = Leashed::held(pieces, Box::pin(pending()), Duration::from_millis(5));
        let mut text = String::new();
        for _ in 0..frames {
            let frame = stream.frame().await.unwrap().unwrap().into_data().unwrap();
            text += std::str::from_utf8(&frame).unwrap();
        }
        text
    }

    #[tokio::test]
    async fn a_quiet_stream_says_that_it_lives() {
        assert_eq!(read(&[], 2).await, ":\n\n:\n\n");
        assert_eq!(read(&["data: 1\n\n"], 2).await, "data: 1\n\n:\n\n");
        assert_eq!(read(&["data: 1\n", "\n"], 3).await, "data: 1\n\n:\n\n");
    }

    #[tokio::test]
    async fn no_comment_falls_into_an_event() {
        let pieces = Pieces(["data: 1\n", "data: 2"].into());
        let mut stream = Leashed::held(pieces, Box::pin(pending()), Duration::from_millis(1));
        stream.frame().await.unwrap().unwrap();
        stream.frame().await.unwrap().unwrap();
        let more = tokio::time::timeout(Duration::from_millis(20), stream.frame()).await;
        assert!(more.is_err(), "{more:?}");
    }
}
