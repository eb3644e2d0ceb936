//! The tools, a file per family of nouns. A family's file holds all there is to its tools: their words, schemas,
//! annotations, scope and the call. [`all`] is the one list of families.

// What families share.
mod done;
mod duration;
mod fit;
mod place;
mod sql_result;
mod statement;
mod status;

// The families, each with the file of its data beside it where that is long.
mod cache;
mod cache_batch;
mod cache_settings;
mod cache_statuses;
mod connections;
mod golden;
mod list;
mod materialized;
mod metadata;
mod metadata_refresh;
mod metadata_table;
mod project_tree;
mod projects;
mod query;
mod relations;
mod saved_queries;
mod saved_query;
mod schedule;
mod semantic;
mod statistics;

use rmcp::handler::server::router::tool::ToolRouter;

use crate::peaka::Client;

/// What every tool works with.
#[derive(Debug)]
pub(crate) struct Toolbox {
    peaka: Client,
}

impl Toolbox {
    /// Tools that call `peaka`.
    pub(crate) fn new(peaka: Client) -> Self {
        Self { peaka }
    }
}

/// Every tool there is.
pub(crate) fn all() -> ToolRouter<Toolbox> {
    Toolbox::project_tools()
        + Toolbox::list_tools()
        + Toolbox::query_tools()
        + Toolbox::golden_tools()
        + Toolbox::saved_query_tools()
        + Toolbox::materialized_tools()
        + Toolbox::metadata_tools()
        + Toolbox::metadata_refresh_tools()
        + Toolbox::relation_tools()
        + Toolbox::statistics_tools()
        + Toolbox::cache_tools()
        + Toolbox::cache_batch_tools()
        + Toolbox::cache_status_tools()
        + Toolbox::connection_tools()
        + Toolbox::semantic_tools()
}
