//! What a project holds: catalogs, their schemas, tables and columns.

use rmcp::{
    Json,
    handler::server::wrapper::Parameters,
    schemars::{self, JsonSchema},
    tool, tool_router,
};
use serde::Serialize;
use shared::scope::Scope;

use super::{
    Toolbox,
    place::{OfCatalog, OfProject, OfSchema, OfTable, project_path},
};
use crate::{
    caller::Caller,
    error::ToolError,
    peaka::types::{Catalog, Column, Schema, Table},
    scope::needs,
};

/// The catalogs of a project.
#[derive(Debug, Serialize, JsonSchema)]
pub(crate) struct Catalogs {
    /// One entry for each data source.
    catalogs: Vec<Catalog>,
}

/// The schemas of a catalog.
#[derive(Debug, Serialize, JsonSchema)]
pub(crate) struct Schemas {
    /// One entry for each schema.
    schemas: Vec<Schema>,
}

/// The tables of a schema.
#[derive(Debug, Serialize, JsonSchema)]
pub(crate) struct Tables {
    /// One entry for each table.
    tables: Vec<Table>,
}

/// The columns of a table.
#[derive(Debug, Serialize, JsonSchema)]
pub(crate) struct Columns {
    /// One entry for each column, in the table's order.
    columns: Vec<Column>,
}

#[tool_router(router = list_tools, vis = "pub(super)")]
impl Toolbox {
    #[tool(
        name = "peaka_list_catalogs",
        title = "List Catalogs",
        description = "List the catalogs (connected data sources) of a project. `name` is what SQL uses in \
                       \"catalog\".\"schema\".\"table\"; `id` is what the other tools want. Next: \
                       peaka_list_schemas.",
        annotations(
            title = "List Catalogs",
            read_only_hint = true,
            destructive_hint = false,
            idempotent_hint = true,
            open_world_hint = false
        ),
        meta = needs(Scope::Read)
    )]
    async fn catalogs(
        &self,
        caller: Caller,
        Parameters(of): Parameters<OfProject>,
    ) -> Result<Json<Catalogs>, ToolError> {
        let path = project_path(&of.project_id).then("catalogs");
        Ok(Json(Catalogs { catalogs: self.peaka.get(&caller, &path).await? }))
    }

    #[tool(
        name = "peaka_list_schemas",
        title = "List Schemas",
        description = "List the schemas of a catalog. Next: peaka_list_tables.",
        annotations(
            title = "List Schemas",
            read_only_hint = true,
            destructive_hint = false,
            idempotent_hint = true,
            open_world_hint = false
        ),
        meta = needs(Scope::Read)
    )]
    async fn schemas(
        &self,
        caller: Caller,
        Parameters(of): Parameters<OfCatalog>,
    ) -> Result<Json<Schemas>, ToolError> {
        Ok(Json(Schemas { schemas: self.peaka.get(&caller, &of.schemas()).await? }))
    }

    #[tool(
        name = "peaka_list_tables",
        title = "List Tables",
        description = "List the tables of a schema, and whether each is or can be cached. A table that is \
                       cacheable but not cached may be cut at 100 rows when it is queried; one whose first cache \
                       sync still runs reads as empty. Next: peaka_list_columns.",
        annotations(
            title = "List Tables",
            read_only_hint = true,
            destructive_hint = false,
            idempotent_hint = true,
            open_world_hint = false
        ),
        meta = needs(Scope::Read)
    )]
    async fn tables(
        &self,
        caller: Caller,
        Parameters(of): Parameters<OfSchema>,
    ) -> Result<Json<Tables>, ToolError> {
        Ok(Json(Tables { tables: self.peaka.get(&caller, &of.tables()).await? }))
    }

    #[tool(
        name = "peaka_list_columns",
        title = "List Columns",
        description = "List the columns of a table with their Trino types. Columns named `_q_…` hold no data: \
                       they are parameters of the source's API, given in the WHERE clause.",
        annotations(
            title = "List Columns",
            read_only_hint = true,
            destructive_hint = false,
            idempotent_hint = true,
            open_world_hint = false
        ),
        meta = needs(Scope::Read)
    )]
    async fn columns(
        &self,
        caller: Caller,
        Parameters(of): Parameters<OfTable>,
    ) -> Result<Json<Columns>, ToolError> {
        let path = of.path().then("columns");
        Ok(Json(Columns { columns: self.peaka.get(&caller, &path).await? }))
    }
}
