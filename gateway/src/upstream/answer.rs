//! The backend's answer on its way to the client. Its connection is given back when the answer was read to its end.

use std::{
    pin::Pin,
    task::{Context, Poll},
};

use bytes::Bytes;
use http_body::{Body, Frame, SizeHint};
use hyper::body::Incoming;

use super::replica::Lease;

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
