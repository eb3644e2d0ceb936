//! What an assertion must say (RFC 7523 §3).

use serde::Deserialize;
use shared::clock::Timestamp;

use super::{BadAssertion, LEEWAY, LONGEST_LIFE};
use crate::signed_assertion::{NumericDate, Texts};

const LONGEST_JTI: usize = 256;

/// The claims that are looked at; others are passed over. One that is there twice is an error.
#[derive(Deserialize)]
pub(super) struct Claims {
    iss: String,
    sub: String,
    aud: Texts,
    exp: NumericDate,
    nbf: Option<NumericDate>,
    iat: Option<NumericDate>,
    jti: String,
}

impl Claims {
    pub(super) fn read(payload: &[u8]) -> Result<Self, BadAssertion> {
        serde_json::from_slice(payload).map_err(|_| BadAssertion::Claims)
    }

    pub(super) fn jti(&self) -> &str {
        &self.jti
    }

    pub(super) fn into_subject(self) -> String {
        self.sub
    }

    /// Whether the claims are those of `client_id`, for one of `audiences`, at `now`; if so, until when the assertion
    /// will be taken.
    pub(super) fn judge(
        &self,
        client_id: &str,
        audiences: &[String],
        now: Timestamp,
    ) -> Result<Timestamp, BadAssertion> {
        if self.iss != client_id || self.sub != client_id {
            return Err(BadAssertion::Client);
        }
        let named = self.aud.all();
        // An assertion that others take as well could be used here by one of them.
        if named.is_empty() || !named.iter().all(|audience| audiences.contains(audience)) {
            return Err(BadAssertion::Audience);
        }
        if self.jti.is_empty() || self.jti.chars().count() > LONGEST_JTI {
            return Err(BadAssertion::Claims);
        }
        let ends = self.exp.time().plus(LEEWAY);
        if now >= ends {
            return Err(BadAssertion::Expired);
        }
        if self.exp.time() > now.plus(LONGEST_LIFE).plus(LEEWAY) {
            return Err(BadAssertion::LivesTooLong);
        }
        let soonest = [self.nbf, self.iat].into_iter().flatten().map(NumericDate::time).max();
        if soonest.is_some_and(|soonest| soonest > now.plus(LEEWAY)) {
            return Err(BadAssertion::NotYet);
        }
        Ok(ends)
    }
}
