//! HTTP/1.1 as its client speaks it (RFC 9112), with a peer that is ours. It runs in the task of whoever waits for the answer:
//! a client that drives each connection by a task of its own wakes two tasks for every piece that passes between them, and
//! holds two buffers for as long as a stream is open. What comes is taken apart by httparse.

mod connection;
mod content;
mod head;
mod sending;

use std::{
    future::poll_fn,
    io,
    task::{Context, Poll, ready},
};

use bytes::Bytes;
use http_body::Body;

use self::head::AnswerHead;
pub(super) use self::{
    connection::Connection,
    content::Content,
    head::{RequestHead, Wanted},
    sending::Sending,
};
use super::body::BodyError;

/// Why an exchange came to nothing.
#[derive(Debug, thiserror::Error)]
pub(crate) enum WireError {
    /// The connection broke.
    #[error("the connection broke")]
    Io(#[from] io::Error),
    /// The peer closed it.
    #[error("the connection was closed")]
    Closed,
    /// What came is no HTTP/1.1, or could be read in two ways.
    #[error("what came is no HTTP: {0}")]
    Malformed(&'static str),
    /// What is to be sent cannot be had.
    #[error(transparent)]
    Body(#[from] BodyError),
}

/// Sends a request and reads the answer's head. The peer may answer before it has all of the request: the rest is not sent
/// then, and the connection is good for no other exchange.
pub(super) async fn exchange<B: Body<Data = Bytes, Error = BodyError> + Unpin>(
    connection: &mut Connection,
    sending: &mut Sending<B>,
    wanted: Wanted,
) -> Result<AnswerHead, WireError> {
    poll_fn(|cx| {
        if sending.is_untouched() {
            // What comes before anything was asked is nobody's answer, least of all this one's.
            if let Poll::Ready(came) = connection.poll_read(cx) {
                return Poll::Ready(Err(came.err().unwrap_or(WireError::Malformed("nobody asked"))));
            }
        }
        let sent = sending.poll(cx, connection);
        if sending.is_untouched() {
            return sent.map(|sent| Err(sent.err().unwrap_or(WireError::Closed)));
        }
        match (sent, poll_answer(cx, connection, wanted)) {
            (Poll::Ready(Ok(())), answer) => answer,
            // It may have said why it does not listen.
            (_, Poll::Ready(Ok(head))) => Poll::Ready(Ok(AnswerHead { keeps: false, ..head })),
            (Poll::Ready(Err(error)), _) => Poll::Ready(Err(error)),
            (Poll::Pending, answer) => answer,
        }
    })
    .await
}

fn poll_answer(
    cx: &mut Context<'_>,
    connection: &mut Connection,
    wanted: Wanted,
) -> Poll<Result<AnswerHead, WireError>> {
    loop {
        match AnswerHead::read(connection.came(), wanted)? {
            // Interim answers are for clients that asked for them (RFC 9110 §15.2).
            Some(head) if head.status.is_informational() => {}
            Some(head) => return Poll::Ready(Ok(head)),
            None => ready!(connection.poll_read(cx))?,
        }
    }
}

#[cfg(test)]
mod tests;
