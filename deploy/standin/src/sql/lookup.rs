//! What the SQL room asks of the world: tables by name, and who is asking.

use super::error::SqlError;

/// A column of a table that a statement may read.
#[derive(Clone, Debug)]
pub(crate) struct RelationColumn {
    pub(crate) name: String,
    pub(crate) data_type: String,
}

/// Where the rows of a table are.
#[derive(Clone, Debug)]
pub(crate) enum Rows {
    /// In the sample table of this name.
    Sample(String),
    /// In what this SQLite query gives. The stand-in's own text, never a caller's.
    Native(String),
    /// In what this Trino query gives: a saved query, checked and rewritten like any other.
    Saved(String),
}

/// A table that a statement may read.
#[derive(Clone, Debug)]
pub(crate) struct Relation {
    pub(crate) catalog_id: String,
    pub(crate) rows: Rows,
    /// Empty for [`Rows::Saved`]: its columns are what the query gives.
    pub(crate) columns: Vec<RelationColumn>,
}

/// Tables by their three-part name, in one project and for one person.
pub(crate) trait Lookup: Sync {
    /// The table, or Trino's complaint without the place.
    fn table(&self, catalog: &str, schema: &str, table: &str) -> Result<Relation, SqlError>;

    /// `current_user_props(name)`: of the person who asks; empty if there is no such property.
    fn property(&self, name: &str) -> String;
}
