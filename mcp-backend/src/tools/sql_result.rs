//! The result of a query as a model should get it: columns once, rows as arrays, and a word where something is
//! missing from it.

use rmcp::{
    ErrorData,
    handler::server::tool::IntoCallToolResult,
    model::{CallToolResponse, CallToolResult, ContentBlock},
    schemars::{self, JsonSchema},
};
use serde::Serialize;
use serde_json::{Map, Value};

use super::fit::fitting;
use crate::peaka::types::{Origin, QueryAnswer, sql_name};

/// Rows that are returned unless the caller asks for another number.
pub(super) const DEFAULT_ROWS: usize = 1000;
/// The most rows that can be asked for.
pub(super) const MOST_ROWS: usize = 10_000;
/// Where live reads of connectors' tables stop.
const LIVE_READ_CAP: usize = 100;

/// A query's result.
#[derive(Debug, Serialize, JsonSchema)]
#[serde(rename_all = "camelCase")]
pub(crate) struct SqlResult {
    /// The columns, in the order of the values in each row.
    columns: Vec<ResultColumn>,
    /// The rows. Every value that is not NULL is text, whatever the column's type.
    #[schemars(schema_with = "rows")]
    rows: Vec<Vec<Value>>,
    /// How many rows are in `rows`.
    row_count: usize,
    /// Whether rows were left out here.
    truncated: bool,
    /// What to know before relying on the rows.
    #[serde(skip_serializing_if = "Option::is_none")]
    notice: Option<String>,
}

/// A column of the result.
#[derive(Debug, Serialize, JsonSchema)]
pub(crate) struct ResultColumn {
    /// Its name or alias.
    name: String,
    /// The table it comes from, as SQL names it; absent for computed columns.
    #[serde(skip_serializing_if = "Option::is_none")]
    table: Option<String>,
}

fn rows(_: &mut schemars::SchemaGenerator) -> schemars::Schema {
    schemars::json_schema!({ "type": "array", "items": { "type": "array", "items": {} } })
}

impl SqlResult {
    /// At most `max_rows` of what Peaka answered, and no more than fit.
    pub(super) fn of(answer: QueryAnswer, max_rows: usize) -> Self {
        let QueryAnswer { columns, data: mut rows } = answer;
        let answered = rows.len();
        let fitting = fitting(&rows);
        rows.truncate(max_rows.min(fitting));
        let notice = notice(answered, rows.len(), max_rows);
        Self {
            columns: columns.into_iter().map(ResultColumn::of).collect(),
            row_count: rows.len(),
            truncated: rows.len() < answered,
            rows,
            notice,
        }
    }
}

/// The rows move into the answer as they are: serializing a large result into a [`Value`], as rmcp's `Json` does, would
/// copy every cell once more.
impl IntoCallToolResult for SqlResult {
    fn into_call_tool_result(self) -> Result<CallToolResponse, ErrorData> {
        let broken = |_| ErrorData::internal_error("the result cannot be written", None);
        let mut members = Map::new();
        members.insert("columns".to_owned(), serde_json::to_value(self.columns).map_err(broken)?);
        members.insert("rows".to_owned(), self.rows.into_iter().map(Value::Array).collect());
        members.insert("rowCount".to_owned(), self.row_count.into());
        members.insert("truncated".to_owned(), self.truncated.into());
        if let Some(notice) = self.notice {
            members.insert("notice".to_owned(), notice.into());
        }
        let value = Value::Object(members);
        let text = serde_json::to_string(&value).map_err(broken)?;
        let mut result = CallToolResult::success(vec![ContentBlock::text(text)]);
        result.structured_content = Some(value);
        Ok(result.into())
    }
}

impl ResultColumn {
    fn of(origin: Origin) -> Self {
        let part = |part: Option<String>| part.filter(|part| !part.is_empty());
        let parts = (part(origin.catalog_name), part(origin.schema_name), part(origin.table_name));
        let table = match &parts {
            (Some(catalog), Some(schema), Some(table)) => Some(sql_name([catalog, schema, table])),
            _ => None,
        };
        Self { name: origin.column_name, table }
    }
}

fn notice(answered: usize, shown: usize, max_rows: usize) -> Option<String> {
    if shown < answered {
        let why = if shown == max_rows { "the row limit" } else { "the size limit of an answer" };
        return Some(format!(
            "Only the first {shown} of {answered} rows are shown, because of {why}. Aggregate or filter in SQL, or \
             read on with ORDER BY, OFFSET and LIMIT (in this order)."
        ));
    }
    match answered {
        LIVE_READ_CAP => Some(
            "Exactly 100 rows came back. Tables of some connectors are cut at 100 rows while they are not cached, \
             so this may be a part only. peaka_list_tables tells whether the tables are cached (isCached)."
                .to_owned(),
        ),
        0 => Some(
            "No rows. A table whose first cache sync is still running reads as empty.".to_owned(),
        ),
        _ => None,
    }
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    fn of(rows: usize, width: usize, max_rows: usize) -> SqlResult {
        let row = vec![Value::String("x".repeat(width))];
        let column = json!({"catalogName": "c", "schemaName": "s\"", "tableName": "t", "columnName": "a"});
        let columns = vec![serde_json::from_value(column).unwrap()];
        SqlResult::of(QueryAnswer { columns, data: vec![row; rows] }, max_rows)
    }

    #[test]
    fn what_is_left_out_is_told() {
        let result = of(12, 1, 10);
        assert_eq!((result.row_count, result.truncated), (10, true));
        assert!(
            result.notice.unwrap().starts_with("Only the first 10 of 12 rows are shown, because of the row")
        );
        let result = of(10, 100_000, 10);
        assert_eq!((result.row_count, result.truncated), (2, true));
        assert!(result.notice.unwrap().contains("the size limit"));
        assert_eq!(result.columns[0].table.as_deref(), Some(r#""c"."s"""."t""#));
    }

    #[test]
    fn what_is_answered_is_of_the_announced_form() {
        for result in [of(12, 1, 10), of(3, 1, 10)] {
            let announced = serde_json::to_value(&result).unwrap();
            let CallToolResponse::Complete(answered) = result.into_call_tool_result().unwrap() else {
                unreachable!("nothing more is asked of the client")
            };
            assert_eq!(answered.structured_content.as_ref(), Some(&announced));
            let text = answered.content[0].as_text().unwrap();
            assert_eq!(serde_json::from_str::<Value>(&text.text).unwrap(), announced);
        }
    }

    #[test]
    fn a_hundred_rows_and_none_are_suspicious_others_are_not() {
        assert!(of(100, 1, 1000).notice.unwrap().contains("Exactly 100 rows"));
        assert!(of(0, 1, 1000).notice.unwrap().starts_with("No rows."));
        assert_eq!(of(99, 1, 99).notice, None);
    }
}
