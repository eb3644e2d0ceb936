//! `GET data/projects/{p}/catalogs`, their schemas, tables and columns.

use std::sync::Arc;

use axum::{
    Json,
    extract::{Path, State},
};
use serde_json::{Value, json};

use super::{caller::Caller, error::ApiError, listing, names::Names};
use crate::{app::App, sql::columns::table_columns};

pub(crate) async fn list(
    State(app): State<Arc<App>>,
    caller: Caller,
    Path(project): Path<String>,
) -> Result<Json<Value>, ApiError> {
    caller.project(&project)?;
    let told = listing::all(&app, &project).into_iter().map(|catalog| {
        let mut told = json!({
            "id": catalog.id,
            "name": catalog.name,
            "displayName": catalog.display_name,
            "connectionId": catalog.connection_id,
        });
        // Semantic catalogs have their type under another key than the rest, as seen live.
        let key = if catalog.fixed.is_none() { "type" } else { "catalogType" };
        told[key] = json!(catalog.kind);
        told
    });
    Ok(Json(told.collect()))
}

pub(crate) async fn schemas(
    State(app): State<Arc<App>>,
    caller: Caller,
    Path((project, catalog_id)): Path<(String, String)>,
) -> Result<Json<Value>, ApiError> {
    let catalog = listing::find(&app, &caller, &project, &catalog_id)?;
    let told = catalog
        .schemas(&app, &project)
        .into_iter()
        .map(|schema| json!({ "catalogId": catalog_id, "catalogName": catalog.name, "schemaName": schema }));
    Ok(Json(told.collect()))
}

pub(crate) async fn tables(
    State(app): State<Arc<App>>,
    caller: Caller,
    Path((project, catalog_id, schema_name)): Path<(String, String, String)>,
) -> Result<Json<Value>, ApiError> {
    let catalog = listing::find(&app, &caller, &project, &catalog_id)?;
    if !catalog.schemas(&app, &project).contains(&schema_name) {
        return Err(ApiError::Missing(format!("Schema '{schema_name}' does not exist")));
    }
    let fixed = catalog.fixed.and_then(|fixed| fixed.schema(&schema_name)).map(|schema| schema.tables);
    let told = fixed
        .unwrap_or_default()
        .iter()
        .map(|table| (table.name.to_owned(), table.cacheable, table.dynamic))
        .chain(catalog.made_tables(&app, &project, &schema_name).into_iter().map(|name| (name, false, false)))
        .map(|(name, cacheable, dynamic)| {
            let cached = app.studio.at(&project, |desk| desk.cache_of(&catalog_id, &schema_name, &name).is_some());
            json!({
                "catalogId": catalog_id,
                "catalogName": catalog.name,
                "schemaName": schema_name,
                "tableName": name,
                "isCacheable": cacheable,
                "isDynamicTable": dynamic,
                "isCached": cached,
                "supportedCacheTypes": if cacheable { vec!["FULL_REFRESH", "INCREMENTAL"] } else { Vec::new() },
            })
        });
    Ok(Json(told.collect()))
}

pub(crate) async fn columns(
    State(app): State<Arc<App>>,
    caller: Caller,
    Path((project, catalog_id, schema, table)): Path<(String, String, String, String)>,
) -> Result<Json<Value>, ApiError> {
    let catalog = listing::find(&app, &caller, &project, &catalog_id)?;
    if let Some((_, table)) = catalog.fixed_table(&schema, &table) {
        let told = table.columns.iter().map(|column| {
            json!({
                "name": column.name,
                "dataType": column.data_type,
                "displayName": column.name,
                "defaultValue": null,
                "isNotNull": column.not_null,
                "isUnique": column.unique,
                "desc": column.description,
            })
        });
        return Ok(Json(told.collect()));
    }
    let (organization, of) = caller.project(&project)?;
    let names = Names { app: &app, person: caller.person, organization, project: of };
    let columns = table_columns(&catalog.name, &schema, &table, &names, 0)
        .map_err(|error| ApiError::Missing(error.to_string()))?;
    let told = columns.into_iter().map(|column| {
        json!({
            "name": column.name,
            "dataType": column.data_type.as_deref().unwrap_or("varchar"),
            "displayName": column.name,
            "defaultValue": null,
            "isNotNull": false,
            "isUnique": false,
        })
    });
    Ok(Json(told.collect()))
}
