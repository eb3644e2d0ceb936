//! Materialized queries: run one again, and see how their runs went.

use http::Method;
use rmcp::{
    Json,
    handler::server::wrapper::Parameters,
    schemars::{self, JsonSchema},
    tool, tool_router,
};
use serde::{Deserialize, Serialize};
use serde_json::Value;
use shared::scope::Scope;

use super::{Toolbox, done::Done, place::project_path, saved_queries::OfQuery, status};
use crate::{
    caller::Caller,
    error::ToolError,
    peaka::{
        ApiPath, ProjectId, QueryId,
        json::{any, text_or_number, without_nulls},
    },
    scope::needs,
};

/// Which materialized queries.
#[derive(Debug, Deserialize, JsonSchema)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub(crate) struct Which {
    /// The project they are saved in, as peaka_list_projects gives it.
    project_id: ProjectId,
    /// The `id` of one query, as peaka_list_queries gives it: digits, in quotes. Left out: all of the project.
    #[serde(default)]
    query_id: Option<QueryId>,
}

/// How the runs went.
#[derive(Debug, Serialize, JsonSchema)]
pub(crate) struct Runs {
    /// One entry for each query.
    statuses: Vec<Run>,
    /// What to know if there are none.
    #[serde(skip_serializing_if = "Option::is_none")]
    note: Option<&'static str>,
}

/// The runs of one query.
#[derive(Debug, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "camelCase")]
pub(crate) struct Run {
    /// The query's id.
    #[serde(deserialize_with = "text_or_number")]
    query_id: String,
    /// Its name.
    #[serde(skip_serializing_if = "Option::is_none")]
    query_name: Option<String>,
    /// In capitals, such as COMPLETED, RUNNING, FAILED, CANCELLED. After a refresh the old one stays for a moment.
    #[serde(default, deserialize_with = "status::normalised", skip_serializing_if = "Option::is_none")]
    status: Option<String>,
    /// Whether it has ever run; one that has not says COMPLETED all the same.
    #[serde(skip_deserializing)]
    has_run: bool,
    /// When the last run began. A refresh has taken hold once this changes.
    #[serde(default, skip_serializing_if = "Value::is_null")]
    #[schemars(schema_with = "any")]
    last_execution_start_time: Value,
    /// When the rows were last replaced.
    #[serde(default, skip_serializing_if = "Value::is_null")]
    #[schemars(schema_with = "any")]
    last_update_time: Value,
    /// When the next run begins; absent without a schedule.
    #[serde(default, skip_serializing_if = "Value::is_null")]
    #[schemars(schema_with = "any")]
    next_execution_start_time: Value,
    /// The schedule.
    #[serde(default, skip_serializing_if = "Value::is_null")]
    #[schemars(schema_with = "any")]
    schedule_settings: Value,
}

impl Run {
    fn told(mut self) -> Self {
        self.has_run = !self.last_execution_start_time.is_null() || !self.last_update_time.is_null();
        self.schedule_settings = without_nulls(self.schedule_settings);
        self
    }
}

fn materialized_path(project: &ProjectId) -> ApiPath {
    project_path(project).then("materialized-queries")
}

#[tool_router(router = materialized_tools, vis = "pub(super)")]
impl Toolbox {
    #[tool(
        name = "peaka_refresh_materialized_query",
        title = "Refresh Materialized Query",
        description = "Start a new run of a MATERIALIZED query, which replaces its stored rows. It returns at \
                       once. To follow it, note lastExecutionStartTime of peaka_get_materialized_query_statuses \
                       before, and poll until that has changed and the status is COMPLETED, FAILED or CANCELLED: \
                       right after the start the status is still that of the run before.",
        annotations(
            title = "Refresh Materialized Query",
            read_only_hint = false,
            destructive_hint = false,
            idempotent_hint = false,
            open_world_hint = true
        ),
        meta = needs(Scope::Write)
    )]
    async fn refresh_materialized(
        &self,
        caller: Caller,
        Parameters(of): Parameters<OfQuery>,
    ) -> Result<Json<Done>, ToolError> {
        let path = materialized_path(&of.project_id).segment(&of.query_id).then("refresh");
        let remark = self.peaka.trigger(&caller, Method::POST, &path, None::<&()>).await?;
        let message = "A new run was started. peaka_get_materialized_query_statuses shows it once \
                       lastExecutionStartTime changes.";
        Ok(Json(Done::new(message, remark)))
    }

    #[tool(
        name = "peaka_get_materialized_query_statuses",
        title = "Get Materialized Query Statuses",
        description = "Show the last and next runs of one MATERIALIZED query (queryId) or of all in the project. \
                       hasRun tells those apart that say COMPLETED because they have never run.",
        annotations(
            title = "Get Materialized Query Statuses",
            read_only_hint = true,
            destructive_hint = false,
            idempotent_hint = true,
            open_world_hint = false
        ),
        meta = needs(Scope::Read)
    )]
    async fn materialized_statuses(
        &self,
        caller: Caller,
        Parameters(which): Parameters<Which>,
    ) -> Result<Json<Runs>, ToolError> {
        let path = materialized_path(&which.project_id);
        let runs: Vec<Run> = match &which.query_id {
            Some(query) => vec![self.peaka.get(&caller, &path.segment(query).then("status")).await?],
            None => self.peaka.get(&caller, &path.then("status")).await?,
        };
        let note = runs.is_empty().then_some("The project has no materialized queries.");
        Ok(Json(Runs { statuses: runs.into_iter().map(Run::told).collect(), note }))
    }
}
