//! An answer that streams for long is held on a leash: when its token is over or its session was ended, so is the stream.

use std::{
    io,
    pin::Pin,
    sync::Arc,
    task::{Context, Poll},
    time::Duration,
};

use bytes::Bytes;
use http_body::{Body, Frame, SizeHint};
use hyper::body::Incoming;
use tokio::time::{Interval, MissedTickBehavior, interval};
use tracing::info;

use crate::{access_token::Valid, app::App, metrics::OPEN_STREAMS};

/// How often the token is looked at again: an end must hold within a second.
const LOOK: Duration = Duration::from_millis(500);

/// The backend's answer, as long as its reader may read it.
pub(super) struct Leashed {
    answer: Incoming,
    look: Interval,
    app: Arc<App>,
    token: Arc<Valid>,
}

impl Leashed {
    pub(super) fn new(answer: Incoming, app: Arc<App>, token: Arc<Valid>) -> Self {
        let mut look = interval(LOOK);
        look.set_missed_tick_behavior(MissedTickBehavior::Delay);
        OPEN_STREAMS.add((), 1);
        Self { answer, look, app, token }
    }
}

impl Drop for Leashed {
    fn drop(&mut self) {
        OPEN_STREAMS.add((), -1);
    }
}

impl Body for Leashed {
    type Data = Bytes;
    type Error = io::Error;

    fn poll_frame(
        mut self: Pin<&mut Self>,
        cx: &mut Context<'_>,
    ) -> Poll<Option<Result<Frame<Bytes>, io::Error>>> {
        while self.look.poll_tick(cx).is_ready() {
            if let Err(over) = self.app.access_tokens.look_again(&self.token) {
                info!(session_id = self.token.identity().session_id, "cut a stream: {over}");
                // An error, so that the reader does not take what it has for the whole.
                return Poll::Ready(Some(Err(io::Error::other(over))));
            }
        }
        Pin::new(&mut self.answer).poll_frame(cx).map_err(io::Error::other)
    }

    fn is_end_stream(&self) -> bool {
        self.answer.is_end_stream()
    }

    fn size_hint(&self) -> SizeHint {
        self.answer.size_hint()
    }
}
