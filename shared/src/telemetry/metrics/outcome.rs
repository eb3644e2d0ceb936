//! How a request ended.

use http::StatusCode;

crate::label! {
    /// How a request ended, by its status: as many as somebody would act on, and no more.
    pub enum Outcome = "outcome" {
        /// 2xx.
        Ok = "ok",
        /// 3xx.
        Redirect = "redirect",
        /// 401: a challenge, or a bad token.
        Unauthorized = "unauthorized",
        /// 403.
        Forbidden = "forbidden",
        /// 404.
        NotFound = "not_found",
        /// 429.
        TooMany = "too_many",
        /// Another 4xx.
        Refused = "refused",
        /// 503: something is away.
        Unavailable = "unavailable",
        /// 504.
        Timeout = "timeout",
        /// Another 5xx.
        Failed = "failed",
    }
}

impl From<StatusCode> for Outcome {
    fn from(status: StatusCode) -> Self {
        match status.as_u16() {
            300..=399 => Self::Redirect,
            401 => Self::Unauthorized,
            403 => Self::Forbidden,
            404 => Self::NotFound,
            429 => Self::TooMany,
            400..=499 => Self::Refused,
            503 => Self::Unavailable,
            504 => Self::Timeout,
            500.. => Self::Failed,
            _ => Self::Ok,
        }
    }
}
