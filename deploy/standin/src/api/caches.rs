//! `data/projects/{p}/cache`: caches of service tables.

use std::sync::Arc;

use axum::{
    Json,
    extract::{Path, State},
    http::StatusCode,
};
use bytes::Bytes;
use serde::Deserialize;
use serde_json::{Value, json};

use super::{
    caller::Caller,
    error::{self, ApiError},
    listing,
};
use crate::{app::App, studio::cache::Cache, world::catalogs::Class};

#[derive(Debug, Deserialize)]
#[serde(rename_all = "camelCase")]
struct Wanted {
    catalog_id: String,
    schema_name: String,
    table_name: String,
    #[serde(flatten)]
    schedules: Schedules,
}

#[derive(Debug, Deserialize)]
#[serde(rename_all = "camelCase")]
struct Schedules {
    incremental_cache_schedule: Option<Value>,
    full_refresh_cache_schedule: Option<Value>,
}

impl Schedules {
    /// Only what was sent changes; `NONE` disables, and a malformed one is ignored without a word.
    fn apply(self, cache: &mut Cache) {
        let places = [
            (self.incremental_cache_schedule, &mut cache.incremental_schedule),
            (self.full_refresh_cache_schedule, &mut cache.full_schedule),
        ];
        for (sent, place) in places {
            let Some(sent) = sent else { continue };
            let expression = sent.get("expression").and_then(Value::as_str).unwrap_or_default();
            match sent.get("type").and_then(Value::as_str) {
                Some("NONE") => *place = None,
                Some("BASIC") if expression.starts_with('P') && expression.len() > 2 => *place = Some(sent),
                _ => {}
            }
        }
    }
}

fn begin(app: &App, caller: &Caller, project: &str, wanted: Wanted) -> Result<Value, ApiError> {
    let catalog = listing::find(app, caller, project, &wanted.catalog_id)?;
    let missing = || ApiError::Missing(format!("Table '{}' does not exist", wanted.table_name));
    let made = || catalog.made_tables(app, project, &wanted.schema_name).contains(&wanted.table_name);
    let cacheable = match catalog.fixed_table(&wanted.schema_name, &wanted.table_name) {
        Some((_, table)) => table.cacheable,
        None if made() => false,
        None => return Err(missing()),
    };
    if !cacheable {
        let internal =
            catalog.fixed.is_none_or(|fixed| matches!(fixed.class, Class::Internal | Class::Queries));
        return Err(ApiError::Named {
            error: "WrongRequestException",
            message: format!("Table {} is not cacheable", wanted.table_name),
            code: if internal { Value::Null } else { json!("TABLE_NOT_CACHEABLE") },
        });
    }
    let sync_ms = app.switches().sync_ms;
    app.studio.at(project, |desk| {
        if let Some(cache) = desk.cache_of(&wanted.catalog_id, &wanted.schema_name, &wanted.table_name) {
            // As live: whoever asks again gets the one there is, but trips the service while it first fills.
            return if cache.is_filled(sync_ms) { Ok(cache.to_json()) } else { Err(ApiError::Internal) };
        }
        let mut cache = Cache::begin(project, &wanted.catalog_id, &wanted.schema_name, &wanted.table_name);
        wanted.schedules.apply(&mut cache);
        let told = cache.to_json();
        desk.caches.push(cache);
        Ok(told)
    })
}

pub(crate) async fn create(
    State(app): State<Arc<App>>,
    caller: Caller,
    Path(project): Path<String>,
    bytes: Bytes,
) -> Result<Json<Value>, ApiError> {
    caller.project(&project)?;
    begin(&app, &caller, &project, error::body(&bytes)?).map(Json)
}

/// Each item stands for itself: some may succeed and others not.
pub(crate) async fn create_batch(
    State(app): State<Arc<App>>,
    caller: Caller,
    Path(project): Path<String>,
    bytes: Bytes,
) -> Result<Json<Value>, ApiError> {
    caller.project(&project)?;
    let items: Vec<Wanted> = error::body(&bytes)?;
    let told = items.into_iter().map(|wanted| match begin(&app, &caller, &project, wanted) {
        Ok(cache) => json!({ "success": true, "cache": cache }),
        Err(error) => json!({ "success": false, "error": error.message() }),
    });
    Ok(Json(told.collect()))
}

pub(crate) async fn statuses(
    State(app): State<Arc<App>>,
    caller: Caller,
    Path(project): Path<String>,
) -> Result<Json<Value>, ApiError> {
    caller.project(&project)?;
    let sync_ms = app.switches().sync_ms;
    Ok(Json(app.studio.at(&project, |desk| desk.caches.iter().map(|cache| cache.status(sync_ms)).collect())))
}

fn change<R>(
    app: &App,
    caller: &Caller,
    (project, id): &(String, String),
    work: impl FnOnce(&mut Cache) -> R,
) -> Result<R, ApiError> {
    caller.project(project)?;
    app.studio.at(project, |desk| {
        let cache = desk.caches.iter_mut().find(|cache| cache.id == *id);
        cache.map(work).ok_or_else(|| ApiError::Missing("Cache settings not found".to_owned()))
    })
}

pub(crate) async fn update(
    State(app): State<Arc<App>>,
    caller: Caller,
    Path(which): Path<(String, String)>,
    bytes: Bytes,
) -> Result<Json<Value>, ApiError> {
    let schedules: Schedules = error::body(&bytes)?;
    change(&app, &caller, &which, |cache| {
        schedules.apply(cache);
        Json(cache.to_json())
    })
}

pub(crate) async fn refresh_full(
    State(app): State<Arc<App>>,
    caller: Caller,
    Path(which): Path<(String, String)>,
) -> Result<Json<Value>, ApiError> {
    change(&app, &caller, &which, Cache::refresh_full).map(|()| Json(json!({})))
}

pub(crate) async fn refresh_incremental(
    State(app): State<Arc<App>>,
    caller: Caller,
    Path(which): Path<(String, String)>,
) -> Result<Json<Value>, ApiError> {
    change(&app, &caller, &which, Cache::refresh_incremental).map(|()| Json(json!({})))
}

pub(crate) async fn remove(
    State(app): State<Arc<App>>,
    caller: Caller,
    Path(which): Path<(String, String)>,
) -> Result<StatusCode, ApiError> {
    change(&app, &caller, &which, |_| ())?;
    app.studio.at(&which.0, |desk| desk.caches.retain(|cache| cache.id != which.1));
    Ok(StatusCode::OK)
}
