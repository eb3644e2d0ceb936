//! The catalogs that every project has, and the tables in them.

mod tables;

use crate::demo;

/// A column as `GET .../columns` tells of it.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Column {
    pub(crate) name: &'static str,
    /// Trino's name of the type.
    pub(crate) data_type: &'static str,
    pub(crate) not_null: bool,
    pub(crate) unique: bool,
    pub(crate) description: &'static str,
}

impl Column {
    /// Whether this is a parameter of the connector rather than data: it can be filtered on and is always null.
    pub(crate) fn is_virtual(&self) -> bool {
        self.name.starts_with("_q_")
    }
}

/// Where a table's rows come from.
#[derive(Clone, Copy, Debug)]
pub(crate) enum Source {
    /// The table of this name in the sample data.
    Sample(&'static str),
    /// One row that tells which project this is: shows at a glance whose data an answer holds.
    AboutProject,
}

#[derive(Clone, Copy, Debug)]
pub(crate) struct Table {
    pub(crate) name: &'static str,
    pub(crate) source: Source,
    pub(crate) columns: &'static [Column],
    pub(crate) cacheable: bool,
    pub(crate) dynamic: bool,
    pub(crate) description: &'static str,
}

#[derive(Clone, Copy, Debug)]
pub(crate) struct Schema {
    pub(crate) name: &'static str,
    pub(crate) tables: &'static [Table],
}

/// What a catalog's connector can do.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Class {
    /// Peaka's own tables.
    Internal,
    /// Saved queries as tables: the tables are whatever queries there are.
    Queries,
    /// A database: knows statistics, caches nothing.
    Database,
    /// A service behind an API: can be cached; a table that is not reads its first 100 rows only.
    Service,
}

#[derive(Clone, Copy, Debug)]
pub(crate) struct Catalog {
    /// The name in SQL.
    pub(crate) name: &'static str,
    pub(crate) display_name: &'static str,
    pub(crate) kind: &'static str,
    pub(crate) class: Class,
    pub(crate) schemas: &'static [Schema],
}

const CATALOGS: [Catalog; 4] = [
    Catalog {
        name: "peaka",
        display_name: "Peaka",
        kind: "internal",
        class: Class::Internal,
        schemas: tables::PEAKA,
    },
    Catalog {
        name: "peaka",
        display_name: "Peaka Query",
        kind: "query",
        class: Class::Queries,
        schemas: tables::QUERIES,
    },
    Catalog {
        name: "storefront",
        display_name: "Storefront",
        kind: "peaka_postgres",
        class: Class::Database,
        schemas: tables::STOREFRONT,
    },
    Catalog {
        name: "payments",
        display_name: "Payments",
        kind: "stripe",
        class: Class::Service,
        schemas: tables::PAYMENTS,
    },
];

impl Catalog {
    /// The catalog's id in `project`: the two built-in ones have the same everywhere.
    pub(crate) fn id(&self, project: &str) -> String {
        match self.class {
            Class::Internal => "1".to_owned(),
            Class::Queries => "2".to_owned(),
            Class::Database | Class::Service => demo::catalog_id(project, self.name),
        }
    }

    /// The id of the connection that the catalog is read through.
    pub(crate) fn connection_id(&self, project: &str) -> Option<String> {
        match self.class {
            Class::Internal | Class::Queries => None,
            Class::Database | Class::Service => {
                Some(super::ids::uuid(&format!("{project}/connection/{}", self.name)))
            }
        }
    }

    /// The schema of this name, whatever its case.
    pub(crate) fn schema(&self, name: &str) -> Option<&'static Schema> {
        self.schemas.iter().find(|schema| schema.name.eq_ignore_ascii_case(name))
    }
}

impl Schema {
    /// The table of this name, whatever its case.
    pub(crate) fn table(&self, name: &str) -> Option<&'static Table> {
        self.tables.iter().find(|table| table.name.eq_ignore_ascii_case(name))
    }
}

/// The catalogs of a project.
pub(crate) fn all() -> &'static [Catalog] {
    &CATALOGS
}
