//! What a query's expressions can name.

/// The table column that an output column shows.
#[derive(Clone, Debug)]
pub(crate) struct Origin {
    pub(crate) catalog_id: String,
    pub(crate) catalog: String,
    pub(crate) schema: String,
    pub(crate) table: String,
    pub(crate) column: String,
}

/// An output column.
#[derive(Clone, Debug)]
pub(crate) struct OutColumn {
    pub(crate) name: String,
    /// Trino's type; `None` = to be told from the values.
    pub(crate) data_type: Option<String>,
    /// `None` for what is computed.
    pub(crate) origin: Option<Origin>,
}

/// The columns that the tables of a FROM clause offer, by the name each table goes by.
pub(crate) type Scope = Vec<(String, Vec<OutColumn>)>;
