//! Several caches at once. Each item stands for itself: some can fail while others are made.

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

use super::{
    Toolbox,
    cache::{Body, caches_path, initial},
    cache_settings::{Cache, Wanted},
};
use crate::{
    caller::Caller,
    error::ToolError,
    peaka::{CatalogId, Name, PeakaError, ProjectId, redacted},
    scope::needs,
};

/// The tables to cache.
#[derive(Debug, Deserialize, JsonSchema)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub(crate) struct Batch {
    /// The project, as peaka_list_projects gives it.
    project_id: ProjectId,
    /// One entry for each table.
    #[schemars(length(min = 1))]
    items: Vec<Item>,
}

/// A table to cache, and when to sync it.
#[derive(Debug, Deserialize, JsonSchema)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
#[schemars(inline)]
pub(crate) struct Item {
    /// The catalog's `id`: digits, in quotes.
    catalog_id: CatalogId,
    /// The schema's name.
    schema_name: Name,
    /// The table's name.
    table_name: Name,
    /// How often to fetch rows that are new or changed: an ISO 8601 duration such as PT1H. Left out or NONE: never
    /// by itself.
    #[serde(default)]
    incremental_schedule: Option<Wanted>,
    /// How often to fetch all rows anew: an ISO 8601 duration such as P1D. Left out or NONE: never by itself.
    #[serde(default)]
    full_refresh_schedule: Option<Wanted>,
}

/// What became of each.
#[derive(Debug, Serialize, JsonSchema)]
pub(crate) struct Outcomes {
    /// In the order of the items.
    results: Vec<Outcome>,
    /// How many caches were made, or were there already.
    succeeded: usize,
    /// How many were not.
    failed: usize,
    /// What to do next.
    note: String,
}

/// What became of one.
#[derive(Debug, Serialize, JsonSchema)]
#[serde(rename_all = "camelCase")]
pub(crate) struct Outcome {
    /// The table.
    table_name: String,
    /// Whether it is cached now.
    success: bool,
    /// Why not.
    #[serde(skip_serializing_if = "Option::is_none")]
    error: Option<String>,
    /// The cache.
    #[serde(skip_serializing_if = "Option::is_none")]
    cache: Option<Cache>,
}

/// What Peaka says of an item: what became of it (live), or the cache alone (documented by its types).
#[derive(Deserialize)]
#[serde(untagged)]
enum Told {
    Outcome {
        success: bool,
        #[serde(default)]
        error: Value,
        #[serde(default)]
        cache: Option<Box<Cache>>,
    },
    Cache(Box<Cache>),
}

impl Outcome {
    fn of(item: &Item, told: Told) -> Self {
        let table_name = String::from(item.table_name.clone());
        match told {
            Told::Outcome { success, error, cache } => {
                let error = reason(&error).filter(|_| !success);
                Self { table_name, success, error, cache: cache.map(|cache| *cache) }
            }
            Told::Cache(cache) => Self { table_name, success: true, error: None, cache: Some(*cache) },
        }
    }
}

/// The words of an error that is text, or an object that has some.
fn reason(error: &Value) -> Option<String> {
    let text = error.as_str().or_else(|| error.get("message")?.as_str());
    text.or_else(|| error.get("error")?.as_str()).and_then(redacted)
}

#[tool_router(router = cache_batch_tools, vis = "pub(super)")]
impl Toolbox {
    #[tool(
        name = "peaka_create_cache_batch",
        title = "Create Cache Batch",
        description = "Cache several tables of a project with one call. The items are independent: some can fail \
                       while the others are made, so read `results`, one for each item in the same order, and \
                       tell the user which failed. Repeat only those.",
        annotations(
            title = "Create Cache Batch",
            read_only_hint = false,
            destructive_hint = false,
            idempotent_hint = false,
            open_world_hint = true
        ),
        meta = needs(Scope::Write)
    )]
    async fn create_caches(
        &self,
        caller: Caller,
        Parameters(batch): Parameters<Batch>,
    ) -> Result<Json<Outcomes>, ToolError> {
        if batch.items.is_empty() {
            return Err(ToolError::Arguments("items must hold at least one table"));
        }
        let body: Vec<_> = batch
            .items
            .iter()
            .map(|item| Body {
                catalog_id: &item.catalog_id,
                schema_name: &item.schema_name,
                table_name: &item.table_name,
                schedules: initial(item.incremental_schedule.as_ref(), item.full_refresh_schedule.as_ref()),
            })
            .collect();
        let path = caches_path(&batch.project_id).then("batch");
        let told: Vec<Told> = self.peaka.change(&caller, Method::POST, &path, &body).await?;
        if told.len() != batch.items.len() {
            // Which is whose is not certain any more.
            return Err(PeakaError::NotUnderstood.into());
        }
        let results: Vec<_> =
            batch.items.iter().zip(told).map(|(item, told)| Outcome::of(item, told)).collect();
        let succeeded = results.iter().filter(|outcome| outcome.success).count();
        let failed = results.len() - succeeded;
        Ok(Json(Outcomes { results, succeeded, failed, note: note(succeeded, failed) }))
    }
}

fn note(succeeded: usize, failed: usize) -> String {
    let syncs = "Their first syncs have started; until peaka_get_cache_statuses shows them as COMPLETED the tables \
                 read as empty.";
    match (succeeded, failed) {
        (0, failed) => format!("None of the {failed} tables could be cached."),
        (succeeded, 0) => format!("All {succeeded} tables are cached. {syncs}"),
        (succeeded, failed) => {
            format!("{succeeded} tables are cached, {failed} could not be: tell the user which. {syncs}")
        }
    }
}
