//! The backend's answer on its way to the client. Its connection is given back when the answer was read to its end.

use std::{
    future::poll_fn,
    pin::Pin,
    task::{Context, Poll},
    time::Duration,
};

use bytes::Bytes;
use http_body::{Body, Frame, SizeHint};
use hyper::body::Incoming;
use tokio::time::timeout;

use super::replica::Lease;

/// Bytes that are read for the sake of their connection, and how long.
const MOST_DISCARDED: usize = 64 * 1024;
const DISCARD: Duration = Duration::from_millis(100);

/// The body of an answer.
#[derive(Debug)]
pub(crate) struct BackendBody {
    body: Incoming,
    at_end: bool,
    lease: Lease,
}

impl BackendBody {
    pub(super) const fn new(body: Incoming, lease: Lease) -> Self {
        Self { body, at_end: false, lease }
    }

    /// Reads what nobody wants to the end, if that is near: the connection is good for another exchange then.
    pub(crate) async fn discard(mut self) {
        let mut left = MOST_DISCARDED;
        let read = async {
            while let Some(Ok(frame)) = poll_fn(|cx| Pin::new(&mut self).poll_frame(cx)).await {
                let length = frame.data_ref().map_or(0, Bytes::len);
                let Some(rest) = left.checked_sub(length) else { return };
                left = rest;
            }
        };
        // Too long or too slow: it is closed.
        let _ = timeout(DISCARD, read).await;
    }
}

impl Drop for BackendBody {
    fn drop(&mut self) {
        if self.at_end || self.body.is_end_stream() {
            self.lease.give_back();
        }
    }
}

impl Body for BackendBody {
    type Data = Bytes;
    type Error = hyper::Error;

    fn poll_frame(
        mut self: Pin<&mut Self>,
        cx: &mut Context<'_>,
    ) -> Poll<Option<Result<Frame<Bytes>, hyper::Error>>> {
        let polled = Pin::new(&mut self.body).poll_frame(cx);
        match &polled {
            Poll::Ready(None) => self.at_end = true,
            // Trailers passed no allowlist; nothing follows them.
            Poll::Ready(Some(Ok(frame))) if frame.is_trailers() => {
                self.at_end = true;
                return Poll::Ready(None);
            }
            _ => {}
        }
        polled
    }

    fn is_end_stream(&self) -> bool {
        self.at_end || self.body.is_end_stream()
    }

    fn size_hint(&self) -> SizeHint {
        self.body.size_hint()
    }
}
