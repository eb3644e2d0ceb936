//! Semantic catalogs and their tables, which are views on saved queries.

/// A semantic catalog.
#[derive(Clone, Debug)]
pub(crate) struct SemanticCatalog {
    pub(crate) id: String,
    pub(crate) display_name: String,
}

impl SemanticCatalog {
    /// The name in SQL.
    pub(crate) fn name(&self) -> String {
        self.display_name.to_lowercase()
    }
}

/// A table of a semantic catalog.
#[derive(Clone, Debug)]
pub(crate) struct SemanticTable {
    pub(crate) id: String,
    pub(crate) catalog_id: String,
    pub(crate) schema: String,
    pub(crate) table: String,
    pub(crate) query_id: String,
}
