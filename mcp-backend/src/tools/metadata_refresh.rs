//! Having Peaka look at a source anew.

use http::Method;
use rmcp::{
    Json,
    handler::server::wrapper::Parameters,
    schemars::{self, JsonSchema},
    tool, tool_router,
};
use serde::Serialize;
use shared::scope::Scope;

use super::{
    Toolbox,
    done::Done,
    place::{OfCatalog, metadata_path},
    status::Told,
};
use crate::{
    caller::Caller,
    error::ToolError,
    peaka::{CatalogId, PeakaError},
    progress::Progress,
    scope::needs,
};

#[derive(Serialize)]
#[serde(rename_all = "camelCase")]
struct Body<'a> {
    catalog_id: &'a CatalogId,
}

/// How a refresh is going.
#[derive(Debug, Serialize, JsonSchema)]
#[serde(rename_all = "camelCase")]
pub(crate) struct RefreshStatus {
    /// NOT_ACTIVE, COMPLETED, WAITING, ACTIVE, DELAYED, FAILED, PAUSED or STUCK. A refresh that has ended reads
    /// NOT_ACTIVE or COMPLETED.
    status: String,
    /// Whether it is under way, so that asking again makes sense.
    in_progress: bool,
    /// What the status means.
    meaning: &'static str,
}

impl RefreshStatus {
    fn of(status: String) -> Self {
        let (in_progress, meaning) = match status.as_str() {
            "NOT_ACTIVE" | "COMPLETED" => (false, "No refresh is running; the last one, if any, has ended."),
            "WAITING" => (true, "The refresh waits for its turn."),
            "ACTIVE" | "RUNNING" => (true, "The refresh is running."),
            "DELAYED" => (true, "The refresh was put off and will run."),
            "FAILED" => (false, "The refresh failed. It can be started again."),
            "PAUSED" => (false, "The refresh is paused; polling does not help."),
            "STUCK" => {
                (false, "The refresh is stuck; polling does not help. Start it again, or tell the user.")
            }
            _ => (false, "This status is not known here."),
        };
        Self { status, in_progress, meaning }
    }
}

#[tool_router(router = metadata_refresh_tools, vis = "pub(super)")]
impl Toolbox {
    #[tool(
        name = "peaka_refresh_project_metadata",
        title = "Refresh Project Metadata",
        description = "Have Peaka read a catalog's tables and columns anew, after its source has changed. It \
                       returns at once and runs on in Peaka: poll peaka_get_metadata_refresh_status, with some \
                       seconds in between, while inProgress is true. It ends at NOT_ACTIVE (Peaka's \
                       `not-active`) or COMPLETED.",
        annotations(
            title = "Refresh Project Metadata",
            read_only_hint = false,
            destructive_hint = false,
            idempotent_hint = false,
            open_world_hint = true
        ),
        meta = needs(Scope::Write)
    )]
    async fn refresh_metadata(
        &self,
        caller: Caller,
        progress: Progress,
        Parameters(of): Parameters<OfCatalog>,
    ) -> Result<Json<Done>, ToolError> {
        progress.start(&caller).await.map_err(PeakaError::from)?;
        let path = metadata_path(&of.project_id).then("refresh");
        let body = Body { catalog_id: &of.catalog_id };
        let remark = self.peaka.trigger(&caller, Method::POST, &path, Some(&body)).await?;
        progress.tell(100).await;
        let message = "The refresh was started. peaka_get_metadata_refresh_status shows when it has ended.";
        Ok(Json(Done::new(message, remark)))
    }

    #[tool(
        name = "peaka_get_metadata_refresh_status",
        title = "Get Metadata Refresh Status",
        description = "Show whether a metadata refresh of a catalog is under way. Ask again while inProgress is \
                       true, some seconds apart; stop when it is false. An ended refresh reads NOT_ACTIVE (or \
                       COMPLETED), as does a catalog that was never refreshed.",
        annotations(
            title = "Get Metadata Refresh Status",
            read_only_hint = true,
            destructive_hint = false,
            idempotent_hint = true,
            open_world_hint = false
        ),
        meta = needs(Scope::Read)
    )]
    async fn metadata_refresh_status(
        &self,
        caller: Caller,
        Parameters(of): Parameters<OfCatalog>,
    ) -> Result<Json<RefreshStatus>, ToolError> {
        let path = metadata_path(&of.project_id).then("refresh").segment(&of.catalog_id);
        let told: Told = self.peaka.get(&caller, &path).await?;
        let status = told.status.ok_or(PeakaError::NotUnderstood)?;
        Ok(Json(RefreshStatus::of(status)))
    }
}
