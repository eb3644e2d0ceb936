//! Clients that prove themselves with a key of their own: `private_key_jwt` (RFC 7523 §3, OpenID Connect Core §9). An
//! assertion is a short-lived JWS that names the client twice and this server as its audience. It is judged by keys that
//! were stored when a person let the client in: nothing is fetched here, and nothing the assertion brings along is
//! believed before its signature holds.

mod claims;

use std::{fmt, sync::Arc, time::Duration};

use shared::clock::SharedClock;

use self::claims::Claims;
use crate::{
    domain::{client::ClientKeys, issuer::Issuer},
    ephemeral::Ephemeral,
    replays::Replays,
    signed_assertion::{SignatureFault, Types, unverified, verified},
};

/// The value of `client_assertion_type` (RFC 7523 §2.2).
pub(crate) const ASSERTION_TYPE: &str = "urn:ietf:params:oauth:client-assertion-type:jwt-bearer";

/// None of them is another token's.
const TYPES: Types = Types { allowed: &["jwt", "client-authentication+jwt"], required: false };
/// How far ahead an assertion may expire; what lives longer is a password.
const LONGEST_LIFE: Duration = Duration::from_secs(300);
/// What clocks may differ by.
const LEEWAY: Duration = Duration::from_secs(60);

/// Why an assertion proves nothing. The texts say nothing that its sender does not know.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
#[error("{}", self.description())]
pub(crate) enum BadAssertion {
    /// Not a compact JWS of a good size with a header of the expected form.
    Malformed,
    /// The header asks for what is not given: another algorithm, a key of its own, an extension.
    Header,
    /// No stored key has this `kid` and goes with this `alg`.
    UnknownKey,
    /// No such key made the signature.
    Signature,
    /// A claim is missing or has the wrong type.
    Claims,
    /// `iss` and `sub` are not both the client.
    Client,
    /// `aud` names another than this server.
    Audience,
    /// It has expired.
    Expired,
    /// It expires too late.
    LivesTooLong,
    /// It is not valid yet.
    NotYet,
    /// It was used before.
    Replayed,
}

impl BadAssertion {
    /// What is wrong, and what to do.
    pub(crate) const fn description(self) -> &'static str {
        match self {
            Self::Malformed => "the client assertion is not a compact JWS",
            Self::Header => {
                "the client assertion's header must have alg ES256, RS256 or PS256, typ JWT or none, and besides at \
                 most kid"
            }
            Self::UnknownKey => {
                "no key that is stored for this client goes with the client assertion; a new authorization stores the \
                 present keys"
            }
            Self::Signature => "the client assertion's signature is wrong",
            Self::Claims => {
                "the client assertion must have iss, sub, aud, exp and a jti of 1 to 256 characters"
            }
            Self::Client => "iss and sub of the client assertion must both be the client_id",
            Self::Audience => {
                "aud of the client assertion must be this server's issuer or its token endpoint, and nothing else"
            }
            Self::Expired => "the client assertion has expired",
            Self::LivesTooLong => "the client assertion must expire within 5 minutes",
            Self::NotYet => "the client assertion is not valid yet",
            Self::Replayed => "the client assertion was used before; make a new one for each request",
        }
    }
}

impl From<SignatureFault> for BadAssertion {
    fn from(fault: SignatureFault) -> Self {
        match fault {
            SignatureFault::Malformed => Self::Malformed,
            SignatureFault::Header => Self::Header,
            SignatureFault::UnknownKey => Self::UnknownKey,
            SignatureFault::Signature => Self::Signature,
        }
    }
}

/// Judges assertions made for one server.
pub(crate) struct ClientAssertions {
    audiences: [String; 2],
    clock: SharedClock,
    replays: Replays,
}

impl fmt::Debug for ClientAssertions {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("ClientAssertions").field("audiences", &self.audiences).finish_non_exhaustive()
    }
}

impl ClientAssertions {
    /// For `issuer`; uses are marked in `ephemeral`.
    pub(crate) fn new(issuer: &Issuer, ephemeral: Arc<dyn Ephemeral>, clock: SharedClock) -> Self {
        let audiences = [issuer.as_str().to_owned(), issuer.join("/oauth/token")];
        Self { audiences, replays: Replays::new("assertion", ephemeral, Arc::clone(&clock)), clock }
    }

    /// Whether `assertion` was made by the holder of one of `keys`, for this server, now, and for the first time.
    pub(crate) async fn check(
        &self,
        client_id: &str,
        keys: &ClientKeys,
        assertion: &str,
    ) -> Result<(), BadAssertion> {
        let claims = Claims::read(&verified(keys, assertion, TYPES)?)?;
        let now = self.clock.now();
        let ends = claims.judge(client_id, &self.audiences, now)?;
        // Last, so that only what is good in every other way leaves a mark.
        if self.replays.is_first(client_id, claims.jti(), ends.since(now)).await {
            Ok(())
        } else {
            Err(BadAssertion::Replayed)
        }
    }
}

/// The client that an assertion claims to be of, for requests that do not say so otherwise (RFC 7521 §4.2). Proves
/// nothing.
pub(crate) fn claimed_client(assertion: &str) -> Option<String> {
    unverified(assertion).map(Claims::into_subject)
}
