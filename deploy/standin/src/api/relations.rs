//! `GET metadata/{p}/relations/{c}`: which columns belong together.

use std::sync::Arc;

use axum::{
    Json,
    extract::{Path, State},
};
use serde_json::{Map, Value, json};

use super::{
    caller::Caller,
    error::ApiError,
    listing::{self, Listed},
};
use crate::{
    app::App,
    world::{catalogs::Class, ids},
};

/// Schema, table and column that refer to schema, table and column.
const REFERENCES: [([&str; 3], [&str; 3]); 4] = [
    (["public", "orders", "customer_id"], ["public", "customers", "id"]),
    (["public", "order_items", "order_id"], ["public", "orders", "id"]),
    (["public", "order_items", "product_id"], ["public", "products", "id"]),
    (["inventory", "stock_levels", "product_id"], ["public", "products", "id"]),
];

/// The relations of a catalog, by id.
pub(super) fn of(catalog: &Listed, project: &str) -> Vec<Value> {
    if catalog.fixed.is_none_or(|fixed| fixed.class != Class::Database) {
        return Vec::new();
    }
    let told = REFERENCES.iter().map(|([schema, table, column], [to_schema, to_table, to_column])| {
        json!({
            "id": ids::uuid(&format!("{project}/relation/{table}.{column}")),
            "projectId": project,
            "sourceCatalogId": catalog.id,
            "sourceCatalogName": catalog.name,
            "sourceSchemaName": schema,
            "sourceTableName": table,
            "sourceColumnName": column,
            "targetCatalogId": catalog.id,
            "targetCatalogName": catalog.name,
            "targetSchemaName": to_schema,
            "targetTableName": to_table,
            "targetColumnName": to_column,
            "type": "MANY_TO_ONE",
        })
    });
    told.collect()
}

pub(crate) async fn list(
    State(app): State<Arc<App>>,
    caller: Caller,
    Path((project, catalog_id)): Path<(String, String)>,
) -> Result<Json<Value>, ApiError> {
    let relations = of(&listing::find(&app, &caller, &project, &catalog_id)?, &project);
    if app.switches().documented_forms {
        let keyed = relations.into_iter().map(|r| (r["id"].as_str().unwrap_or_default().to_owned(), r));
        return Ok(Json(Value::Object(keyed.collect::<Map<_, _>>())));
    }
    Ok(Json(json!({ "relations": relations })))
}
