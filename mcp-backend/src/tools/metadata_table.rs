//! A table's metadata, as Peaka tells it and as a model should get it: without the search index's copy, without
//! what says nothing, and without real data that nobody asked for.

use rmcp::schemars::{self, JsonSchema};
use serde::{Deserialize, Serialize};
use serde_json::Value;

use super::relations::{Flat, Relation};
use crate::peaka::{
    json::{any, id_if_any, list, without_nulls},
    types::sql_name,
};

/// What Peaka tells of a table.
#[derive(Debug, Deserialize)]
#[serde(rename_all = "camelCase")]
pub(super) struct Described {
    #[serde(default, deserialize_with = "id_if_any")]
    catalog_id: Option<String>,
    catalog_type: Option<String>,
    catalog_query_name: Option<String>,
    schema_name: Option<String>,
    table_name: String,
    table_description: Option<String>,
    is_cacheable: Option<bool>,
    is_dynamic_table: Option<bool>,
    #[serde(default, rename = "useWithAI")]
    use_with_ai: Option<bool>,
    #[serde(default, deserialize_with = "list")]
    columns: Vec<DescribedColumn>,
    #[serde(default, deserialize_with = "list")]
    relations: Vec<Flat>,
}

#[derive(Debug, Deserialize)]
#[serde(rename_all = "camelCase")]
struct DescribedColumn {
    column_name: String,
    column_description: Option<String>,
    data_type: Option<String>,
    is_not_null: Option<bool>,
    is_unique: Option<bool>,
    is_primary: Option<bool>,
    is_system: Option<bool>,
    is_categorical: Option<bool>,
    #[serde(default, deserialize_with = "list")]
    categorical_values: Vec<Value>,
    #[serde(default, deserialize_with = "list")]
    sample_values: Vec<Value>,
    #[serde(default, deserialize_with = "list")]
    lineage: Vec<Value>,
}

/// A table.
#[derive(Debug, Serialize, JsonSchema)]
#[serde(rename_all = "camelCase")]
pub(crate) struct TableMetadata {
    /// How SQL reads it.
    #[serde(skip_serializing_if = "Option::is_none")]
    sql_name: Option<String>,
    /// The catalog's id.
    #[serde(skip_serializing_if = "Option::is_none")]
    catalog_id: Option<String>,
    /// What kind of source the catalog is.
    #[serde(skip_serializing_if = "Option::is_none")]
    catalog_type: Option<String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    schema_name: Option<String>,
    table_name: String,
    /// What it holds.
    #[serde(skip_serializing_if = "Option::is_none")]
    description: Option<String>,
    /// Whether it can be cached; if it is not, reading it may stop at 100 rows.
    #[serde(skip_serializing_if = "Option::is_none")]
    is_cacheable: Option<bool>,
    /// Whether it needs its `_q_…` columns in the WHERE clause.
    #[serde(skip_serializing_if = "Option::is_none")]
    is_dynamic_table: Option<bool>,
    /// False: its owners do not want it used by assistants.
    #[serde(rename = "useWithAI", skip_serializing_if = "Option::is_none")]
    use_with_ai: Option<bool>,
    /// Its columns, those of the system left out.
    columns: Vec<ColumnMetadata>,
    /// Columns that refer to others.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    relations: Vec<Relation>,
}

/// A column. What is not said of it is not so.
#[derive(Debug, Serialize, JsonSchema)]
#[serde(rename_all = "camelCase")]
pub(crate) struct ColumnMetadata {
    /// Its name.
    name: String,
    /// Its Trino type.
    #[serde(skip_serializing_if = "Option::is_none")]
    data_type: Option<String>,
    /// What it holds.
    #[serde(skip_serializing_if = "Option::is_none")]
    description: Option<String>,
    /// It is never NULL.
    #[serde(skip_serializing_if = "is_not")]
    is_not_null: bool,
    /// Its values are unique.
    #[serde(skip_serializing_if = "is_not")]
    is_unique: bool,
    /// It is the primary key, or a part of it.
    #[serde(skip_serializing_if = "is_not")]
    is_primary: bool,
    /// It has few different values; `categoricalValues` names them.
    #[serde(skip_serializing_if = "is_not")]
    is_categorical: bool,
    #[serde(skip_serializing_if = "Vec::is_empty")]
    #[schemars(schema_with = "values")]
    categorical_values: Vec<Value>,
    /// Values that Peaka has sampled; with includeSamples only.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    #[schemars(schema_with = "values")]
    sample_values: Vec<Value>,
    /// Where the values come from: tables, column and expression.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    #[schemars(schema_with = "values")]
    lineage: Vec<Value>,
}

#[expect(clippy::trivially_copy_pass_by_ref, reason = "serde hands out references")]
fn is_not(flag: &bool) -> bool {
    !flag
}

fn values(generator: &mut schemars::SchemaGenerator) -> schemars::Schema {
    let any = any(generator);
    schemars::json_schema!({ "type": "array", "items": any })
}

/// Descriptions that say nothing come as nothing, as blanks, or as the word `null`.
fn said(text: Option<String>) -> Option<String> {
    text.filter(|text| !matches!(text.trim(), "" | "null"))
}

impl TableMetadata {
    /// Of what Peaka tells; sampled values with `samples` only.
    pub(super) fn of(table: Described, samples: bool) -> Self {
        let sql_name = match (&table.catalog_query_name, &table.schema_name) {
            (Some(catalog), Some(schema)) => Some(sql_name([catalog, schema, &table.table_name])),
            _ => None,
        };
        let shown = table.columns.into_iter().filter(|column| column.is_system != Some(true));
        Self {
            sql_name,
            catalog_id: table.catalog_id,
            catalog_type: table.catalog_type,
            schema_name: table.schema_name,
            table_name: table.table_name,
            description: said(table.table_description),
            is_cacheable: table.is_cacheable,
            is_dynamic_table: table.is_dynamic_table.filter(|dynamic| *dynamic),
            use_with_ai: table.use_with_ai.filter(|used| !used),
            columns: shown.map(|column| ColumnMetadata::of(column, samples)).collect(),
            relations: table.relations.into_iter().map(Relation::from).collect(),
        }
    }
}

impl ColumnMetadata {
    fn of(column: DescribedColumn, samples: bool) -> Self {
        Self {
            name: column.column_name,
            data_type: column.data_type,
            description: said(column.column_description),
            is_not_null: column.is_not_null == Some(true),
            is_unique: column.is_unique == Some(true),
            is_primary: column.is_primary == Some(true),
            is_categorical: column.is_categorical == Some(true),
            categorical_values: column.categorical_values,
            sample_values: if samples { column.sample_values } else { Vec::new() },
            lineage: column.lineage.into_iter().map(without_nulls).collect(),
        }
    }
}
