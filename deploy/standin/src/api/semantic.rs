//! `data/projects/{p}/semantic-catalogs`: catalogs whose tables are saved queries.

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
    listing, queries,
};
use crate::{
    app::App,
    chance,
    studio::semantic::{SemanticCatalog, SemanticTable},
    world::ids,
};

#[derive(Debug, Deserialize)]
struct NewCatalog {
    name: String,
}

#[derive(Debug, Deserialize)]
#[serde(rename_all = "camelCase")]
struct NewTable {
    schema_name: String,
    table_name: String,
    query_id: String,
}

pub(crate) async fn create(
    State(app): State<Arc<App>>,
    caller: Caller,
    Path(project): Path<String>,
    bytes: Bytes,
) -> Result<Json<Value>, ApiError> {
    caller.project(&project)?;
    let NewCatalog { name } = error::body(&bytes)?;
    let catalog = SemanticCatalog { id: ids::decimal(&chance::token()), display_name: name };
    if listing::all(&app, &project).iter().any(|known| known.name == catalog.name()) {
        return Err(ApiError::Coded(format!(
            "There is already a catalog with name: {}",
            catalog.display_name
        )));
    }
    let told = json!({
        "id": catalog.id,
        "name": catalog.name(),
        "displayName": catalog.display_name,
        "type": "SEMANTIC",
    });
    app.studio.at(&project, |desk| desk.semantic_catalogs.push(catalog));
    Ok(Json(told))
}

fn missing(id: &str) -> ApiError {
    ApiError::Missing(format!("There is no semantic catalog with id: {id}"))
}

pub(crate) async fn create_table(
    State(app): State<Arc<App>>,
    caller: Caller,
    Path((project, catalog_id)): Path<(String, String)>,
    bytes: Bytes,
) -> Result<Json<Value>, ApiError> {
    caller.project(&project)?;
    let NewTable { schema_name, table_name, query_id } = error::body(&bytes)?;
    app.studio.at(&project, |desk| {
        let catalog = desk.semantic_catalogs.iter().find(|catalog| catalog.id == catalog_id);
        let name = catalog.ok_or_else(|| missing(&catalog_id))?.name();
        if !desk.queries.contains_key(&query_id) {
            return Err(queries::missing(&query_id));
        }
        let mut known = desk.semantic_tables.iter();
        if known.any(|t| t.catalog_id == catalog_id && t.schema == schema_name && t.table == table_name) {
            return Err(ApiError::Coded(format!("There is already a table with name: {table_name}")));
        }
        let id = ids::decimal(&chance::token());
        let told = json!({
            "tableId": id,
            "catalogId": catalog_id,
            "catalogName": name,
            "schemaName": schema_name,
            "tableName": table_name,
        });
        let table = SemanticTable { id, catalog_id, schema: schema_name, table: table_name, query_id };
        desk.semantic_tables.push(table);
        Ok(Json(told))
    })
}

pub(crate) async fn remove_table(
    State(app): State<Arc<App>>,
    caller: Caller,
    Path((project, catalog_id, table_id)): Path<(String, String, String)>,
) -> Result<StatusCode, ApiError> {
    caller.project(&project)?;
    app.studio.at(&project, |desk| {
        let before = desk.semantic_tables.len();
        desk.semantic_tables.retain(|table| table.catalog_id != catalog_id || table.id != table_id);
        let removed = desk.semantic_tables.len() < before;
        let missing = || ApiError::Missing(format!("There is no semantic table with id: {table_id}"));
        if removed { Ok(StatusCode::OK) } else { Err(missing()) }
    })
}
