//! The bytes of a connection. What came and was not taken is held; a connection that waits for more needs no memory.

use std::{
    io::{self, IoSlice},
    pin::Pin,
    task::{Context, Poll, ready},
};

use bytes::BytesMut;
use tokio::{io::AsyncWrite as _, net::TcpStream};
use tokio_util::io::poll_read_buf;

use super::WireError;

/// How much is read at a time: at first; after a silence, as events are small; and at most, where the peer fills what it is
/// given.
const READ: usize = 8 * 1024;
const READ_AFTER_SILENCE: usize = 1000;
const MOST_READ: usize = 64 * 1024;

/// A connection to a peer.
#[derive(Debug)]
pub(in crate::upstream) struct Connection {
    stream: TcpStream,
    came: BytesMut,
    read: usize,
}

impl Connection {
    /// Over a stream on which nothing was said yet.
    pub(in crate::upstream) fn new(stream: TcpStream) -> Self {
        Self { stream, came: BytesMut::new(), read: READ }
    }

    /// Whether it is open and silent, as it must be between two exchanges. Costs no call of the system unless something
    /// came, which then can only be its end.
    pub(in crate::upstream) fn is_silent(&self) -> bool {
        let came = self.stream.try_read(&mut [0]);
        self.came.is_empty() && came.is_err_and(|error| error.kind() == io::ErrorKind::WouldBlock)
    }

    /// What came and was not taken.
    pub(in crate::upstream) const fn came(&mut self) -> &mut BytesMut {
        &mut self.came
    }

    /// Waits for more to come.
    pub(in crate::upstream) fn poll_read(&mut self, cx: &mut Context<'_>) -> Poll<Result<(), WireError>> {
        let room = |came: &BytesMut| came.capacity() - came.len();
        if room(&self.came) < self.read / 2 {
            // Memory is got when there is something to be put into it.
            ready!(self.stream.poll_read_ready(cx))?;
            self.came.reserve(self.read);
        }
        let room = room(&self.came);
        match ready!(poll_read_buf(Pin::new(&mut self.stream), cx, &mut self.came))? {
            0 => return Poll::Ready(Err(WireError::Closed)),
            read if read == room => self.read = (2 * self.read).min(MOST_READ),
            _ => {}
        }
        Poll::Ready(Ok(()))
    }

    /// Gives back the memory of a connection that may be silent for long.
    pub(in crate::upstream) fn rest(&mut self) {
        if self.came.is_empty() {
            self.came = BytesMut::new();
            self.read = READ_AFTER_SILENCE;
        }
    }

    /// Makes it ready to wait for its next exchange, with little memory.
    pub(in crate::upstream) fn settle(&mut self) {
        if self.read > READ {
            self.came = BytesMut::new();
        }
        self.read = READ;
    }

    pub(super) fn poll_write(
        &mut self,
        cx: &mut Context<'_>,
        pieces: &[IoSlice<'_>],
    ) -> Poll<io::Result<usize>> {
        Pin::new(&mut self.stream).poll_write_vectored(cx, pieces)
    }
}
