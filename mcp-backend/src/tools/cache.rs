//! Caches: set them up, change them, sync them, delete them.

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
    cache_settings::{Cache, Schedule, Schedules, Wanted},
    done::Done,
    place::project_path,
};
use crate::{
    caller::Caller,
    error::ToolError,
    peaka::{ApiPath, CacheId, CatalogId, Name, ProjectId},
    scope::needs,
};

/// Which cache.
#[derive(Debug, Deserialize, JsonSchema)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub(crate) struct OfCache {
    /// The project it belongs to, as peaka_list_projects gives it.
    project_id: ProjectId,
    /// The cache's id, as peaka_get_cache_statuses gives it: a UUID.
    cache_id: CacheId,
}

/// Which table to cache, and when to sync it.
#[derive(Debug, Deserialize, JsonSchema)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub(crate) struct NewCache {
    /// The project, as peaka_list_projects gives it.
    project_id: ProjectId,
    /// The catalog's `id`, as peaka_list_catalogs gives it: digits, in quotes.
    catalog_id: CatalogId,
    /// The schema's name, as peaka_list_schemas gives it.
    schema_name: Name,
    /// The table's name, as peaka_list_tables gives it.
    table_name: Name,
    /// How often to fetch rows that are new or changed: an ISO 8601 duration such as PT1H. Left out or NONE: never
    /// by itself.
    #[serde(default)]
    incremental_schedule: Option<Wanted>,
    /// How often to fetch all rows anew: an ISO 8601 duration such as P1D. Left out or NONE: never by itself.
    #[serde(default)]
    full_refresh_schedule: Option<Wanted>,
}

/// New schedules; at least one.
#[derive(Debug, Deserialize, JsonSchema)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub(crate) struct NewSchedules {
    /// The project it belongs to, as peaka_list_projects gives it.
    project_id: ProjectId,
    /// The cache's id, as peaka_get_cache_statuses gives it: a UUID.
    cache_id: CacheId,
    /// How often to fetch rows that are new or changed: an ISO 8601 duration such as PT1H, or NONE to stop. Left
    /// out: as it is.
    #[serde(default)]
    incremental_schedule: Option<Wanted>,
    /// How often to fetch all rows anew: an ISO 8601 duration such as P1D, or NONE to stop. Left out: as it is.
    #[serde(default)]
    full_refresh_schedule: Option<Wanted>,
}

/// What Peaka is sent for a new cache; of a batch, for each.
#[derive(Debug, Serialize)]
#[serde(rename_all = "camelCase")]
pub(super) struct Body<'a> {
    pub(super) catalog_id: &'a CatalogId,
    pub(super) schema_name: &'a Name,
    pub(super) table_name: &'a Name,
    #[serde(flatten)]
    pub(super) schedules: Schedules<'a>,
}

/// The schedules of a new cache: NONE is the same as nothing there.
pub(super) fn initial<'a>(
    incremental: Option<&'a Wanted>,
    full_refresh: Option<&'a Wanted>,
) -> Schedules<'a> {
    let schedule =
        |wanted: Option<&'a Wanted>| wanted.filter(|wanted| **wanted != Wanted::None).map(Schedule::from);
    Schedules {
        incremental_cache_schedule: schedule(incremental),
        full_refresh_cache_schedule: schedule(full_refresh),
    }
}

/// `data/projects/{project}/cache`.
pub(super) fn caches_path(project: &ProjectId) -> ApiPath {
    project_path(project).then("cache")
}

#[tool_router(router = cache_tools, vis = "pub(super)")]
impl Toolbox {
    #[tool(
        name = "peaka_create_cache",
        title = "Create Cache",
        description = "Cache a table in Peaka, so that queries read all of it, and fast. Only tables whose \
                       isCacheable is true (peaka_list_tables) can be. The first sync starts at once; until it \
                       has completed (peaka_get_cache_statuses) the table reads as empty. If the table is cached \
                       already, Peaka answers with the cache that is there, or fails while its first sync runs: \
                       look at peaka_get_cache_statuses before repeating this. For several tables use \
                       peaka_create_cache_batch.",
        annotations(
            title = "Create Cache",
            read_only_hint = false,
            destructive_hint = false,
            idempotent_hint = false,
            open_world_hint = true
        ),
        meta = needs(Scope::Write)
    )]
    async fn create_cache(
        &self,
        caller: Caller,
        Parameters(new): Parameters<NewCache>,
    ) -> Result<Json<Cache>, ToolError> {
        let (incremental, full) = (new.incremental_schedule.as_ref(), new.full_refresh_schedule.as_ref());
        let body = Body {
            catalog_id: &new.catalog_id,
            schema_name: &new.schema_name,
            table_name: &new.table_name,
            schedules: initial(incremental, full),
        };
        let path = caches_path(&new.project_id);
        let cache: Cache = self.peaka.change(&caller, Method::POST, &path, &body).await?;
        let note = "The first sync has started; until peaka_get_cache_statuses shows it as COMPLETED the table \
                    reads as empty.";
        Ok(Json(cache.noting(note, incremental, full)))
    }

    #[tool(
        name = "peaka_update_cache",
        title = "Update Cache",
        description = "Change one or both schedules of a cache; give at least one. A schedule that is left out \
                       stays as it is. NONE turns one off, so that this kind of sync runs only when it is asked \
                       for.",
        annotations(
            title = "Update Cache",
            read_only_hint = false,
            destructive_hint = false,
            idempotent_hint = true,
            open_world_hint = false
        ),
        meta = needs(Scope::Write)
    )]
    async fn update_cache(
        &self,
        caller: Caller,
        Parameters(new): Parameters<NewSchedules>,
    ) -> Result<Json<Cache>, ToolError> {
        let (incremental, full) = (new.incremental_schedule.as_ref(), new.full_refresh_schedule.as_ref());
        if incremental.is_none() && full.is_none() {
            return Err(ToolError::Arguments(
                "Give at least one of incrementalSchedule and fullRefreshSchedule; NONE turns one off.",
            ));
        }
        let body = Schedules {
            incremental_cache_schedule: incremental.map(Schedule::from),
            full_refresh_cache_schedule: full.map(Schedule::from),
        };
        let path = caches_path(&new.project_id).segment(&new.cache_id);
        let cache: Cache = self.peaka.change(&caller, Method::PUT, &path, &body).await?;
        Ok(Json(cache.noting("The schedules are set as shown.", incremental, full)))
    }

    #[tool(
        name = "peaka_refresh_cache_full",
        title = "Refresh Cache (Full)",
        description = "Start a sync that fetches all rows of a cached table anew. It returns at once and runs on \
                       in Peaka; peaka_get_cache_statuses shows it a moment later. Large tables take long and use \
                       the source's API: prefer peaka_refresh_cache_incremental where the table supports it.",
        annotations(
            title = "Refresh Cache (Full)",
            read_only_hint = false,
            destructive_hint = false,
            idempotent_hint = false,
            open_world_hint = true
        ),
        meta = needs(Scope::Write)
    )]
    async fn refresh_cache_full(
        &self,
        caller: Caller,
        Parameters(of): Parameters<OfCache>,
    ) -> Result<Json<Done>, ToolError> {
        let path = caches_path(&of.project_id).segment(&of.cache_id).then("fullRefreshUpdate");
        let remark = self.peaka.trigger(&caller, Method::POST, &path, None::<&()>).await?;
        Ok(Json(Done::new("A full sync was started. peaka_get_cache_statuses shows how it goes.", remark)))
    }

    #[tool(
        name = "peaka_refresh_cache_incremental",
        title = "Refresh Cache (Incremental)",
        description = "Start a sync that fetches only the rows of a cached table that are new or changed. It \
                       returns at once and runs on in Peaka; peaka_get_cache_statuses shows it a moment later. \
                       The table must list INCREMENTAL in supportedCacheTypes (peaka_list_tables).",
        annotations(
            title = "Refresh Cache (Incremental)",
            read_only_hint = false,
            destructive_hint = false,
            idempotent_hint = false,
            open_world_hint = true
        ),
        meta = needs(Scope::Write)
    )]
    async fn refresh_cache_incremental(
        &self,
        caller: Caller,
        Parameters(of): Parameters<OfCache>,
    ) -> Result<Json<Done>, ToolError> {
        let path = caches_path(&of.project_id).segment(&of.cache_id).then("incrementalUpdate");
        let remark = self.peaka.trigger(&caller, Method::POST, &path, None::<&()>).await?;
        let message = "An incremental sync was started. peaka_get_cache_statuses shows how it goes.";
        Ok(Json(Done::new(message, remark)))
    }

    #[tool(
        name = "peaka_delete_cache",
        title = "Delete Cache",
        description = "Delete a cache with its rows and schedules. The table stays and is read from its source \
                       again: slower, and perhaps cut at 100 rows. Ask the user first.",
        annotations(
            title = "Delete Cache",
            read_only_hint = false,
            destructive_hint = true,
            idempotent_hint = true,
            open_world_hint = false
        ),
        meta = needs(Scope::Write)
    )]
    async fn delete_cache(
        &self,
        caller: Caller,
        Parameters(of): Parameters<OfCache>,
    ) -> Result<Json<Done>, ToolError> {
        let path = caches_path(&of.project_id).segment(&of.cache_id);
        let remark = self.peaka.trigger(&caller, Method::DELETE, &path, None::<&()>).await?;
        let message = format!(
            "The cache {} was deleted; the table is read from its source again.",
            String::from(of.cache_id)
        );
        Ok(Json(Done::new(message, remark)))
    }
}
