//! `POST data/projects/{p}/queries/execute?format=`.

use std::{sync::Arc, time::Duration};

use axum::{
    Json,
    extract::{Path, Query, State},
};
use bytes::Bytes;
use serde::Deserialize;
use serde_json::{Map, Value, json};

use super::{
    caller::Caller,
    error::{self, ApiError},
    names::Names,
};
use crate::{
    app::App,
    sql::{self, ResultSet, error::SqlError, scope::OutColumn},
};

/// The longest that a statement may run, in seconds; a caller may ask for less.
const LONGEST_SECONDS: u64 = 20;

#[derive(Debug, Deserialize)]
pub(crate) struct Parameters {
    format: Option<String>,
}

#[derive(Debug, Deserialize)]
#[serde(rename_all = "camelCase")]
struct Input {
    statement: Option<String>,
    bindings: Option<Vec<String>>,
    id: Option<String>,
    qualified_name: Option<String>,
    timeout: Option<u64>,
    #[serde(flatten)]
    builder: super::builder::Builder,
}

pub(crate) async fn run(
    State(app): State<Arc<App>>,
    caller: Caller,
    Path(project_id): Path<String>,
    Query(Parameters { format }): Query<Parameters>,
    bytes: Bytes,
) -> Result<Json<Value>, ApiError> {
    let (organization, project) = caller.project(&project_id)?;
    let input: Input = error::body(&bytes)?;
    let statement = statement(&app, project.id, &input)?;
    let names = Names { app: &app, person: caller.person, organization, project };
    let limit = Duration::from_secs(input.timeout.unwrap_or(LONGEST_SECONDS).clamp(1, LONGEST_SECONDS));
    let bindings = input.bindings.unwrap_or_default();
    let result = sql::run(&app.engine, &names, &statement, &bindings, limit).await.map_err(complaint)?;
    let data = match format.as_deref().unwrap_or("CELL_TYPED") {
        "CELL_TYPED" => cell_typed(&result),
        "SIMPLE" => simple(&result),
        "COMPACT" => json!(result.rows),
        _ => return Err(ApiError::Schema),
    };
    Ok(Json(json!({ "columns": result.columns.iter().map(origin).collect::<Vec<_>>(), "data": data })))
}

/// The statement to run: given, or of the saved query that is given by id or name, or built.
fn statement(app: &App, project: &str, input: &Input) -> Result<String, ApiError> {
    if let Some(statement) = &input.statement {
        return Ok(statement.clone());
    }
    if let Some(id) = &input.id {
        let found =
            app.studio.at(project, |desk| desk.queries.get(id).map(|query| query.input_query.clone()));
        return found.ok_or_else(|| ApiError::Missing(format!("There is no query with id: {id}")));
    }
    if let Some(name) = &input.qualified_name {
        let parts: Vec<String> =
            name.split('.').map(|part| format!("\"{}\"", part.replace('"', ""))).collect();
        return Ok(format!("SELECT * FROM {}", parts.join(".")));
    }
    input.builder.statement().ok_or(ApiError::Schema)
}

fn complaint(error: SqlError) -> ApiError {
    match error {
        SqlError::Kind(_) => ApiError::wrong(error.to_string()),
        SqlError::Engine(cause) => {
            tracing::error!(error = %cause, "the sample data could not be read");
            ApiError::Internal
        }
        SqlError::Statement(_) | SqlError::Column(_) | SqlError::TimedOut(_) | SqlError::TooLarge(_) => {
            ApiError::Coded(error.to_string())
        }
    }
}

fn origin(column: &OutColumn) -> Value {
    match &column.origin {
        Some(origin) => json!({
            "catalogId": origin.catalog_id,
            "catalogName": origin.catalog,
            "schemaName": origin.schema,
            "tableName": origin.table,
            "columnName": origin.column,
        }),
        // A computed column comes from no table.
        None => json!({ "catalogName": "", "schemaName": "", "tableName": "", "columnName": column.name }),
    }
}

fn cell_typed(result: &ResultSet) -> Value {
    let rows = result.rows.iter().map(|row| {
        let cells = row.iter().zip(&result.columns).enumerate().map(|(order, (value, column))| {
            json!({
                "name": column.name,
                "displayName": column.name,
                "dataType": column.data_type,
                "order": order,
                "value": value,
            })
        });
        cells.collect::<Value>()
    });
    rows.collect()
}

fn simple(result: &ResultSet) -> Value {
    let rows = result.rows.iter().map(|row| {
        let names = result.columns.iter().map(|column| column.name.clone());
        Value::Object(names.zip(row.iter().map(|value| json!(value))).collect::<Map<_, _>>())
    });
    rows.collect()
}
