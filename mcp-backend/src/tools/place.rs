//! Where a tool looks: a project, a catalog, a schema or a table, and the paths of the API to them.

use rmcp::schemars::{self, JsonSchema};
use serde::Deserialize;

use crate::peaka::{ApiPath, CatalogId, Name, ProjectId};

/// Which project.
#[derive(Debug, Deserialize, JsonSchema)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub(crate) struct OfProject {
    /// The project to look into. If it is unknown, call peaka_list_projects, let the user choose, and keep the
    /// answer for the rest of the conversation.
    pub(super) project_id: ProjectId,
}

/// Which catalog.
#[derive(Debug, Deserialize, JsonSchema)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub(crate) struct OfCatalog {
    /// The project to look into, as peaka_list_projects gives it.
    pub(super) project_id: ProjectId,
    /// The catalog's `id`, as peaka_list_catalogs gives it: digits, in quotes.
    pub(super) catalog_id: CatalogId,
}

/// Which schema.
#[derive(Debug, Deserialize, JsonSchema)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub(crate) struct OfSchema {
    /// The project to look into, as peaka_list_projects gives it.
    pub(super) project_id: ProjectId,
    /// The catalog's `id`, as peaka_list_catalogs gives it: digits, in quotes.
    pub(super) catalog_id: CatalogId,
    /// The schema's name, as peaka_list_schemas gives it.
    pub(super) schema_name: Name,
}

/// Which table.
#[derive(Debug, Deserialize, JsonSchema)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub(crate) struct OfTable {
    /// The project to look into, as peaka_list_projects gives it.
    pub(super) project_id: ProjectId,
    /// The catalog's `id`, as peaka_list_catalogs gives it: digits, in quotes.
    pub(super) catalog_id: CatalogId,
    /// The schema's name, as peaka_list_schemas gives it.
    pub(super) schema_name: Name,
    /// The table's name, as peaka_list_tables gives it.
    pub(super) table_name: Name,
}

/// `data/projects/{project}`, under which most of the API lies.
pub(super) fn project_path(project: &ProjectId) -> ApiPath {
    ApiPath::new("data/projects").segment(project)
}

/// `metadata/{project}`.
pub(super) fn metadata_path(project: &ProjectId) -> ApiPath {
    ApiPath::new("metadata").segment(project)
}

impl OfCatalog {
    /// Its schemas.
    pub(super) fn schemas(&self) -> ApiPath {
        schemas(&self.project_id, &self.catalog_id)
    }
}

impl OfSchema {
    /// Its tables.
    pub(super) fn tables(&self) -> ApiPath {
        schemas(&self.project_id, &self.catalog_id).segment(&self.schema_name).then("tables")
    }
}

impl OfTable {
    /// The table itself.
    pub(super) fn path(&self) -> ApiPath {
        let schema = schemas(&self.project_id, &self.catalog_id).segment(&self.schema_name);
        schema.then("tables").segment(&self.table_name)
    }
}

fn schemas(project: &ProjectId, catalog: &CatalogId) -> ApiPath {
    project_path(project).then("catalogs").segment(catalog).then("schemas")
}
