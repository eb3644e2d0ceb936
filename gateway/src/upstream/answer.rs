//! The backend's answer on its way to the client. Its connection is given back when the answer was read to its end.

use std::{
    future::poll_fn,
    pin::Pin,
    task::{Context, Poll},
    time::Duration,
};

use bytes::Bytes;
use http_body::{Body, Frame, SizeHint};
use tokio::time::timeout;

use super::{
    http1::{Content, WireError},
    replica::Lease,
};

/// Bytes that are read for the sake of their connection, and how long.
const MOST_DISCARDED: usize = 64 * 1024;
const DISCARD: Duration = Duration::from_millis(100);

/// The body of an answer.
#[derive(Debug)]
pub(crate) struct BackendBody {
    content: Content,
    keeps: bool,
    lease: Lease,
}

impl BackendBody {
    pub(super) const fn new(content: Content, keeps: bool, lease: Lease) -> Self {
        Self { content, keeps, lease }
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
        if self.content.is_at_end() && self.keeps {
            self.lease.give_back();
        }
    }
}

impl Body for BackendBody {
    type Data = Bytes;
    type Error = WireError;

    fn poll_frame(
        mut self: Pin<&mut Self>,
        cx: &mut Context<'_>,
    ) -> Poll<Option<Result<Frame<Bytes>, WireError>>> {
        let Self { content, lease, .. } = &mut *self;
        let Some(connection) = lease.connection() else { return Poll::Ready(None) };
        loop {
            if let Some(data) = content.take(connection.came())? {
                return Poll::Ready(Some(Ok(Frame::data(data))));
            }
            if content.is_at_end() {
                return Poll::Ready(None);
            }
            match connection.poll_read(cx) {
                Poll::Pending => {
                    connection.rest();
                    return Poll::Pending;
                }
                Poll::Ready(Err(WireError::Closed)) => content.closed()?,
                Poll::Ready(read) => read?,
            }
        }
    }

    fn is_end_stream(&self) -> bool {
        self.content.is_at_end()
    }

    fn size_hint(&self) -> SizeHint {
        match &self.content {
            Content::Length(left) => SizeHint::with_exact(*left),
            _ => SizeHint::default(),
        }
    }
}
