//! The names of the backend's tools, which the gateway otherwise knows nothing of; a test of the backend holds the file to
//! its catalogue.

use std::sync::LazyLock;

use serde::Deserialize;
use shared::scope::Scope;

#[derive(Debug, Default, Deserialize)]
struct Tools {
    #[serde(rename = "peaka:read")]
    read: Vec<String>,
    #[serde(rename = "peaka:query")]
    query: Vec<String>,
    #[serde(rename = "peaka:write")]
    write: Vec<String>,
}

static TOOLS: LazyLock<Tools> =
    LazyLock::new(|| serde_json::from_str(include_str!("../assets/tools.json")).unwrap_or_default());

/// Those that need a scope.
pub(crate) fn of(scope: Scope) -> &'static [String] {
    match scope {
        Scope::Read => &TOOLS.read,
        Scope::Query => &TOOLS.query,
        Scope::Write => &TOOLS.write,
    }
}

/// The tool of this name, if there is one.
pub(crate) fn named(name: &str) -> Option<&'static str> {
    Scope::ALL.into_iter().flat_map(of).map(String::as_str).find(|tool| *tool == name)
}
