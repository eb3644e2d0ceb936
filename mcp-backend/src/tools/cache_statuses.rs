//! How the syncs of a project's caches go.

use rmcp::{
    Json,
    handler::server::wrapper::Parameters,
    schemars::{self, JsonSchema},
    tool, tool_router,
};
use serde::{Deserialize, Serialize};
use serde_json::Value;
use shared::scope::Scope;

use super::{Toolbox, cache::caches_path, status};
use crate::{
    caller::Caller,
    error::ToolError,
    peaka::{
        ProjectId,
        json::{any, list, text_or_number, without_nulls},
        redacted_value,
    },
    scope::needs,
};

/// Of which project, and how much.
#[derive(Debug, Deserialize, JsonSchema)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub(crate) struct Which {
    /// The project to look into, as peaka_list_projects gives it.
    project_id: ProjectId,
    /// Whether to show the log of each cache, which can be long.
    #[serde(default)]
    include_logs: bool,
}

/// The caches of a project.
#[derive(Debug, Serialize, JsonSchema)]
pub(crate) struct Statuses {
    /// One entry for each.
    caches: Vec<CacheStatus>,
    /// What to know if there are none.
    #[serde(skip_serializing_if = "Option::is_none")]
    note: Option<&'static str>,
}

/// How a cache's syncs go.
#[derive(Debug, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "camelCase")]
pub(crate) struct CacheStatus {
    /// The cache's id, for the other tools (`cacheId`).
    #[serde(rename(deserialize = "id"), deserialize_with = "text_or_number")]
    cache_id: String,
    /// The catalog's id.
    #[serde(deserialize_with = "text_or_number")]
    catalog_id: String,
    schema_name: String,
    table_name: String,
    /// Of the cache as a whole: RUNNING, COMPLETED, FAILED, CANCELLED, DELETED or NOT_INITIALIZED.
    #[serde(default, deserialize_with = "status::normalised", skip_serializing_if = "Option::is_none")]
    status: Option<String>,
    /// Whether a sync is under way, by the status and by the newest execution. While the first one is, the table
    /// reads as empty.
    #[serde(skip_deserializing)]
    in_progress: bool,
    /// The last sync of all rows.
    #[serde(
        default,
        rename(deserialize = "lastFullRefreshCacheExecution"),
        skip_serializing_if = "Option::is_none"
    )]
    last_full_refresh: Option<Execution>,
    /// The last sync of new and changed rows.
    #[serde(
        default,
        rename(deserialize = "lastIncrementalCacheExecution"),
        skip_serializing_if = "Option::is_none"
    )]
    last_incremental: Option<Execution>,
    /// Its log; with includeLogs only.
    #[serde(
        default,
        rename(deserialize = "cacheActionLogs"),
        deserialize_with = "list",
        skip_serializing_if = "Vec::is_empty"
    )]
    #[schemars(schema_with = "values")]
    logs: Vec<Value>,
}

/// A sync.
#[derive(Debug, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "camelCase")]
#[schemars(inline)]
pub(crate) struct Execution {
    /// RUNNING, COMPLETED, FAILED or CANCELLED.
    #[serde(default, deserialize_with = "status::normalised", skip_serializing_if = "Option::is_none")]
    status: Option<String>,
    /// When it began.
    #[serde(default, skip_serializing_if = "Value::is_null")]
    #[schemars(schema_with = "any")]
    created_at: Value,
    /// When it ended.
    #[serde(default, skip_serializing_if = "Value::is_null")]
    #[schemars(schema_with = "any")]
    finished_at: Value,
    /// Numbers of rows that were fetched, inserted, updated and deleted.
    #[serde(default, skip_serializing_if = "Value::is_null")]
    #[schemars(schema_with = "any")]
    progress: Value,
    /// Why it failed.
    #[serde(default, skip_serializing_if = "Value::is_null")]
    #[schemars(schema_with = "any")]
    error: Value,
}

fn values(generator: &mut schemars::SchemaGenerator) -> schemars::Schema {
    let any = any(generator);
    schemars::json_schema!({ "type": "array", "items": any })
}

impl Execution {
    fn told(self) -> Self {
        Self {
            progress: without_nulls(self.progress),
            error: without_nulls(redacted_value(self.error)),
            ..self
        }
    }

    fn runs(&self) -> bool {
        self.status.as_deref() == Some("RUNNING")
    }

    /// When it began, such that later is greater: Peaka writes all of them in one form.
    fn began(&self) -> (i64, &str) {
        (self.created_at.as_i64().unwrap_or_default(), self.created_at.as_str().unwrap_or_default())
    }
}

impl CacheStatus {
    fn told(self, logs: bool) -> Self {
        let (full, incremental) =
            (self.last_full_refresh.map(Execution::told), self.last_incremental.map(Execution::told));
        let newest = [&full, &incremental].into_iter().flatten().max_by_key(|execution| execution.began());
        let in_progress = newest.is_some_and(Execution::runs)
            || matches!(self.status.as_deref(), Some("RUNNING" | "NOT_INITIALIZED"));
        let logs = if logs {
            self.logs.into_iter().map(redacted_value).map(without_nulls).collect()
        } else {
            Vec::new()
        };
        Self { in_progress, last_full_refresh: full, last_incremental: incremental, logs, ..self }
    }
}

#[tool_router(router = cache_status_tools, vis = "pub(super)")]
impl Toolbox {
    #[tool(
        name = "peaka_get_cache_statuses",
        title = "Get Cache Statuses",
        description = "Show a project's caches with the state of their syncs. To follow one, poll, some seconds \
                       apart, while inProgress is true, then read its status and the error of the last sync: \
                       COMPLETED, FAILED or CANCELLED. A sync that was just started shows after a moment.",
        annotations(
            title = "Get Cache Statuses",
            read_only_hint = true,
            destructive_hint = false,
            idempotent_hint = true,
            open_world_hint = false
        ),
        meta = needs(Scope::Read)
    )]
    async fn cache_statuses(
        &self,
        caller: Caller,
        Parameters(which): Parameters<Which>,
    ) -> Result<Json<Statuses>, ToolError> {
        let path = caches_path(&which.project_id).then("status");
        let caches: Vec<CacheStatus> = self.peaka.get(&caller, &path).await?;
        let note = caches.is_empty().then_some("The project has no caches.");
        let caches = caches.into_iter().map(|cache| cache.told(which.include_logs)).collect();
        Ok(Json(Statuses { caches, note }))
    }
}
