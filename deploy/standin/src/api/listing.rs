//! The catalogs of a project: the fixed ones and the semantic ones that people made, side by side.

use super::{caller::Caller, error::ApiError};
use crate::{
    app::App,
    world::catalogs::{self, Catalog, Class, Schema, Table},
};

/// A catalog as a project has it.
#[derive(Debug)]
pub(super) struct Listed {
    pub(super) id: String,
    /// The name in SQL.
    pub(super) name: String,
    pub(super) display_name: String,
    pub(super) kind: &'static str,
    pub(super) connection_id: Option<String>,
    /// `None` = semantic.
    pub(super) fixed: Option<&'static Catalog>,
}

/// All of a project.
pub(super) fn all(app: &App, project: &str) -> Vec<Listed> {
    let fixed = catalogs::all().iter().map(|catalog| Listed {
        id: catalog.id(project),
        name: catalog.name.to_owned(),
        display_name: catalog.display_name.to_owned(),
        kind: catalog.kind,
        connection_id: catalog.connection_id(project),
        fixed: Some(catalog),
    });
    let made = app.studio.at(project, |desk| desk.semantic_catalogs.clone());
    let semantic = made.into_iter().map(|catalog| Listed {
        name: catalog.name(),
        id: catalog.id,
        display_name: catalog.display_name,
        kind: "SEMANTIC",
        connection_id: None,
        fixed: None,
    });
    fixed.chain(semantic).collect()
}

/// The one with this id, if the caller reaches the project.
pub(super) fn find(app: &App, caller: &Caller, project: &str, id: &str) -> Result<Listed, ApiError> {
    caller.project(project)?;
    let missing = || ApiError::Missing(format!("There is no catalog with id: {id}"));
    all(app, project).into_iter().find(|catalog| catalog.id == id).ok_or_else(missing)
}

impl Listed {
    /// The names of its schemas.
    pub(super) fn schemas(&self, app: &App, project: &str) -> Vec<String> {
        if let Some(fixed) = self.fixed {
            return fixed.schemas.iter().map(|schema| schema.name.to_owned()).collect();
        }
        let mut names: Vec<String> = app.studio.at(project, |desk| {
            let tables = desk.semantic_tables.iter().filter(|table| table.catalog_id == self.id);
            tables.map(|table| table.schema.clone()).collect()
        });
        names.sort();
        names.dedup();
        names
    }

    /// The tables that people made in it: saved queries and semantic tables.
    pub(super) fn made_tables(&self, app: &App, project: &str, schema: &str) -> Vec<String> {
        app.studio.at(project, |desk| match (self.fixed.map(|fixed| fixed.class), schema) {
            (Some(Class::Queries), "query") => desk.queries.values().map(|query| query.name()).collect(),
            (Some(Class::Queries), "mtquery") => desk
                .queries
                .values()
                .filter(|query| query.is_materialized())
                .map(|query| query.name())
                .collect(),
            (None, schema) => {
                let tables = desk.semantic_tables.iter();
                let tables = tables.filter(|table| table.catalog_id == self.id && table.schema == schema);
                tables.map(|table| table.table.clone()).collect()
            }
            _ => Vec::new(),
        })
    }

    /// The fixed table of this name.
    pub(super) fn fixed_table(&self, schema: &str, table: &str) -> Option<(&'static Schema, &'static Table)> {
        let schema = self.fixed?.schema(schema)?;
        Some((schema, schema.table(table)?))
    }
}
