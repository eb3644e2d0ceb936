//! Queries that are saved in a project: list, look at, create, change, delete.

use http::Method;
use rmcp::{
    Json,
    handler::server::wrapper::Parameters,
    schemars::{self, JsonSchema},
    tool, tool_router,
};
use serde::{Deserialize, Serialize};
use shared::scope::Scope;

use super::{
    Toolbox,
    done::Done,
    place::{OfProject, project_path},
    saved_query::{Kind, SavedQuery},
    schedule::Schedule,
};
use crate::{
    caller::Caller,
    error::ToolError,
    peaka::{ApiPath, ProjectId, QueryId},
    scope::needs,
};

/// Which saved query.
#[derive(Debug, Deserialize, JsonSchema)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub(crate) struct OfQuery {
    /// The project it is saved in, as peaka_list_projects gives it.
    pub(super) project_id: ProjectId,
    /// The query's `id`, as peaka_list_queries gives it: digits, in quotes.
    pub(super) query_id: QueryId,
}

/// What to save.
#[derive(Debug, Deserialize, JsonSchema)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub(crate) struct NewQuery {
    /// The project to save it in, as peaka_list_projects gives it.
    project_id: ProjectId,
    /// The name people see; its lower-case form is the name in SQL.
    #[schemars(length(min = 1))]
    display_name: String,
    /// The SELECT statement, in Trino's SQL.
    #[schemars(length(min = 1))]
    input_query: String,
    /// PLAIN runs whenever it is read; MATERIALIZED is run at once and its rows are stored.
    #[serde(default)]
    query_type: Kind,
    /// When to run a MATERIALIZED query again.
    #[serde(default)]
    schedule: Option<Schedule>,
}

/// What to change; what is left out stays.
#[derive(Debug, Deserialize, JsonSchema)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub(crate) struct Changes {
    /// The project it is saved in, as peaka_list_projects gives it.
    project_id: ProjectId,
    /// The query's `id`, as peaka_list_queries gives it: digits, in quotes.
    query_id: QueryId,
    /// A new name.
    #[serde(default)]
    display_name: Option<String>,
    /// New SQL.
    #[serde(default)]
    input_query: Option<String>,
    /// A new schedule; of type `none` it removes the old one.
    #[serde(default)]
    schedule: Option<Schedule>,
}

/// The saved queries of a project.
#[derive(Debug, Serialize, JsonSchema)]
pub(crate) struct SavedQueries {
    /// One entry for each.
    queries: Vec<SavedQuery>,
}

/// What is sent to Peaka.
#[derive(Serialize)]
#[serde(rename_all = "camelCase")]
struct Body<'a> {
    #[serde(skip_serializing_if = "Option::is_none")]
    display_name: Option<&'a str>,
    #[serde(skip_serializing_if = "Option::is_none")]
    input_query: Option<&'a str>,
    #[serde(skip_serializing_if = "Option::is_none")]
    query_type: Option<Kind>,
    #[serde(skip_serializing_if = "Option::is_none")]
    schedule: Option<&'a Schedule>,
}

fn queries_path(project: &ProjectId) -> ApiPath {
    project_path(project).then("queries")
}

#[tool_router(router = saved_query_tools, vis = "pub(super)")]
impl Toolbox {
    #[tool(
        name = "peaka_list_queries",
        title = "List Queries",
        description = "List a project's saved queries with their SQL. `sqlName` is how another query reads one: \
                       the logic of a PLAIN query, the stored rows of a MATERIALIZED one. Run one with \
                       peaka_execute_query.",
        annotations(
            title = "List Queries",
            read_only_hint = true,
            destructive_hint = false,
            idempotent_hint = true,
            open_world_hint = false
        ),
        meta = needs(Scope::Read)
    )]
    async fn saved_queries(
        &self,
        caller: Caller,
        Parameters(of): Parameters<OfProject>,
    ) -> Result<Json<SavedQueries>, ToolError> {
        let queries: Vec<SavedQuery> = self.peaka.get(&caller, &queries_path(&of.project_id)).await?;
        Ok(Json(SavedQueries { queries: queries.into_iter().map(SavedQuery::named).collect() }))
    }

    #[tool(
        name = "peaka_get_query",
        title = "Get Query",
        description = "Show one saved query: its SQL, type and schedule.",
        annotations(
            title = "Get Query",
            read_only_hint = true,
            destructive_hint = false,
            idempotent_hint = true,
            open_world_hint = false
        ),
        meta = needs(Scope::Read)
    )]
    async fn saved_query(
        &self,
        caller: Caller,
        Parameters(of): Parameters<OfQuery>,
    ) -> Result<Json<SavedQuery>, ToolError> {
        let path = queries_path(&of.project_id).segment(&of.query_id);
        let query: SavedQuery = self.peaka.get(&caller, &path).await?;
        Ok(Json(query.named()))
    }

    #[tool(
        name = "peaka_create_query",
        title = "Create Query",
        description = "Save a SELECT statement under a name. PLAIN keeps the logic only. MATERIALIZED stores the \
                       rows, which makes reading fast: the first run starts at once, and an optional schedule \
                       repeats it (type `interval` with repeatDuration, `cron` with cronExpression and timezone, \
                       or `none`). peaka_get_materialized_query_statuses shows the runs. Try the SQL with \
                       peaka_execute_sql_query first. Calling this twice saves two queries.",
        annotations(
            title = "Create Query",
            read_only_hint = false,
            destructive_hint = false,
            idempotent_hint = false,
            open_world_hint = false
        ),
        meta = needs(Scope::Write)
    )]
    async fn create_query(
        &self,
        caller: Caller,
        Parameters(new): Parameters<NewQuery>,
    ) -> Result<Json<SavedQuery>, ToolError> {
        if new.display_name.trim().is_empty() || new.input_query.trim().is_empty() {
            return Err(ToolError::Arguments("displayName and inputQuery must not be empty"));
        }
        new.schedule.as_ref().map_or(Ok(()), Schedule::check)?;
        let body = Body {
            display_name: Some(&new.display_name),
            input_query: Some(&new.input_query),
            query_type: Some(new.query_type),
            schedule: new.schedule.as_ref(),
        };
        let path = queries_path(&new.project_id);
        let query: SavedQuery = self.peaka.change(&caller, Method::POST, &path, &body).await?;
        Ok(Json(query.named()))
    }

    #[tool(
        name = "peaka_update_query",
        title = "Update Query",
        description = "Change the name, SQL or schedule of a saved query; give at least one. What is left out \
                       stays as it is, and so does the type (PLAIN or MATERIALIZED). A schedule of type `none` \
                       removes the old one.",
        annotations(
            title = "Update Query",
            read_only_hint = false,
            destructive_hint = true,
            idempotent_hint = true,
            open_world_hint = false
        ),
        meta = needs(Scope::Write)
    )]
    async fn update_query(
        &self,
        caller: Caller,
        Parameters(changes): Parameters<Changes>,
    ) -> Result<Json<SavedQuery>, ToolError> {
        let given = |text: &'_ Option<String>| text.as_ref().is_some_and(|text| !text.trim().is_empty());
        let body = Body {
            display_name: changes.display_name.as_deref().filter(|_| given(&changes.display_name)),
            input_query: changes.input_query.as_deref().filter(|_| given(&changes.input_query)),
            query_type: None,
            schedule: changes.schedule.as_ref(),
        };
        if body.display_name.is_none() && body.input_query.is_none() && body.schedule.is_none() {
            return Err(ToolError::Arguments("Give at least one of displayName, inputQuery and schedule."));
        }
        changes.schedule.as_ref().map_or(Ok(()), Schedule::check)?;
        let path = queries_path(&changes.project_id).segment(&changes.query_id);
        let query: SavedQuery = self.peaka.change(&caller, Method::PUT, &path, &body).await?;
        Ok(Json(query.named()))
    }

    #[tool(
        name = "peaka_delete_query",
        title = "Delete Query",
        description = "Delete a saved query for good. Of a MATERIALIZED query the stored rows and the schedule go \
                       too, and whatever reads it by name breaks. Ask the user first.",
        annotations(
            title = "Delete Query",
            read_only_hint = false,
            destructive_hint = true,
            idempotent_hint = true,
            open_world_hint = false
        ),
        meta = needs(Scope::Write)
    )]
    async fn delete_query(
        &self,
        caller: Caller,
        Parameters(of): Parameters<OfQuery>,
    ) -> Result<Json<Done>, ToolError> {
        let path = queries_path(&of.project_id).segment(&of.query_id);
        let remark = self.peaka.trigger(&caller, Method::DELETE, &path, None::<&()>).await?;
        let message = format!("The query {} was deleted.", String::from(of.query_id));
        Ok(Json(Done::new(message, remark)))
    }
}
