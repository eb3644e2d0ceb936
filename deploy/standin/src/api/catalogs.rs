//! `GET data/projects/{p}/catalogs`, their schemas, tables and columns.

use std::sync::Arc;

use axum::{
    Json,
    extract::{Path, State},
};
use serde_json::{Value, json};

use super::{caller::Caller, error::ApiError, names::Names};
use crate::{
    app::App,
    sql::columns::table_columns,
    world::catalogs::{self, Catalog, Class, Schema, Table},
};

pub(crate) async fn list(caller: Caller, Path(project): Path<String>) -> Result<Json<Value>, ApiError> {
    caller.project(&project)?;
    let told = catalogs::all().iter().map(|catalog| {
        let mut told = json!({
            "id": catalog.id(&project),
            "name": catalog.name,
            "displayName": catalog.display_name,
            "connectionId": catalog.connection_id(&project),
        });
        // Semantic catalogs have their type under another key than the rest, as seen live.
        let key = if catalog.class == Class::Semantic { "type" } else { "catalogType" };
        told[key] = json!(catalog.kind);
        told
    });
    Ok(Json(told.collect()))
}

/// The catalog, if the caller reaches the project.
pub(super) fn catalog(caller: &Caller, project: &str, id: &str) -> Result<&'static Catalog, ApiError> {
    caller.project(project)?;
    catalogs::by_id(project, id)
        .ok_or_else(|| ApiError::Missing(format!("There is no catalog with id: {id}")))
}

/// The schemas of a catalog, by name.
fn schema_names(app: &App, project: &str, catalog: &Catalog) -> Vec<String> {
    if catalog.class != Class::Semantic {
        return catalog.schemas.iter().map(|schema| schema.name.to_owned()).collect();
    }
    let mut names: Vec<String> = app
        .studio
        .at(project, |desk| desk.semantic_tables.iter().map(|table| table.schema.clone()).collect());
    names.sort();
    names.dedup();
    names
}

pub(crate) async fn schemas(
    State(app): State<Arc<App>>,
    caller: Caller,
    Path((project, catalog_id)): Path<(String, String)>,
) -> Result<Json<Value>, ApiError> {
    let catalog = catalog(&caller, &project, &catalog_id)?;
    let told = schema_names(&app, &project, catalog)
        .into_iter()
        .map(|schema| json!({ "catalogId": catalog_id, "catalogName": catalog.name, "schemaName": schema }));
    Ok(Json(told.collect()))
}

pub(super) fn no_schema(name: &str) -> ApiError {
    ApiError::Missing(format!("Schema '{name}' does not exist"))
}

pub(crate) async fn tables(
    State(app): State<Arc<App>>,
    caller: Caller,
    Path((project, catalog_id, schema_name)): Path<(String, String, String)>,
) -> Result<Json<Value>, ApiError> {
    let catalog = catalog(&caller, &project, &catalog_id)?;
    if !schema_names(&app, &project, catalog).contains(&schema_name) {
        return Err(no_schema(&schema_name));
    }
    let made = made_tables(&app, &project, catalog, &schema_name);
    let fixed = catalog.schema(&schema_name).map(|schema| schema.tables).unwrap_or_default();
    let told = fixed
        .iter()
        .map(|table| (table.name.to_owned(), table.cacheable, table.dynamic))
        .chain(made.into_iter().map(|name| (name, false, false)))
        .map(|(name, cacheable, dynamic)| {
            json!({
                "catalogId": catalog_id,
                "catalogName": catalog.name,
                "schemaName": schema_name,
                "tableName": name,
                "isCacheable": cacheable,
                "isDynamicTable": dynamic,
                "isCached": false,
                "supportedCacheTypes": if cacheable { vec!["FULL_REFRESH", "INCREMENTAL"] } else { Vec::new() },
            })
        });
    Ok(Json(told.collect()))
}

/// The tables that people made: saved queries and semantic tables.
fn made_tables(app: &App, project: &str, catalog: &Catalog, schema: &str) -> Vec<String> {
    app.studio.at(project, |desk| match (catalog.class, schema) {
        (Class::Queries, "query") => desk.queries.values().map(|query| query.name()).collect(),
        (Class::Queries, "mtquery") => {
            desk.queries.values().filter(|query| query.is_materialized()).map(|query| query.name()).collect()
        }
        (Class::Semantic, schema) => {
            let tables = desk.semantic_tables.iter().filter(|table| table.schema == schema);
            tables.map(|table| table.table.clone()).collect()
        }
        _ => Vec::new(),
    })
}

/// The fixed table of this name.
pub(super) fn fixed_table(
    catalog: &Catalog,
    schema: &str,
    table: &str,
) -> Option<(&'static Schema, &'static Table)> {
    let schema = catalog.schema(schema)?;
    Some((schema, schema.table(table)?))
}

pub(crate) async fn columns(
    State(app): State<Arc<App>>,
    caller: Caller,
    Path((project, catalog_id, schema, table)): Path<(String, String, String, String)>,
) -> Result<Json<Value>, ApiError> {
    let catalog = catalog(&caller, &project, &catalog_id)?;
    if let Some((_, table)) = fixed_table(catalog, &schema, &table) {
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
    let columns = table_columns(catalog.name, &schema, &table, &names, 0)
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
