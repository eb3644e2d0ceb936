//! `data/projects/{p}/queries`: saved queries, listed, made, read, changed and removed.

use std::sync::Arc;

use axum::{
    Json,
    extract::{Path, State},
    http::StatusCode,
};
use bytes::Bytes;
use serde::Deserialize;
use serde_json::Value;

use super::{
    caller::Caller,
    error::{self, ApiError},
};
use crate::{
    app::App,
    chance,
    studio::{Desk, query::SavedQuery, run::Run},
    world::ids,
};

#[derive(Debug, Deserialize)]
#[serde(rename_all = "camelCase")]
struct Input {
    display_name: Option<String>,
    input_query: Option<String>,
    query_type: Option<String>,
    schedule: Option<Value>,
}

impl Input {
    fn read(bytes: &[u8]) -> Result<Self, ApiError> {
        let input: Self = error::body(bytes)?;
        match input.query_type.as_deref() {
            None | Some("PLAIN" | "MATERIALIZED") => Ok(input),
            Some(_) => Err(ApiError::Schema),
        }
    }
}

pub(super) fn missing(id: &str) -> ApiError {
    ApiError::Missing(format!("There is no query with id: {id}"))
}

pub(crate) async fn list(
    State(app): State<Arc<App>>,
    caller: Caller,
    Path(project): Path<String>,
) -> Result<Json<Value>, ApiError> {
    caller.project(&project)?;
    Ok(Json(app.studio.at(&project, |desk| desk.queries.values().map(SavedQuery::to_json).collect())))
}

pub(crate) async fn create(
    State(app): State<Arc<App>>,
    caller: Caller,
    Path(project): Path<String>,
    bytes: Bytes,
) -> Result<Json<Value>, ApiError> {
    caller.project(&project)?;
    let input = Input::read(&bytes)?;
    let display_name = input.display_name.filter(|name| !name.trim().is_empty()).ok_or(ApiError::Schema)?;
    let query_type = input.query_type.unwrap_or_else(|| "PLAIN".to_owned());
    let query = SavedQuery {
        id: ids::decimal(&chance::token()),
        display_name,
        input_query: input.input_query.unwrap_or_default(),
        // A materialized query runs as soon as it is made.
        last_run: (query_type == "MATERIALIZED").then(Run::begin),
        query_type,
        schedule: input.schedule,
    };
    app.studio.at(&project, |desk| {
        name_is_free(desk, &query)?;
        let told = query.to_json();
        desk.queries.insert(query.id.clone(), query);
        Ok(Json(told))
    })
}

fn name_is_free(desk: &Desk, query: &SavedQuery) -> Result<(), ApiError> {
    match desk.query_named(&query.name()).filter(|known| known.id != query.id) {
        Some(_) => {
            Err(ApiError::Coded(format!("There is already a query with name: {}", query.display_name)))
        }
        None => Ok(()),
    }
}

pub(crate) async fn show(
    State(app): State<Arc<App>>,
    caller: Caller,
    Path((project, id)): Path<(String, String)>,
) -> Result<Json<Value>, ApiError> {
    caller.project(&project)?;
    let found = app.studio.at(&project, |desk| desk.queries.get(&id).map(SavedQuery::to_json));
    found.map(Json).ok_or_else(|| missing(&id))
}

/// Despite the method a merge: what is not sent stays.
pub(crate) async fn update(
    State(app): State<Arc<App>>,
    caller: Caller,
    Path((project, id)): Path<(String, String)>,
    bytes: Bytes,
) -> Result<Json<Value>, ApiError> {
    caller.project(&project)?;
    let input = Input::read(&bytes)?;
    app.studio.at(&project, |desk| {
        let mut query = desk.queries.get(&id).ok_or_else(|| missing(&id))?.clone();
        query.display_name = input.display_name.unwrap_or(query.display_name);
        query.input_query = input.input_query.unwrap_or(query.input_query);
        query.query_type = input.query_type.unwrap_or(query.query_type);
        query.schedule = input.schedule.or(query.schedule);
        name_is_free(desk, &query)?;
        let told = query.to_json();
        desk.queries.insert(id.clone(), query);
        Ok(Json(told))
    })
}

pub(crate) async fn remove(
    State(app): State<Arc<App>>,
    caller: Caller,
    Path((project, id)): Path<(String, String)>,
) -> Result<StatusCode, ApiError> {
    caller.project(&project)?;
    let removed = app.studio.at(&project, |desk| desk.queries.remove(&id));
    removed.map(|_| StatusCode::OK).ok_or_else(|| missing(&id))
}
