//! `POST sql/transpile/{dialect}`: from Trino to the named dialect.

use std::sync::Arc;

use axum::{
    Json,
    extract::{Path, State},
};
use bytes::Bytes;
use serde::Deserialize;
use serde_json::{Value, json};

use super::{
    caller::Caller,
    error::{self, ApiError},
};
use crate::{app::App, sql};

#[derive(Debug, Deserialize)]
struct Input {
    query: String,
}

pub(crate) async fn convert(
    State(app): State<Arc<App>>,
    _caller: Caller,
    Path(dialect): Path<String>,
    bytes: Bytes,
) -> Result<Json<Value>, ApiError> {
    let Input { query } = error::body(&bytes)?;
    let parsed = sql::parse::parse(&query, &[]).map_err(|error| ApiError::wrong(error.to_string()))?;
    let converted = match dialect.to_lowercase().as_str() {
        "trino" | "presto" | "athena" => query.trim().trim_end_matches(';').to_owned(),
        "postgres" | "postgresql" | "redshift" | "snowflake" | "duckdb" | "sqlite" => parsed.to_string(),
        "mysql" | "bigquery" | "databricks" | "spark" | "hive" | "clickhouse" => {
            parsed.to_string().replace('"', "`")
        }
        _ => return Err(ApiError::wrong(format!("Unknown dialect '{dialect}'"))),
    };
    let key = if app.switches().documented_forms { "result" } else { "query" };
    Ok(Json(json!({ key: converted })))
}
