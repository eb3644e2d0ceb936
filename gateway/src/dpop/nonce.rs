//! Nonces for proofs (RFC 9449 §8). One is the same for everybody and for a while, and a keyed hash of that while: every
//! replica makes and knows it, and nothing has to be remembered. That a proof is used once is seen to by its `jti`.

use std::{sync::Arc, time::Duration};

use http::{HeaderName, HeaderValue};
use shared::clock::Timestamp;

use crate::keys::Keys;

/// Where a nonce is given out.
pub(crate) const NONCE: HeaderName = HeaderName::from_static("dpop-nonce");

const PURPOSE: &str = "dpop nonce";
/// A nonce is given out for so long, and taken for so long again.
const SLOT: Duration = Duration::from_secs(120);

pub(super) struct Nonces {
    keys: Arc<Keys>,
}

impl Nonces {
    pub(super) const fn new(keys: Arc<Keys>) -> Self {
        Self { keys }
    }

    /// The one of this time.
    pub(super) fn at(&self, now: Timestamp) -> Option<HeaderValue> {
        let slot = slot(now).to_string();
        let hash = self.keys.keyed_hash(PURPOSE, &slot).ok()?;
        HeaderValue::try_from(format!("{slot}.{hash}")).ok()
    }

    /// Until when a nonce is taken; `None` if it is not one of ours, or over. That of the next while is taken already: the
    /// clock of the replica that gave it out may be ahead.
    pub(super) fn ends(&self, nonce: &str, now: Timestamp) -> Option<Timestamp> {
        let (number, hash) = nonce.split_once('.')?;
        let of: i64 = number.parse().ok()?;
        let current = slot(now);
        let is_live = (current - 1..=current + 1).contains(&of) && of.to_string() == number;
        let is_ours = is_live && self.keys.keyed_hash_is(PURPOSE, number, hash);
        is_ours.then(|| Timestamp::from_seconds((of + 2).saturating_mul(seconds())))
    }
}

fn slot(now: Timestamp) -> i64 {
    now.seconds().div_euclid(seconds())
}

fn seconds() -> i64 {
    i64::try_from(SLOT.as_secs()).unwrap_or(i64::MAX)
}
