//! Every tool by name, with the scope it needs.

use std::collections::HashMap;

use rmcp::{handler::server::router::tool::ToolRouter, model::Tool};
use shared::scope::Scope;

use crate::{
    schema,
    scope::declared,
    tools::{self, Toolbox},
};

/// A mistake in this program: nothing is served with it.
#[derive(Debug, thiserror::Error)]
pub enum BadCatalogue {
    /// A tool says nothing of its scope.
    #[error("the tool {0} does not declare the scope it needs")]
    NoScope(String),
    /// The list cannot be written.
    #[error("the tools cannot be listed")]
    NotWritten(#[from] serde_json::Error),
}

/// The tools that this server has.
pub(crate) struct Catalogue {
    router: ToolRouter<Toolbox>,
    listed: Vec<Tool>,
    written: Vec<u8>,
    scopes: HashMap<String, Scope>,
}

impl Catalogue {
    /// All of them.
    pub(crate) fn new() -> Result<Self, BadCatalogue> {
        Self::of(|_| {})
    }

    /// All of them, and none insists on a project: who calls has a key, and it may have one project only.
    pub(crate) fn with_optional_project() -> Result<Self, BadCatalogue> {
        Self::of(schema::make_project_optional)
    }

    fn of(change: impl Fn(&mut Tool)) -> Result<Self, BadCatalogue> {
        let mut router = tools::all();
        for route in router.map.values_mut() {
            schema::tidy(&mut route.attr);
            change(&mut route.attr);
        }
        let listed = router.list_all();
        let scope_of = |tool: &Tool| {
            let scope = declared(tool).ok_or_else(|| BadCatalogue::NoScope(tool.name.to_string()))?;
            Ok::<_, BadCatalogue>((tool.name.to_string(), scope))
        };
        let scopes = listed.iter().map(scope_of).collect::<Result<_, _>>()?;
        let written = serde_json::to_vec(&listed)?;
        Ok(Self { router, listed, written, scopes })
    }

    /// The scope that a tool needs; `None` if there is no such tool.
    pub(crate) fn scope_of(&self, tool: &str) -> Option<Scope> {
        self.scopes.get(tool).copied()
    }

    /// In the order of their names.
    pub(crate) fn list(&self) -> &[Tool] {
        &self.listed
    }

    /// The same as a JSON array.
    pub(crate) fn written(&self) -> &[u8] {
        &self.written
    }

    /// The tool's declaration.
    pub(crate) fn get(&self, tool: &str) -> Option<&Tool> {
        self.router.get(tool)
    }

    /// Whether a tool works in a project.
    pub(crate) fn takes_project(&self, tool: &str) -> bool {
        self.get(tool).is_some_and(schema::takes_project)
    }

    /// What calls them.
    pub(crate) fn router(&self) -> &ToolRouter<Toolbox> {
        &self.router
    }
}
