//! What Peaka knows about a project's tables, in one answer.

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
    fit::fitting,
    metadata_table::{Described, TableMetadata},
    place::metadata_path,
};
use crate::{
    caller::Caller,
    error::ToolError,
    peaka::{CatalogId, Name, ProjectId, json::list},
    scope::needs,
};

/// Which tables.
#[derive(Debug, Deserialize, JsonSchema)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub(crate) struct Part {
    /// The project to look into, as peaka_list_projects gives it.
    project_id: ProjectId,
    /// Only tables of this catalog: its `id`, as peaka_list_catalogs gives it: digits, in quotes.
    #[serde(default)]
    catalog_id: Option<CatalogId>,
    /// Only tables of this schema.
    #[serde(default)]
    schema_name: Option<Name>,
    /// Whether to show values that Peaka has sampled from the columns. They are real data; ask for them only where
    /// the form of the values matters.
    #[serde(default)]
    include_samples: bool,
}

/// The tables and what is known about them.
#[derive(Debug, Serialize, JsonSchema)]
#[serde(rename_all = "camelCase")]
pub(crate) struct Metadata {
    /// One entry for each table.
    tables: Vec<TableMetadata>,
    /// How many tables are in `tables`.
    table_count: usize,
    /// Whether tables were left out here.
    truncated: bool,
    /// What to know before relying on the list.
    #[serde(skip_serializing_if = "Option::is_none")]
    notice: Option<String>,
}

/// `{"metadata": [{"id", "content", "metadata": {…}}]}`; `content` repeats the rest for a search index.
#[derive(Deserialize)]
struct Answer {
    #[serde(default, deserialize_with = "list")]
    metadata: Vec<Entry>,
}

#[derive(Deserialize)]
#[serde(untagged)]
enum Entry {
    Indexed { metadata: Box<Described> },
    Plain(Box<Described>),
}

#[tool_router(router = metadata_tools, vis = "pub(super)")]
impl Toolbox {
    #[tool(
        name = "peaka_get_project_metadata",
        title = "Get Project Metadata",
        description = "Show tables with their columns, types, descriptions and relations: the quickest way to all \
                       that SQL needs. `sqlName` is the name to use in FROM. Narrow it with catalogId and \
                       schemaName where the project is large. If tables are missing that the source has, refresh \
                       with peaka_refresh_project_metadata. Sampled values come with includeSamples only.",
        annotations(
            title = "Get Project Metadata",
            read_only_hint = true,
            destructive_hint = false,
            idempotent_hint = true,
            open_world_hint = false
        ),
        meta = needs(Scope::Read)
    )]
    async fn metadata(
        &self,
        caller: Caller,
        Parameters(part): Parameters<Part>,
    ) -> Result<Json<Metadata>, ToolError> {
        let mut path = metadata_path(&part.project_id);
        if let Some(catalog) = part.catalog_id {
            path = path.query("catalogId", catalog);
        }
        if let Some(schema) = part.schema_name {
            path = path.query("schemaName", schema);
        }
        let answer: Answer = self.peaka.get(&caller, &path).await?;
        let described = answer.metadata.into_iter().map(|entry| match entry {
            Entry::Indexed { metadata } | Entry::Plain(metadata) => *metadata,
        });
        let tables = described.map(|table| TableMetadata::of(table, part.include_samples)).collect();
        Ok(Json(fitted(tables)))
    }
}

fn fitted(mut tables: Vec<TableMetadata>) -> Metadata {
    let (answered, fitting) = (tables.len(), fitting(&tables));
    tables.truncate(fitting);
    let notice = if fitting < answered {
        Some(format!(
            "Only {fitting} of {answered} tables fit into an answer. Ask for one catalogId, or one schemaName of it."
        ))
    } else if answered == 0 {
        Some(
            "Peaka has no metadata here. If the catalog has tables (peaka_list_tables), refresh it with \
             peaka_refresh_project_metadata."
                .to_owned(),
        )
    } else {
        None
    };
    Metadata { table_count: fitting, truncated: fitting < answered, tables, notice }
}
