//! Running SQL: a statement, or a query that was saved.

use std::time::Duration;

use rmcp::{
    handler::server::{tool::schema_for_output, wrapper::Parameters},
    schemars::{self, JsonSchema},
    tool, tool_router,
};
use serde::{Deserialize, Serialize};
use shared::scope::Scope;

use super::{
    Toolbox,
    place::project_path,
    sql_result::{DEFAULT_ROWS, MOST_ROWS, SqlResult},
    statement,
};
use crate::{
    caller::Caller,
    error::ToolError,
    peaka::{PeakaError, ProjectId, QueryId, types::QueryAnswer},
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
    /// The most rows to return: 1 to 10000, 1000 if not given; an answer also ends at 256 KiB. It does not make
    /// the query cheaper; a LIMIT does.
    #[serde(default)]
    #[schemars(range(min = 1, max = 10_000))]
    max_rows: Option<usize>,
}

/// Which saved query to run.
#[derive(Debug, Deserialize, JsonSchema)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub(crate) struct Saved {
    /// The project it is saved in, as peaka_list_projects gives it.
    project_id: ProjectId,
    /// The query's `id`, as peaka_list_queries gives it: digits, in quotes.
    query_id: QueryId,
    /// The most rows to return: 1 to 10000, 1000 if not given; an answer also ends at 256 KiB.
    #[serde(default)]
    #[schemars(range(min = 1, max = 10_000))]
    max_rows: Option<usize>,
}

/// What Peaka is to run.
#[derive(Serialize)]
#[serde(rename_all = "lowercase")]
enum Run<'a> {
    Statement(&'a str),
    Id(&'a QueryId),
}

#[derive(Serialize)]
struct Execution<'a> {
    #[serde(flatten)]
    run: Run<'a>,
    timeout: u64,
}

#[tool_router(router = query_tools, vis = "pub(super)")]
impl Toolbox {
    #[tool(
        name = "peaka_execute_sql_query",
        title = "Execute SQL Query",
        description = "Run one read-only SQL statement (Trino dialect, SELECT only) over any of a project's data \
                       sources, joins across them included. Before writing it, look for a matching pair with \
                       peaka_query_golden_sqls and get the exact names with peaka_get_project_metadata or the \
                       peaka_list_… tools. If a table it reads is cacheable but not cached (peaka_list_tables), \
                       results and counts may stop at 100 rows of it: say so and offer to cache it; if the user \
                       declines, use a LIMIT. Values come back as text. OFFSET comes before LIMIT. Cast before \
                       comparing a timestamp with a date.",
        annotations(
            title = "Execute SQL Query",
            read_only_hint = true,
            destructive_hint = false,
            idempotent_hint = true,
            open_world_hint = true
        ),
        output_schema = schema_for_output::<SqlResult>(),
        meta = needs(Scope::Query)
    )]
    async fn execute_sql(
        &self,
        caller: Caller,
        progress: Progress,
        Parameters(sql): Parameters<Sql>,
    ) -> Result<SqlResult, ToolError> {
        let run = Run::Statement(statement::reading(&sql.query)?);
        self.run(&caller, &progress, &sql.project_id, run, sql.max_rows).await
    }

    #[tool(
        name = "peaka_execute_query",
        title = "Execute Query",
        description = "Run a saved query as it stands, read-only, and return its rows. peaka_list_queries gives \
                       the ids and peaka_get_query the SQL behind one. The limits of peaka_execute_sql_query \
                       hold here too: values are text, and uncached tables may stop at 100 rows.",
        annotations(
            title = "Execute Query",
            read_only_hint = true,
            destructive_hint = false,
            idempotent_hint = true,
            open_world_hint = true
        ),
        output_schema = schema_for_output::<SqlResult>(),
        meta = needs(Scope::Query)
    )]
    async fn execute_saved(
        &self,
        caller: Caller,
        progress: Progress,
        Parameters(saved): Parameters<Saved>,
    ) -> Result<SqlResult, ToolError> {
        self.run(&caller, &progress, &saved.project_id, Run::Id(&saved.query_id), saved.max_rows).await
    }
}

impl Toolbox {
    async fn run(
        &self,
        caller: &Caller,
        progress: &Progress,
        project: &ProjectId,
        run: Run<'_>,
        max_rows: Option<usize>,
    ) -> Result<SqlResult, ToolError> {
        let max_rows = max_rows.unwrap_or(DEFAULT_ROWS);
        if !(1..=MOST_ROWS).contains(&max_rows) {
            return Err(ToolError::Arguments("maxRows must be between 1 and 10000"));
        }
        progress.start(caller).await.map_err(PeakaError::from)?;
        let path = project_path(project).then("queries/execute").query("format", "COMPACT");
        let execution = Execution { run, timeout: WORKING.as_secs() };
        let answer: QueryAnswer = self.peaka.run(caller, &path, &execution, WAITING).await?;
        progress.tell(50).await;
        let result = SqlResult::of(answer, max_rows);
        progress.tell(100).await;
        Ok(result)
    }
}
