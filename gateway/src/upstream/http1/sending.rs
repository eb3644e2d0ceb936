//! A request on its way. Its head waits for the first of its content: together they are one write, and a client that stalls
//! gives the backend no work.

use std::{
    io::{self, IoSlice},
    pin::Pin,
    task::{Context, Poll, ready},
};

use bytes::{Buf as _, Bytes, BytesMut};
use http_body::Body;

use super::{Connection, RequestHead, WireError};
use crate::upstream::body::{BodyError, ClientBody};

/// The end of a chunk, of the last chunk, and of the chunks of which there is no further one (RFC 9112 §7.1).
const END_OF_CHUNK: &[u8] = b"\r\n";
const END_WITH_CHUNK: &[u8] = b"\r\n0\r\n\r\n";
const END: &[u8] = b"0\r\n\r\n";

/// A request that is being sent, and what of it is ready.
#[derive(Debug)]
pub(in crate::upstream) struct Sending<B = ClientBody> {
    body: B,
    /// How much of the content is to come, where that is known. Chunks otherwise.
    left: Option<u64>,
    at_end: bool,
    is_untouched: bool,
    front: BytesMut,
    piece: Bytes,
    back: &'static [u8],
}

impl<B> Drop for Sending<B> {
    fn drop(&mut self) {
        RequestHead::done(std::mem::take(&mut self.front));
    }
}

impl<B: Body<Data = Bytes, Error = BodyError> + Unpin> Sending<B> {
    /// Nothing is sent yet.
    pub(in crate::upstream) fn new(head: RequestHead, body: B) -> Self {
        let left = body.size_hint().exact();
        let at_end = left == Some(0);
        let front = head.end(left);
        Self { body, left, at_end, is_untouched: true, front, piece: Bytes::new(), back: b"" }
    }

    /// Whether not a byte of it has left: then it may be sent to somebody else.
    pub(in crate::upstream) const fn is_untouched(&self) -> bool {
        self.is_untouched
    }

    pub(super) fn poll(
        &mut self,
        cx: &mut Context<'_>,
        connection: &mut Connection,
    ) -> Poll<Result<(), WireError>> {
        loop {
            if self.piece.is_empty() && self.back.is_empty() && !self.at_end {
                ready!(self.poll_piece(cx))?;
                continue;
            }
            if self.front.is_empty() && self.piece.is_empty() && self.back.is_empty() {
                return Poll::Ready(Ok(()));
            }
            let pieces = [IoSlice::new(&self.front), IoSlice::new(&self.piece), IoSlice::new(self.back)];
            let written = ready!(connection.poll_write(cx, &pieces))?;
            if written == 0 {
                return Poll::Ready(Err(io::Error::from(io::ErrorKind::WriteZero).into()));
            }
            self.is_untouched = false;
            self.sent(written);
        }
    }

    /// Waits for the next piece of content, or its end.
    fn poll_piece(&mut self, cx: &mut Context<'_>) -> Poll<Result<(), WireError>> {
        match ready!(Pin::new(&mut self.body).poll_frame(cx)).transpose()? {
            Some(frame) => self.piece = frame.into_data().unwrap_or_default(),
            None => self.at_end = true,
        }
        self.at_end |= self.body.is_end_stream();
        match &mut self.left {
            Some(left) => {
                // Other than it was told, it would be the next request's beginning, or swallow it.
                *left = left.checked_sub(self.piece.len() as u64).ok_or(BodyError::OtherLength)?;
                // The end itself may come late, or never.
                self.at_end |= *left == 0;
                if self.at_end && *left > 0 {
                    return Poll::Ready(Err(BodyError::OtherLength.into()));
                }
            }
            None if self.piece.is_empty() => self.back = if self.at_end { END } else { b"" },
            None => {
                self.front.extend_from_slice(format!("{:x}\r\n", self.piece.len()).as_bytes());
                self.back = if self.at_end { END_WITH_CHUNK } else { END_OF_CHUNK };
            }
        }
        Poll::Ready(Ok(()))
    }

    fn sent(&mut self, mut written: usize) {
        let mut of = |length: usize| {
            let part = written.min(length);
            written -= part;
            part
        };
        self.front.advance(of(self.front.len()));
        self.piece.advance(of(self.piece.len()));
        self.back = &self.back[of(self.back.len())..];
    }
}
