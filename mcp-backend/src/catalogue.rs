//! Every tool by name, with the scope it needs.

use std::collections::HashMap;

use rmcp::{handler::server::router::tool::ToolRouter, model::Tool};
use shared::scope::Scope;

use crate::{
    schema,
    scope::declared,
    tools::{self, Toolbox},
};

/// A tool that says nothing of its scope; it is a mistake in this program, and nothing is served with it.
#[derive(Debug, thiserror::Error)]
#[error("the tool {0} does not declare the scope it needs")]
pub struct NoScope(String);

/// The tools that this server has.
pub(crate) struct Catalogue {
    router: ToolRouter<Toolbox>,
    listed: Vec<Tool>,
    scopes: HashMap<String, Scope>,
}

impl Catalogue {
    /// All of them.
    pub(crate) fn new() -> Result<Self, NoScope> {
        Self::of(|_| {})
    }

    /// All of them, and none insists on a project: who calls has a key, and it may have one project only.
    pub(crate) fn with_optional_project() -> Result<Self, NoScope> {
        Self::of(schema::make_project_optional)
    }

    fn of(change: impl Fn(&mut Tool)) -> Result<Self, NoScope> {
        let mut router = tools::all();
        for route in router.map.values_mut() {
            schema::tidy(&mut route.attr);
            change(&mut route.attr);
        }
        let listed = router.list_all();
        let scope_of = |tool: &Tool| {
            let scope = declared(tool).ok_or_else(|| NoScope(tool.name.to_string()))?;
            Ok((tool.name.to_string(), scope))
        };
        let scopes = listed.iter().map(scope_of).collect::<Result<_, _>>()?;
        Ok(Self { router, listed, scopes })
    }

    /// The scope that a tool needs; `None` if there is no such tool.
    pub(crate) fn scope_of(&self, tool: &str) -> Option<Scope> {
        self.scopes.get(tool).copied()
    }

    /// In the order of their names.
    pub(crate) fn list(&self) -> &[Tool] {
        &self.listed
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
