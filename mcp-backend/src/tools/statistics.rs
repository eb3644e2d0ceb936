//! What the source's planner knows of a table.

use rmcp::{
    Json,
    handler::server::wrapper::Parameters,
    schemars::{self, JsonSchema},
    tool, tool_router,
};
use serde::{Deserialize, Serialize};
use shared::scope::Scope;

use super::{Toolbox, place::OfTable};
use crate::{caller::Caller, error::ToolError, peaka::json::list, scope::needs};

/// Statistics of a table.
#[derive(Debug, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "camelCase")]
pub(crate) struct Statistics {
    /// One entry for each column that has any.
    #[serde(default, deserialize_with = "list")]
    column_statistics: Vec<ColumnStatistics>,
    /// What to know if there are none.
    #[serde(skip_deserializing, skip_serializing_if = "Option::is_none")]
    note: Option<&'static str>,
}

/// Statistics of a column.
#[derive(Debug, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "camelCase")]
pub(crate) struct ColumnStatistics {
    /// The column.
    column_name: String,
    /// How many different values it holds. Negative: the part of the rows whose values differ, -1 being all of
    /// them. Positive: as the source counts it.
    #[serde(skip_serializing_if = "Option::is_none")]
    distinct_fraction: Option<f64>,
}

#[tool_router(router = statistics_tools, vis = "pub(super)")]
impl Toolbox {
    #[tool(
        name = "peaka_get_table_statistics",
        title = "Get Table Statistics",
        description = "Show how many different values the columns of a table hold, by the estimate of its source: \
                       good to find keys and columns to group by. Only database catalogs keep statistics \
                       (peaka_postgres today); Peaka refuses the others.",
        annotations(
            title = "Get Table Statistics",
            read_only_hint = true,
            destructive_hint = false,
            idempotent_hint = true,
            open_world_hint = false
        ),
        meta = needs(Scope::Read)
    )]
    async fn statistics(
        &self,
        caller: Caller,
        Parameters(of): Parameters<OfTable>,
    ) -> Result<Json<Statistics>, ToolError> {
        let mut statistics: Statistics = self.peaka.get(&caller, &of.path().then("statistics")).await?;
        if statistics.column_statistics.is_empty() {
            statistics.note = Some("The source has no statistics of this table.");
        }
        Ok(Json(statistics))
    }
}
