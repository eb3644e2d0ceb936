//! How Peaka can fail us. No variant carries anything that Peaka wrote: its messages can repeat a token or show its
//! internals.

use std::sync::Arc;

use http::StatusCode;

/// Peaka gave no usable answer. This proves nothing about a person or a grant: answer 503, keep the session.
#[derive(Clone, Debug, thiserror::Error)]
pub enum Outage {
    /// The connection failed, or broke.
    #[error("Peaka could not be reached")]
    Unreachable(#[source] Arc<reqwest::Error>),
    /// The deadline passed.
    #[error("Peaka did not answer in time")]
    Timeout,
    /// A status that has no meaning here: 5xx, 429, a redirect.
    #[error("Peaka answered with HTTP status {0}")]
    Status(StatusCode),
    /// Not what the protocol promises.
    #[error("Peaka's answer is not usable: {0}")]
    Malformed(&'static str),
    /// The calls allowed at a time were all taken, for longer than it makes sense to wait.
    #[error("too many calls to Peaka are under way")]
    Busy,
    /// Peaka refuses this gateway itself, or its metadata is not that of the configured issuer: an operator must act.
    #[error("the gateway's registration with Peaka needs attention: {0}")]
    Misconfigured(&'static str),
}

impl From<reqwest::Error> for Outage {
    fn from(error: reqwest::Error) -> Self {
        // The address goes: it can carry ids of the person's organizations.
        if error.is_timeout() { Self::Timeout } else { Self::Unreachable(Arc::new(error.without_url())) }
    }
}

/// Why no credential came out of a code or a refresh token.
#[derive(Clone, Debug, thiserror::Error)]
pub enum GrantError {
    /// Nothing is known about the grant.
    #[error(transparent)]
    Outage(#[from] Outage),
    /// The grant is proven dead: HTTP 400 with `invalid_grant` (RFC 6749 §5.2). Nothing else counts as proof.
    #[error("Peaka refuses this grant")]
    Refused,
}

/// Why the Partner API did not say what was asked.
#[derive(Clone, Debug, thiserror::Error)]
pub enum PartnerError {
    /// Nothing is known.
    #[error(transparent)]
    Outage(#[from] Outage),
    /// HTTP 401: Peaka does not accept the access token (any more).
    #[error("Peaka does not accept the access token")]
    Unauthorized,
    /// HTTP 403: the token is good, but not for this.
    #[error("Peaka does not allow this person to do that")]
    Forbidden,
}
