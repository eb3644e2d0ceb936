//! The three forms in which Peaka tells errors, as seen live, and what its documentation says instead.

use axum::{
    Json,
    http::StatusCode,
    response::{IntoResponse, Response},
};
use serde::de::DeserializeOwned;
use serde_json::{Value, json};

use crate::{chance, time};

/// Why a request to the Partner API fails.
#[derive(Clone, Debug)]
pub(crate) enum ApiError {
    /// No key or token, or one that does not count.
    Unauthorized,
    /// The caller does not reach it.
    Forbidden,
    /// There is no such route.
    NoRoute,
    /// The route does not take this method.
    WrongMethod,
    /// The body does not have the form that the route wants.
    Schema,
    /// `{"errorCode":100,"message":...}`
    Coded(String),
    /// As [`ApiError::Coded`], for a thing that is not there: documented as 404.
    Missing(String),
    /// `{"error":...,"message":...,"errorCode":...}`
    Named { error: &'static str, message: String, code: Value },
    /// Our own failure.
    Internal,
}

impl ApiError {
    /// A request that cannot be done, in the words of the service.
    pub(crate) fn wrong(message: impl Into<String>) -> Self {
        Self::Named { error: "WrongRequestException", message: message.into(), code: Value::Null }
    }

    /// What a batch says of an item that failed for it.
    pub(crate) fn message(&self) -> String {
        match self {
            Self::Coded(message) | Self::Missing(message) | Self::Named { message, .. } => message.clone(),
            Self::Forbidden => "Forbidden".to_owned(),
            _ => "Internal Server Error".to_owned(),
        }
    }

    /// The answer to a request for `path`.
    pub(crate) fn render(&self, path: &str, documented: bool) -> Response {
        let coded = |status, message: &str| {
            (status, Json(json!({ "errorCode": 100, "message": message }))).into_response()
        };
        match self {
            Self::Unauthorized => framework(StatusCode::UNAUTHORIZED, path),
            Self::Forbidden => framework(StatusCode::FORBIDDEN, path),
            Self::NoRoute => framework(StatusCode::NOT_FOUND, path),
            Self::WrongMethod => framework(StatusCode::METHOD_NOT_ALLOWED, path),
            Self::Schema => framework(StatusCode::BAD_REQUEST, path),
            Self::Internal => framework(StatusCode::INTERNAL_SERVER_ERROR, path),
            Self::Missing(message) if documented => coded(StatusCode::NOT_FOUND, message),
            Self::Missing(message) | Self::Coded(message) => coded(StatusCode::BAD_REQUEST, message),
            Self::Named { error, message, code } => {
                let body = json!({ "error": error, "message": message, "errorCode": code });
                (StatusCode::BAD_REQUEST, Json(body)).into_response()
            }
        }
    }
}

/// Leaves the error for the middleware, which knows the path and the form that is switched on.
impl IntoResponse for ApiError {
    fn into_response(self) -> Response {
        let mut response = StatusCode::INTERNAL_SERVER_ERROR.into_response();
        response.extensions_mut().insert(self);
        response
    }
}

/// The body that the framework underneath answers with.
pub(crate) fn framework(status: StatusCode, path: &str) -> Response {
    let body = json!({
        "timestamp": time::stamp(),
        "path": path,
        "status": status.as_u16(),
        "error": status.canonical_reason().unwrap_or_default(),
        "requestId": format!("{}-1", &chance::uuid()[..8]),
    });
    (status, Json(body)).into_response()
}

/// Reads a JSON body; one of another form is the framework's to refuse.
pub(crate) fn body<T: DeserializeOwned>(bytes: &[u8]) -> Result<T, ApiError> {
    serde_json::from_slice(bytes).map_err(|_| ApiError::Schema)
}
