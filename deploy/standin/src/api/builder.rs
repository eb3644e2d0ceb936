//! The third way to say what to run: columns, tables, filters, order and bounds instead of SQL.

use serde::Deserialize;
use serde_json::Value;

#[derive(Debug, Deserialize)]
#[serde(rename_all = "camelCase")]
struct From {
    catalog_name: String,
    schema_name: String,
    table_name: String,
}

#[derive(Debug, Deserialize)]
#[serde(rename_all = "camelCase")]
pub(super) struct Builder {
    columns: Option<Vec<Value>>,
    from: Option<Vec<From>>,
    limit: Option<u64>,
    offset: Option<u64>,
    order_by: Option<Vec<String>>,
}

fn quoted(name: &str) -> String {
    format!("\"{}\"", name.replace('"', "\"\""))
}

impl Builder {
    /// The statement it stands for. Filters are not understood: their form is not known well enough to be faithful.
    pub(super) fn statement(&self) -> Option<String> {
        let tables: Vec<String> = self
            .from
            .as_ref()?
            .iter()
            .map(|from| {
                [&from.catalog_name, &from.schema_name, &from.table_name].map(|name| quoted(name)).join(".")
            })
            .collect();
        let columns: Option<Vec<String>> = self.columns.as_ref().map(|columns| {
            let names = columns.iter().filter_map(|column| {
                column.as_str().or_else(|| column.get("columnName").and_then(Value::as_str))
            });
            names.map(quoted).collect()
        });
        let columns = columns.filter(|columns| !columns.is_empty()).map_or("*".to_owned(), |c| c.join(", "));
        let mut statement = format!("SELECT {columns} FROM {}", tables.join(", "));
        if let Some(order) = self.order_by.as_ref().filter(|order| !order.is_empty()) {
            statement.push_str(&format!(" ORDER BY {}", order.join(", ")));
        }
        if let Some(offset) = self.offset {
            statement.push_str(&format!(" OFFSET {offset}"));
        }
        if let Some(limit) = self.limit {
            statement.push_str(&format!(" LIMIT {limit}"));
        }
        Some(statement)
    }
}
