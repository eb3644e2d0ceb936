//! A client's body on its way to the backend: passed on as it comes, but not without bounds.

use std::{
    pin::Pin,
    task::{Context, Poll, ready},
    time::Duration,
};

use bytes::Bytes;
use http_body::{Body, Frame, SizeHint};
use hyper::body::Incoming;
use tokio::time::{Instant, Sleep, sleep_until};

/// A body that pauses for longer is given up.
const PAUSE: Duration = Duration::from_secs(15);
/// So is one that has not come to its end.
pub(super) const WHOLE: Duration = Duration::from_secs(60);

/// The client's body.
#[derive(Debug)]
pub(crate) struct ClientBody {
    body: Incoming,
    left: usize,
    /// When it paused for the first time: most bodies come with their headers, and need no clock.
    since: Option<Instant>,
    pause: Option<Pin<Box<Sleep>>>,
}

/// Why the client's body cannot be passed on to its end.
#[derive(Debug, thiserror::Error)]
pub(crate) enum BodyError {
    /// It is longer than permitted.
    #[error("the request's body is too long")]
    TooLong,
    /// It stopped coming.
    #[error("the request's body stopped coming")]
    Stalled,
    /// The client hung up, or what it sent is no HTTP.
    #[error("the request's body broke off")]
    Broken(#[from] hyper::Error),
    /// It is longer or shorter than its header said.
    #[error("the request's body is not as long as was said")]
    OtherLength,
}

impl ClientBody {
    /// At most `most` bytes of `body`.
    pub(crate) fn new(body: Incoming, most: usize) -> Self {
        Self { body, left: most, since: None, pause: None }
    }
}

impl Body for ClientBody {
    type Data = Bytes;
    type Error = BodyError;

    fn poll_frame(
        mut self: Pin<&mut Self>,
        cx: &mut Context<'_>,
    ) -> Poll<Option<Result<Frame<Bytes>, BodyError>>> {
        let this = &mut *self;
        let Poll::Ready(frame) = Pin::new(&mut this.body).poll_frame(cx) else {
            let pause = this.pause.get_or_insert_with(|| {
                let now = Instant::now();
                let whole = *this.since.get_or_insert(now) + WHOLE;
                Box::pin(sleep_until(whole.min(now + PAUSE)))
            });
            ready!(pause.as_mut().poll(cx));
            return Poll::Ready(Some(Err(BodyError::Stalled)));
        };
        this.pause = None;
        Poll::Ready(match frame {
            Some(Ok(frame)) => match frame.into_data() {
                Ok(data) => match this.left.checked_sub(data.len()) {
                    Some(left) => {
                        this.left = left;
                        Some(Ok(Frame::data(data)))
                    }
                    None => Some(Err(BodyError::TooLong)),
                },
                // Trailers are headers that passed no allowlist.
                Err(_) => None,
            },
            Some(Err(error)) => Some(Err(error.into())),
            None => None,
        })
    }

    fn is_end_stream(&self) -> bool {
        self.body.is_end_stream()
    }

    fn size_hint(&self) -> SizeHint {
        self.body.size_hint()
    }
}
