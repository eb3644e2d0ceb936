//! The tools, a file per family of nouns. A family's file holds all there is to its tools: their words, schemas,
//! annotations, scope and the call. [`all`] is the one list of families.

mod list;
mod projects;
mod query;
mod sql_result;

use rmcp::handler::server::router::tool::ToolRouter;

use crate::peaka::{ApiPath, Client, ProjectId};

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
    Toolbox::project_tools() + Toolbox::list_tools() + Toolbox::query_tools()
}

/// `data/projects/{project}`, under which most of the API lies.
fn project_path(project: &ProjectId) -> ApiPath {
    ApiPath::new("data/projects").segment(project)
}
