//! Requests by route and outcome.

use std::time::Instant;

use axum::{
    extract::{MatchedPath, Request},
    middleware::Next,
    response::Response,
};
use http::StatusCode;

use super::{REQUEST_SECONDS, REQUESTS, Route};

/// Counts a request.
pub(crate) fn request_done(route: Route, status: StatusCode, began: Instant) {
    REQUESTS.count((route, status.into()));
    REQUEST_SECONDS.observe(route, began.elapsed());
}

/// Counts every request that passes. `/mcp` counts its own, without a layer more on its way.
pub(crate) async fn count_requests(request: Request, next: Next) -> Response {
    let route =
        request.extensions().get::<MatchedPath>().map_or(Route::Other, |path| Route::of(path.as_str()));
    let began = Instant::now();
    let response = next.run(request).await;
    request_done(route, response.status(), began);
    response
}
