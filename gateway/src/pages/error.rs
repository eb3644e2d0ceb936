//! Errors as pages that a person can act on. An internal cause is logged with a reference that the page shows, and told
//! to nobody outside.

use askama::Template;
use axum::response::{IntoResponse, Response};
use http::{HeaderValue, StatusCode, header};
use shared::chain::Chain;
use tracing::{error, info};

use super::render;
use crate::{
    access_token::SignError,
    answer::RETRY_AFTER_OUTAGE,
    credentials::NoCredential,
    domain::secret::{NoRandomness, random_text},
    peaka::Outage,
    rate_limit::LimitExceeded,
    store::StoreError,
};

/// What a page can fail with.
#[derive(Debug, thiserror::Error)]
pub(crate) enum PageError {
    /// The request cannot be followed; the person can start again.
    #[error("{title}")]
    Refused { title: &'static str, text: String },
    /// The form did not come from one of our pages, or not from this browser.
    #[error("a form came from elsewhere")]
    Foreign,
    /// The client made a mistake; its person may carry the error back to it.
    #[error("{code}: {text}")]
    ClientFault { code: &'static str, text: &'static str, back: String },
    /// Too many.
    #[error("too many requests")]
    Limited(#[from] LimitExceeded),
    /// Something is away.
    #[error("something this server needs is unavailable")]
    Unavailable(#[source] Box<dyn std::error::Error + Send + Sync>),
}

impl PageError {
    pub(crate) fn unavailable(error: impl std::error::Error + Send + Sync + 'static) -> Self {
        Self::Unavailable(Box::new(error))
    }
}

macro_rules! is_an_outage {
    ($($cause:ty),+) => {$(
        impl From<$cause> for PageError {
            fn from(error: $cause) -> Self {
                Self::unavailable(error)
            }
        }
    )+};
}

is_an_outage!(StoreError, NoRandomness, Outage, SignError, NoCredential);

#[derive(Template)]
#[template(path = "error.html")]
struct ErrorPage<'a> {
    title: &'a str,
    text: &'a str,
    back: Option<&'a str>,
    reference: &'a str,
}

impl IntoResponse for PageError {
    fn into_response(self) -> Response {
        // Without randomness there is no reference; the page is still of use.
        let reference = random_text().map(|text| text[..8].to_owned()).unwrap_or_default();
        let (status, title, text, back) = match &self {
            Self::Refused { title, text } => (StatusCode::BAD_REQUEST, *title, text.as_str(), None),
            Self::Foreign => (
                StatusCode::FORBIDDEN,
                "This form did not come from this browser",
                "To protect you, nothing was done. Start again from the app.",
                None,
            ),
            Self::ClientFault { text, back, .. } => {
                (StatusCode::BAD_REQUEST, "The app made a mistake in its request", *text, Some(back.as_str()))
            }
            Self::Limited(_) => (
                StatusCode::TOO_MANY_REQUESTS,
                "Too many attempts",
                "Wait a minute, then start again from the app.",
                None,
            ),
            Self::Unavailable(_) => (
                StatusCode::SERVICE_UNAVAILABLE,
                "Something is not available right now",
                "This is not your doing, and nothing was lost. Try again in a moment.",
                None,
            ),
        };
        match &self {
            Self::Unavailable(cause) => {
                error!(reference, error = %Chain(cause.as_ref()), "a page met an outage")
            }
            other => info!(reference, error = %other, "refused a page request"),
        }
        let page = ErrorPage { title, text, back, reference: &reference };
        let mut response =
            render(status, &page).unwrap_or_else(|_| StatusCode::INTERNAL_SERVER_ERROR.into_response());
        let retry_after = match &self {
            Self::Limited(limit) => Some(limit.seconds()),
            Self::Unavailable(_) => Some(RETRY_AFTER_OUTAGE),
            _ => None,
        };
        if let Some(seconds) = retry_after {
            response.headers_mut().insert(header::RETRY_AFTER, HeaderValue::from(seconds));
        }
        response
    }
}
