//! `GET .../tables/{t}/statistics`: databases only.

use std::sync::Arc;

use axum::{
    Json,
    extract::{Path, State},
};
use serde_json::{Value, json};

use super::{caller::Caller, error::ApiError, listing};
use crate::{
    app::App,
    world::catalogs::{Class, Column},
};

pub(crate) async fn show(
    State(app): State<Arc<App>>,
    caller: Caller,
    Path((project, catalog_id, schema, table)): Path<(String, String, String, String)>,
) -> Result<Json<Value>, ApiError> {
    let catalog = listing::find(&app, &caller, &project, &catalog_id)?;
    if catalog.fixed.is_none_or(|fixed| fixed.class != Class::Database) {
        return Err(ApiError::wrong(format!("Catalog type: {} is not being supported yet", catalog.kind)));
    }
    let missing = || ApiError::Missing(format!("Table '{}.{schema}.{table}' does not exist", catalog.name));
    let (_, found) = catalog.fixed_table(&schema, &table).ok_or_else(missing)?;
    let columns: Vec<Value> = found
        .columns
        .iter()
        .enumerate()
        .map(|(index, column)| json!({ "columnName": column.name, "distinctFraction": distinct(index, column) }))
        .collect();
    let told = json!({ "catalogId": catalog_id, "schemaName": schema, "tableName": table, "columnStatistics": columns });
    Ok(Json(told))
}

/// In the manner of Postgres: negative = a share of the rows, positive = a number of values.
fn distinct(index: usize, column: &Column) -> f64 {
    match (column.unique, column.data_type) {
        (true, _) => -1.0,
        (false, "boolean") => 2.0,
        (false, "bigint" | "double") => -0.64,
        _ if index.is_multiple_of(2) => 1.0,
        _ => -0.25,
    }
}
