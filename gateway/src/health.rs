//! Liveness and readiness, on the internal listener.

use std::{sync::Arc, time::Duration};

use axum::{Json, extract::State, response::IntoResponse};
use http::StatusCode;
use serde_json::json;
use tokio::time::timeout;

use crate::app::App;

/// The process runs.
pub(crate) async fn live() -> impl IntoResponse {
    Json(json!({ "status": "ok" }))
}

/// It can do its work, and nobody has told it to leave. `/mcp` with valid tokens goes on without the database; nothing new can begin without it.
pub(crate) async fn ready(State(app): State<Arc<App>>) -> impl IntoResponse {
    let database = matches!(timeout(Duration::from_secs(2), app.store.ping()).await, Ok(Ok(())));
    let leaving = app.told_to_leave.is_cancelled();
    let status = if database && !leaving { StatusCode::OK } else { StatusCode::SERVICE_UNAVAILABLE };
    let word = |up| if up { "up" } else { "down" };
    let whole = if leaving { "leaving" } else { word(database) };
    (status, Json(json!({ "status": whole, "database": word(database) })))
}
