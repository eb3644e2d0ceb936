//! One call to the Partner API: what kind it is decides how long it may take and whether it may be repeated.

use std::time::Duration;

use http::{Method, StatusCode};
use serde::Serialize;

use super::{ApiPath, PeakaError};

/// What a call does at Peaka.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Kind {
    /// Looks something up: harmless to repeat.
    Lookup,
    /// Runs a query, for at most this long: harmless too, but dear.
    Query(Duration),
    /// Changes something. Without an answer nobody knows whether it did.
    Change,
}

impl Kind {
    /// How long the answer is waited for.
    pub(super) fn within(self) -> Duration {
        match self {
            Self::Lookup => Duration::from_secs(20),
            Self::Query(within) => within,
            Self::Change => Duration::from_secs(30),
        }
    }
}

/// One call.
#[derive(Debug)]
pub(super) struct Call<'a> {
    pub(super) kind: Kind,
    pub(super) method: Method,
    pub(super) path: &'a ApiPath,
    pub(super) body: Option<Vec<u8>>,
}

impl<'a> Call<'a> {
    /// Without a body.
    pub(super) fn new(kind: Kind, method: Method, path: &'a ApiPath) -> Self {
        Self { kind, method, path, body: None }
    }

    /// With a body.
    pub(super) fn with(mut self, body: &impl Serialize) -> Result<Self, PeakaError> {
        self.body = Some(serde_json::to_vec(body).map_err(|_| PeakaError::NotUnderstood)?);
        Ok(self)
    }

    /// How long to wait at least before this call may be made again after `failed`; `None` if it may not.
    pub(super) fn again(&self, failed: &Failed) -> Option<Duration> {
        match failed.repeat {
            Repeat::Never => None,
            Repeat::NothingWasSent => Some(Duration::ZERO),
            Repeat::IfHarmless(wait) => (self.kind == Kind::Lookup).then_some(wait),
        }
    }
}

/// A call that gave nothing.
#[derive(Debug)]
pub(super) struct Failed {
    pub(super) error: PeakaError,
    repeat: Repeat,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Repeat {
    /// It would fail again.
    Never,
    /// There was no connection: whatever the call is, it did nothing.
    NothingWasSent,
    /// It may have been done; after this long it may work.
    IfHarmless(Duration),
}

impl Failed {
    /// Trying again does not help.
    pub(super) fn finally(error: PeakaError) -> Self {
        Self { error, repeat: Repeat::Never }
    }

    /// By an answer that is no success. `retry_after` is in seconds.
    pub(super) fn answered(status: StatusCode, retry_after: Option<u64>, body: &[u8]) -> Self {
        let asked = retry_after.map(Duration::from_secs);
        let repeat = match status {
            StatusCode::BAD_GATEWAY | StatusCode::SERVICE_UNAVAILABLE => {
                Repeat::IfHarmless(asked.unwrap_or_default())
            }
            // Without a word on when, whoever asks for fewer calls gets fewer.
            StatusCode::TOO_MANY_REQUESTS => asked.map_or(Repeat::Never, Repeat::IfHarmless),
            _ => Repeat::Never,
        };
        Self { error: PeakaError::of_answer(status, retry_after, body), repeat }
    }

    /// By a connection that could not be made, was too slow, or broke.
    pub(super) fn broken(kind: Kind, timeout: bool, connect: bool) -> Self {
        let seconds = kind.within().as_secs();
        match (connect, timeout, kind) {
            (true, ..) => Self { error: PeakaError::Unreachable, repeat: Repeat::NothingWasSent },
            (false, true, Kind::Change) => Self::finally(PeakaError::ChangeTimedOut(seconds)),
            (false, true, _) => Self::finally(PeakaError::Timeout(seconds)),
            (false, false, Kind::Change) => Self::finally(PeakaError::ChangeBrokeOff),
            (false, false, _) => {
                Self { error: PeakaError::Unreachable, repeat: Repeat::IfHarmless(Duration::ZERO) }
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn again(kind: Kind, failed: &Failed) -> Option<u64> {
        let path = ApiPath::new("x");
        Call::new(kind, Method::GET, &path).again(failed).map(|wait| wait.as_secs())
    }

    #[test]
    fn only_what_is_harmless_is_repeated() {
        let query = Kind::Query(Duration::from_secs(1));
        let answered = |status: u16, retry_after| {
            Failed::answered(StatusCode::from_u16(status).unwrap(), retry_after, b"")
        };
        for (failed, lookup, others) in [
            (answered(502, None), Some(0), None),
            (answered(503, Some(2)), Some(2), None),
            (answered(429, Some(1)), Some(1), None),
            (answered(429, None), None, None),
            (answered(500, None), None, None),
            (answered(504, None), None, None),
            (answered(400, Some(1)), None, None),
            (Failed::broken(Kind::Lookup, false, true), Some(0), Some(0)),
            (Failed::broken(Kind::Lookup, false, false), Some(0), None),
            (Failed::broken(Kind::Lookup, true, false), None, None),
        ] {
            assert_eq!(again(Kind::Lookup, &failed), lookup, "{failed:?}");
            assert_eq!(again(query, &failed), others, "{failed:?}");
            assert_eq!(again(Kind::Change, &failed), others, "{failed:?}");
        }
    }

    #[test]
    fn of_a_change_without_an_answer_nothing_is_claimed() {
        for timeout in [true, false] {
            let told = Failed::broken(Kind::Change, timeout, false).error.to_string();
            assert!(told.contains("may have been made"), "{told}");
        }
    }
}
