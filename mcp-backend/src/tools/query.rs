//! Running SQL.

use std::time::Duration;

use rmcp::{
    Json,
    handler::server::wrapper::Parameters,
    schemars::{self, JsonSchema},
    tool, tool_router,
};
use serde::{Deserialize, Serialize};
use shared::scope::Scope;

use super::{
    Toolbox, project_path,
    sql_result::{DEFAULT_ROWS, MOST_ROWS, SqlResult},
};
use crate::{
    caller::Caller,
    error::ToolError,
    peaka::{ProjectId, types::QueryAnswer},
    progress::Progress,
    scope::needs,
};

/// How long Peaka may work on a query, and how long its answer is waited for: a little longer, so that it is
/// Peaka who gives up first and ends the query.
const WORKING: Duration = Duration::from_secs(55);
const WAITING: Duration = Duration::from_secs(60);

/// What to run.
#[derive(Debug, Deserialize, JsonSchema)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub(crate) struct Sql {
    /// The project to run it in, as peaka_list_projects gives it.
    project_id: ProjectId,
    /// One SELECT statement in Trino's SQL, without a semicolon. Name tables "catalog"."schema"."table" in double
    /// quotes.
    #[schemars(length(min = 1))]
    query: String,
    /// The most rows to return: 1 to 10000, 1000 if not given; an answer also ends at 256 KiB. It does not make the query cheaper; a LIMIT does.
    #[serde(default)]
    #[schemars(range(min = 1, max = 10_000))]
    max_rows: Option<usize>,
}

#[derive(Serialize)]
struct Statement<'a> {
    statement: &'a str,
    timeout: u64,
}

#[tool_router(router = query_tools, vis = "pub(super)")]
impl Toolbox {
    #[tool(
        name = "peaka_execute_sql_query",
        title = "Execute SQL Query",
        description = "Run one read-only SQL statement (Trino dialect, SELECT only) over any of a project's data \
                       sources, joins across them included. Before writing it, look up the exact names with \
                       peaka_list_catalogs, peaka_list_schemas, peaka_list_tables and peaka_list_columns. If a \
                       table it reads is cacheable but not cached, results and counts may stop at 100 rows of it: \
                       say so, and use a LIMIT. Values come back as text. OFFSET comes before LIMIT. Cast before \
                       comparing a timestamp with a date.",
        annotations(
            title = "Execute SQL Query",
            read_only_hint = true,
            destructive_hint = false,
            idempotent_hint = true,
            open_world_hint = true
        ),
        meta = needs(Scope::Query)
    )]
    async fn execute_sql(
        &self,
        caller: Caller,
        progress: Progress,
        Parameters(sql): Parameters<Sql>,
    ) -> Result<Json<SqlResult>, ToolError> {
        let max_rows = sql.max_rows.unwrap_or(DEFAULT_ROWS);
        if !(1..=MOST_ROWS).contains(&max_rows) {
            return Err(ToolError::Arguments("maxRows must be between 1 and 10000"));
        }
        if sql.query.trim().is_empty() {
            return Err(ToolError::Arguments("query must hold a SELECT statement"));
        }
        // Before the first notification: once that is out, a dead session can no longer be answered with a 401.
        caller.credential().token().await.map_err(crate::peaka::PeakaError::from)?;
        progress.tell(0).await;
        let path = project_path(&sql.project_id).then("queries/execute").query("format", "COMPACT");
        let statement = Statement { statement: &sql.query, timeout: WORKING.as_secs() };
        let answer: QueryAnswer = self.peaka.post(&caller, &path, &statement, WAITING).await?;
        progress.tell(50).await;
        let result = SqlResult::of(answer, max_rows);
        progress.tell(100).await;
        Ok(Json(result))
    }
}
