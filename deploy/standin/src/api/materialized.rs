//! `data/projects/{p}/materialized-queries`: statuses and refreshes.

use std::sync::Arc;

use axum::{
    Json,
    extract::{Path, State},
    http::StatusCode,
};
use serde_json::Value;

use super::{caller::Caller, error::ApiError, queries::missing};
use crate::{app::App, studio::run::Run};

pub(crate) async fn statuses(
    State(app): State<Arc<App>>,
    caller: Caller,
    Path(project): Path<String>,
) -> Result<Json<Value>, ApiError> {
    caller.project(&project)?;
    let sync_ms = app.switches().sync_ms;
    Ok(Json(app.studio.at(&project, |desk| {
        let materialized = desk.queries.values().filter(|query| query.is_materialized());
        materialized.map(|query| query.status(sync_ms)).collect()
    })))
}

pub(crate) async fn status(
    State(app): State<Arc<App>>,
    caller: Caller,
    Path((project, id)): Path<(String, String)>,
) -> Result<Json<Value>, ApiError> {
    caller.project(&project)?;
    let sync_ms = app.switches().sync_ms;
    app.studio.at(&project, |desk| {
        let query = desk.queries.get(&id).filter(|query| query.is_materialized());
        query.map(|query| Json(query.status(sync_ms))).ok_or_else(|| missing(&id))
    })
}

pub(crate) async fn refresh(
    State(app): State<Arc<App>>,
    caller: Caller,
    Path((project, id)): Path<(String, String)>,
) -> Result<StatusCode, ApiError> {
    caller.project(&project)?;
    app.studio.at(&project, |desk| {
        let query = desk.queries.get_mut(&id).filter(|query| query.is_materialized());
        query.ok_or_else(|| missing(&id))?.last_run = Some(Run::begin());
        Ok(StatusCode::OK)
    })
}
