//! The descriptions of both listeners (OpenAPI 3.1), written by hand in `gateway/openapi`. A test holds them against
//! `router.rs`.

use axum::response::IntoResponse;
use http::header;

/// Of the public listener.
pub(crate) async fn public() -> impl IntoResponse {
    ([(header::CONTENT_TYPE, "application/json")], include_str!("../openapi/public.json"))
}

/// Of the internal one.
pub(crate) async fn internal() -> impl IntoResponse {
    ([(header::CONTENT_TYPE, "application/json")], include_str!("../openapi/internal.json"))
}
