//! `metadata/{p}`: what is known of the tables, and its refresh.

use std::sync::Arc;

use axum::{
    Json,
    extract::{Path, Query, State},
};
use bytes::Bytes;
use serde::Deserialize;
use serde_json::{Value, json};

use super::{
    caller::Caller,
    error::{self, ApiError},
    listing::{self, Listed},
    relations,
};
use crate::{
    app::App,
    studio::run::{Phase, Run},
    world::{
        catalogs::{Column, Table},
        ids,
    },
};

#[derive(Debug, Deserialize)]
#[serde(rename_all = "camelCase")]
pub(crate) struct Filter {
    catalog_id: Option<String>,
    schema_name: Option<String>,
}

#[derive(Debug, Deserialize)]
#[serde(rename_all = "camelCase")]
struct Refresh {
    catalog_id: String,
}

pub(crate) async fn show(
    State(app): State<Arc<App>>,
    caller: Caller,
    Path(project): Path<String>,
    Query(Filter { catalog_id, schema_name }): Query<Filter>,
) -> Result<Json<Value>, ApiError> {
    caller.project(&project)?;
    let mut told = Vec::new();
    for catalog in listing::all(&app, &project) {
        if catalog_id.as_ref().is_some_and(|id| *id != catalog.id) {
            continue;
        }
        for schema in catalog.fixed.map(|fixed| fixed.schemas).unwrap_or_default() {
            if schema_name.as_ref().is_some_and(|name| name != schema.name) {
                continue;
            }
            told.extend(schema.tables.iter().map(|table| entry(&catalog, &project, schema.name, table)));
        }
    }
    Ok(Json(json!({ "metadata": told })))
}

fn entry(catalog: &Listed, project: &str, schema: &str, table: &Table) -> Value {
    let relations: Vec<Value> = relations::of(catalog, project)
        .into_iter()
        .filter(|relation| {
            relation["sourceSchemaName"] == schema && relation["sourceTableName"] == table.name
        })
        .collect();
    let columns: Vec<Value> =
        table.columns.iter().enumerate().map(|(order, column)| column_entry(order, column)).collect();
    let names: Vec<&str> = table.columns.iter().map(|column| column.name).collect();
    json!({
        "id": ids::uuid(&format!("{project}/metadata/{}.{schema}.{}", catalog.id, table.name)),
        "content": format!("Table {}: {}. Columns: {}", table.name, table.description, names.join(", ")),
        "metadata": {
            "projectId": project,
            "catalogId": catalog.id,
            "catalogType": catalog.kind,
            "catalogSubType": catalog.kind,
            "catalogQueryName": catalog.name,
            "catalogDisplayName": catalog.display_name,
            "schemaName": schema,
            "tableName": table.name,
            "tableDescription": table.description,
            "isCacheable": table.cacheable,
            "isDynamicTable": table.dynamic,
            "useWithAI": true,
            "columns": columns,
            "relations": relations,
        },
    })
}

fn column_entry(order: usize, column: &Column) -> Value {
    let values: &[&str] = match column.name {
        "status" => &["paid", "shipped", "returned", "cancelled"],
        "currency" => &["eur", "usd"],
        "country" => &["DE", "TR", "NL", "FR", "ES", "IT", "SE", "GB"],
        _ => &[],
    };
    json!({
        "columnName": column.name,
        "columnDescription": column.description,
        "dataType": column.data_type,
        "order": order,
        "isNotNull": column.not_null,
        "isSystem": column.is_virtual(),
        "isUnique": column.unique,
        "isPrimary": column.unique && order == 0,
        "isCategorical": !values.is_empty(),
        "categoricalValues": values,
        "sampleValues": values.iter().take(3).collect::<Vec<_>>(),
        "lineage": [],
    })
}

pub(crate) async fn refresh(
    State(app): State<Arc<App>>,
    caller: Caller,
    Path(project): Path<String>,
    bytes: Bytes,
) -> Result<Json<Value>, ApiError> {
    let Refresh { catalog_id } = error::body(&bytes)?;
    listing::find(&app, &caller, &project, &catalog_id)?;
    app.studio.at(&project, |desk| desk.metadata_refreshes.insert(catalog_id, Run::begin()));
    Ok(Json(json!({})))
}

/// As live, a refresh settles at `not-active`; the documentation says COMPLETED.
pub(crate) async fn refresh_status(
    State(app): State<Arc<App>>,
    caller: Caller,
    Path((project, catalog_id)): Path<(String, String)>,
) -> Result<Json<Value>, ApiError> {
    listing::find(&app, &caller, &project, &catalog_id)?;
    let switches = app.switches();
    let run = app.studio.at(&project, |desk| desk.metadata_refreshes.get(&catalog_id).copied());
    let phase = run.map(|run| run.phase(switches.sync_ms));
    let status = match (phase, switches.documented_forms) {
        (Some(Phase::Queued | Phase::Running), false) => "active",
        (Some(Phase::Done) | None, false) => "not-active",
        (Some(Phase::Queued | Phase::Running), true) => "ACTIVE",
        (Some(Phase::Done), true) => "COMPLETED",
        (None, true) => "NOT_ACTIVE",
    };
    Ok(Json(json!({ "status": status })))
}
