//! How a tool says which scope it needs: in the `_meta` of its own declaration, so that the word stands beside
//! the tool and a client can read it too. A tool that says nothing cannot be served ([`declared`] is `None`).

use rmcp::model::{MetaObject, Tool};
use shared::scope::Scope;

const KEY: &str = "peaka/scope";

/// For `#[tool(meta = needs(Scope::…))]`.
pub(crate) fn needs(scope: Scope) -> MetaObject {
    let mut meta = MetaObject::new();
    meta.0.insert(KEY.to_owned(), scope.as_str().into());
    meta
}

/// The scope a tool declares.
pub(crate) fn declared(tool: &Tool) -> Option<Scope> {
    tool.meta.as_ref()?.0.get(KEY)?.as_str()?.parse().ok()
}
