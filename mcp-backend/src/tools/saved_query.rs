//! A saved query, as Peaka tells it and as tools pass it on.

use rmcp::schemars::{self, JsonSchema};
use serde::{Deserialize, Serialize};
use serde_json::Value;

use super::status;
use crate::peaka::{
    json::{any, id_if_any, text_or_number, without_nulls},
    types::sql_name,
};

/// Whether a query's rows are stored.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "UPPERCASE")]
#[schemars(inline)]
pub(crate) enum Kind {
    // Without doc comments: they would turn the schema's plain list of values into a choice of schemas.
    #[default]
    Plain,
    Materialized,
}

/// A saved query.
#[derive(Debug, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "camelCase")]
pub(crate) struct SavedQuery {
    /// The query's id, for the other tools (`queryId`).
    #[serde(deserialize_with = "text_or_number")]
    id: String,
    /// The name people see.
    #[serde(skip_serializing_if = "Option::is_none")]
    display_name: Option<String>,
    /// The last part of its name in SQL.
    #[serde(skip_serializing_if = "Option::is_none")]
    name: Option<String>,
    /// How SQL reads it.
    #[serde(skip_deserializing, skip_serializing_if = "Option::is_none")]
    sql_name: Option<String>,
    /// PLAIN or MATERIALIZED.
    #[serde(default, deserialize_with = "status::normalised", skip_serializing_if = "Option::is_none")]
    query_type: Option<String>,
    /// Its SQL.
    #[serde(skip_serializing_if = "Option::is_none")]
    input_query: Option<String>,
    /// When it is run again.
    #[serde(default, skip_serializing_if = "Value::is_null")]
    #[schemars(schema_with = "any")]
    schedule: Value,
    /// Where it lies among the folders.
    #[serde(skip_serializing_if = "Option::is_none")]
    path: Option<String>,
    /// The folder it lies in.
    #[serde(default, deserialize_with = "id_if_any", skip_serializing_if = "Option::is_none")]
    folder_id: Option<String>,
}

impl SavedQuery {
    /// With its name in SQL, which Peaka leaves to be put together.
    pub(super) fn named(mut self) -> Self {
        let schema = match self.query_type.as_deref() {
            Some("MATERIALIZED") => "mtquery",
            _ => "query",
        };
        self.sql_name = self.name.as_deref().map(|name| sql_name(["peaka", schema, name]));
        self.schedule = without_nulls(self.schedule);
        self
    }
}
