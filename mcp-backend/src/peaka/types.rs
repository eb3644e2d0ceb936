//! What the Partner API answers, as far as the tools use it. Members that it may omit are optional; members that
//! it may add are passed over.

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};
use serde_json::Value;

use super::json::{any, text, text_or_number};

/// `GET info`: the first two only for a key that is bound to one project.
#[derive(Debug, Deserialize)]
#[serde(rename_all = "camelCase")]
pub(crate) struct Info {
    pub(crate) project_id: Option<String>,
    pub(crate) project_name: Option<String>,
}

/// An organization, a workspace or a project: what the three have in common.
#[derive(Debug, Deserialize)]
pub(crate) struct Named {
    #[serde(deserialize_with = "text_or_number")]
    pub(crate) id: String,
    #[serde(default)]
    pub(crate) name: Option<String>,
}

/// A data source of a project.
#[derive(Debug, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "camelCase")]
pub(crate) struct Catalog {
    /// The catalog's id, for the other tools.
    #[serde(deserialize_with = "text_or_number")]
    pub(crate) id: String,
    /// The catalog's name in SQL.
    pub(crate) name: String,
    /// The name people see.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(crate) display_name: Option<String>,
    /// What kind of source it is, such as `stripe`, `peaka_postgres`, `internal`, `query`.
    #[serde(alias = "type", skip_serializing_if = "Option::is_none")]
    pub(crate) catalog_type: Option<String>,
    /// The connection behind it; absent for built-in catalogs.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(crate) connection_id: Option<String>,
}

/// A schema of a catalog.
#[derive(Debug, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "camelCase")]
pub(crate) struct Schema {
    /// The schema's name.
    pub(crate) schema_name: String,
    /// The catalog's name in SQL.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(crate) catalog_name: Option<String>,
}

/// A table of a schema.
#[derive(Debug, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "camelCase")]
pub(crate) struct Table {
    /// The table's name.
    pub(crate) table_name: String,
    /// The schema it is in.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(crate) schema_name: Option<String>,
    /// The catalog's name in SQL.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(crate) catalog_name: Option<String>,
    /// Whether it can be cached. A table that can and is not may be cut at 100 rows when it is read.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(crate) is_cacheable: Option<bool>,
    /// Whether a cache is set up; its first sync may still be running.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(crate) is_cached: Option<bool>,
    /// Whether it needs its `_q_…` columns in the WHERE clause.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(crate) is_dynamic_table: Option<bool>,
    /// How it can be cached: FULL_REFRESH, INCREMENTAL.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(crate) supported_cache_types: Option<Vec<String>>,
}

/// A column of a table.
#[derive(Debug, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "camelCase")]
pub(crate) struct Column {
    /// The column's name.
    pub(crate) name: String,
    /// Its Trino type, such as `bigint`, `varchar`, `timestamp(6)`.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(crate) data_type: Option<String>,
    /// The name people see, where it differs.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(crate) display_name: Option<String>,
    /// What it holds.
    #[serde(alias = "desc", skip_serializing_if = "Option::is_none")]
    pub(crate) description: Option<String>,
    /// Its default.
    #[serde(default, skip_serializing_if = "Value::is_null")]
    #[schemars(schema_with = "any")]
    pub(crate) default_value: Value,
    /// Whether it is never NULL.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(crate) is_not_null: Option<bool>,
    /// Whether its values are unique.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(crate) is_unique: Option<bool>,
}

/// `POST …/queries/execute?format=COMPACT`.
#[derive(Debug, Deserialize)]
pub(crate) struct QueryAnswer {
    pub(crate) columns: Vec<Origin>,
    pub(crate) data: Vec<Vec<Value>>,
}

/// Where a column of a result comes from.
#[derive(Debug, Deserialize)]
#[serde(rename_all = "camelCase")]
pub(crate) struct Origin {
    pub(crate) catalog_name: Option<String>,
    pub(crate) schema_name: Option<String>,
    pub(crate) table_name: Option<String>,
    pub(crate) column_name: String,
}

/// What Peaka says of a thing it has begun or done, where it promises no form: an object, or nothing at all.
#[derive(Debug, Default, Deserialize)]
pub(crate) struct Remark {
    #[serde(default, deserialize_with = "text")]
    pub(crate) status: Option<String>,
    #[serde(default, deserialize_with = "text")]
    pub(crate) message: Option<String>,
}

impl Remark {
    /// Whatever the body is.
    pub(crate) fn of(body: &[u8]) -> Self {
        serde_json::from_slice(body).unwrap_or_default()
    }
}

/// A name of a table as SQL wants it, each part in double quotes.
pub(crate) fn sql_name(parts: [&str; 3]) -> String {
    parts.map(|part| format!("\"{}\"", part.replace('"', "\"\""))).join(".")
}
