//! Errors as pages that a person can act on. An internal cause is logged with a reference that the page shows, and told
//! to nobody outside.

use std::fmt::Display;

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
    language::Here,
    peaka::Outage,
    rate_limit::LimitExceeded,
    store::StoreError,
};

/// What a page can fail with.
#[derive(Debug, thiserror::Error)]
pub(crate) enum PageError {
    /// The request cannot be followed; the person can start again.
    #[error("refused a page: {}", .0.key)]
    Refused(Refusal),
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

/// A refusal, by the key of its words: `refused.<key>.title` and `refused.<key>.text`.
#[derive(Debug)]
pub(crate) struct Refusal {
    key: &'static str,
    placeholder: (&'static str, String),
    detail: Option<String>,
}

impl PageError {
    /// A refusal in the words of `key`.
    pub(crate) fn refused(key: &'static str) -> Self {
        Self::refused_with(key, "", String::new())
    }

    /// A refusal with a placeholder in its words.
    pub(crate) fn refused_with(key: &'static str, name: &'static str, value: impl Display) -> Self {
        Self::Refused(Refusal { key, placeholder: (name, value.to_string()), detail: None })
    }

    /// A refusal with a technical cause, which is shown as it is.
    pub(crate) fn refused_because(key: &'static str, detail: &impl Display) -> Self {
        let detail = Some(detail.to_string());
        Self::Refused(Refusal { key, placeholder: ("", String::new()), detail })
    }

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
    w: Here,
    title: &'a str,
    text: &'a str,
    detail: Option<&'a str>,
    back: Option<&'a str>,
    reference: &'a str,
}

impl IntoResponse for PageError {
    fn into_response(self) -> Response {
        // Without randomness there is no reference; the page is still of use.
        let reference = random_text().map(|text| text[..8].to_owned()).unwrap_or_default();
        let w = Here::now().alone();
        let said = |key: &str, (name, value): (&str, &str)| {
            (w.t(&format!("{key}.title")).to_owned(), w.say(&format!("{key}.text"), name, value))
        };
        let nothing = ("", "");
        let (status, (title, text), detail, back) = match &self {
            Self::Refused(Refusal { key, placeholder: (name, value), detail }) => {
                let said = said(&format!("refused.{key}"), (*name, value));
                (StatusCode::BAD_REQUEST, said, detail.as_deref(), None)
            }
            Self::Foreign => (StatusCode::FORBIDDEN, said("error.foreign", nothing), None, None),
            Self::ClientFault { text, back, .. } => (
                StatusCode::BAD_REQUEST,
                said("error.client_fault", nothing),
                Some(*text),
                Some(back.as_str()),
            ),
            Self::Limited(_) => (StatusCode::TOO_MANY_REQUESTS, said("error.limited", nothing), None, None),
            Self::Unavailable(_) => {
                (StatusCode::SERVICE_UNAVAILABLE, said("error.unavailable", nothing), None, None)
            }
        };
        match &self {
            Self::Unavailable(cause) => {
                error!(reference, error = %Chain(cause.as_ref()), "a page met an outage")
            }
            other => info!(reference, error = %other, "refused a page request"),
        }
        let page = ErrorPage { w, title: &title, text: &text, detail, back, reference: &reference };
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
