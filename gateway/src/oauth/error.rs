//! The errors of the OAuth endpoints that answer in JSON (RFC 6749 §5.2, RFC 7591 §3.2.2, RFC 8707 §2). A verdict is
//! only given when it is proven: whatever is merely unknown is an outage, 503 with `Retry-After`.

use std::borrow::Cow;

use axum::{
    Json,
    response::{IntoResponse, Response},
};
use http::{HeaderValue, StatusCode, header};
use serde_json::json;
use shared::chain::Chain;
use tracing::error;

use crate::{
    access_token::SignError,
    answer::{RETRY_AFTER_OUTAGE, no_store},
    domain::secret::NoRandomness,
    dpop::{BadProof, NONCE},
    rate_limit::LimitExceeded,
    store::StoreError,
};

/// What an OAuth endpoint can fail with.
#[derive(Debug, thiserror::Error)]
pub(crate) enum OAuthError {
    #[error("{0}")]
    InvalidRequest(Cow<'static, str>),
    #[error("the request body is too large")]
    TooLarge,
    /// `basic`: the client tried HTTP Basic, so it is challenged that way.
    #[error("{description}")]
    InvalidClient { description: &'static str, basic: bool },
    #[error("{0}")]
    InvalidGrant(&'static str),
    /// RFC 9449 §5 and §8. `nonce`: the one for the next proof, if that would be better with one.
    #[error("{bad}")]
    InvalidDpopProof { bad: BadProof, nonce: Option<HeaderValue> },
    #[error("{0}")]
    InvalidScope(&'static str),
    #[error("the resource is not one of this server; omit it or send the one from the metadata")]
    InvalidTarget,
    #[error("this grant type is not one of those that the metadata of this server lists")]
    UnsupportedGrantType,
    /// Of an authorization request that was pushed (RFC 9126 §2.3).
    #[error("{description}")]
    Authorization { code: &'static str, description: &'static str },
    #[error("this client is not registered for this grant type")]
    UnauthorizedClient,
    /// Its tokens are to be bound, and nobody here looks at proofs (RFC 9449 §5.2).
    #[error("this client takes only tokens that are bound to a key, and this server gives none")]
    OnlyBound,
    #[error("the person has not decided yet; ask again after the interval")]
    AuthorizationPending,
    #[error("too soon; wait 5 seconds longer between two requests from now on")]
    SlowDown,
    #[error("the person did not allow it")]
    AccessDenied,
    #[error("the device code has expired; begin the authorization again")]
    ExpiredToken,
    #[error("{0}")]
    InvalidRedirectUri(Cow<'static, str>),
    #[error("{0}")]
    InvalidClientMetadata(Cow<'static, str>),
    #[error("too many requests")]
    Limited(#[from] LimitExceeded),
    #[error("something this server needs is unavailable")]
    Unavailable(#[source] Box<dyn std::error::Error + Send + Sync>),
}

impl From<StoreError> for OAuthError {
    fn from(error: StoreError) -> Self {
        Self::Unavailable(error.into())
    }
}

impl From<SignError> for OAuthError {
    fn from(error: SignError) -> Self {
        Self::Unavailable(error.into())
    }
}

impl From<NoRandomness> for OAuthError {
    fn from(error: NoRandomness) -> Self {
        Self::Unavailable(error.into())
    }
}

impl OAuthError {
    const fn code(&self) -> &'static str {
        match self {
            Self::InvalidRequest(_) | Self::TooLarge => "invalid_request",
            Self::InvalidClient { .. } => "invalid_client",
            Self::InvalidGrant(_) => "invalid_grant",
            Self::InvalidDpopProof { bad: BadProof::Nonce, .. } => "use_dpop_nonce",
            Self::InvalidDpopProof { .. } => "invalid_dpop_proof",
            Self::InvalidScope(_) => "invalid_scope",
            Self::InvalidTarget => "invalid_target",
            Self::UnsupportedGrantType => "unsupported_grant_type",
            Self::Authorization { code, .. } => code,
            Self::UnauthorizedClient | Self::OnlyBound => "unauthorized_client",
            Self::AuthorizationPending => "authorization_pending",
            Self::SlowDown => "slow_down",
            Self::AccessDenied => "access_denied",
            Self::ExpiredToken => "expired_token",
            Self::InvalidRedirectUri(_) => "invalid_redirect_uri",
            Self::InvalidClientMetadata(_) => "invalid_client_metadata",
            Self::Limited(_) | Self::Unavailable(_) => "temporarily_unavailable",
        }
    }

    const fn status(&self) -> StatusCode {
        match self {
            Self::InvalidClient { .. } => StatusCode::UNAUTHORIZED,
            Self::TooLarge => StatusCode::PAYLOAD_TOO_LARGE,
            Self::Limited(_) => StatusCode::TOO_MANY_REQUESTS,
            Self::Unavailable(_) => StatusCode::SERVICE_UNAVAILABLE,
            _ => StatusCode::BAD_REQUEST,
        }
    }
}

impl IntoResponse for OAuthError {
    fn into_response(self) -> Response {
        let body = json!({ "error": self.code(), "error_description": described(&self.to_string()) });
        let mut response = (self.status(), Json(body)).into_response();
        let headers = response.headers_mut();
        no_store(headers);
        match &self {
            Self::InvalidClient { basic: true, .. } => {
                headers
                    .insert(header::WWW_AUTHENTICATE, HeaderValue::from_static("Basic realm=\"peaka-mcp\""));
            }
            Self::InvalidDpopProof { nonce: Some(nonce), .. } => {
                headers.insert(NONCE, nonce.clone());
            }
            Self::Limited(limit) => {
                headers.insert(header::RETRY_AFTER, HeaderValue::from(limit.seconds()));
            }
            Self::Unavailable(cause) => {
                error!(error = %Chain(cause.as_ref()), "an OAuth request met an outage");
                headers.insert(header::RETRY_AFTER, HeaderValue::from(RETRY_AFTER_OUTAGE));
            }
            _ => {}
        }
        response
    }
}

/// `error_description` may hold %x20-21 / %x23-5B / %x5D-7E only (RFC 6749 §5.2).
fn described(text: &str) -> String {
    text.chars().filter(|c| matches!(c, ' '..='!' | '#'..='[' | ']'..='~')).collect()
}
