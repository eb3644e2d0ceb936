//! Semantic catalogs: saved queries that are shown as tables of a catalog of their own.

use http::Method;
use rmcp::{
    Json,
    handler::server::wrapper::Parameters,
    schemars::{self, JsonSchema},
    tool, tool_router,
};
use serde::{Deserialize, Serialize};
use shared::scope::Scope;

use super::{Toolbox, done::Done, place::project_path};
use crate::{
    caller::Caller,
    error::ToolError,
    peaka::{
        ApiPath, CatalogId, Name, ProjectId, QueryId, TableId,
        json::{id_if_any, text_or_number},
        types::sql_name,
    },
    scope::needs,
};

/// A catalog to make.
#[derive(Debug, Deserialize, JsonSchema)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub(crate) struct NewCatalog {
    /// The project to make it in, as peaka_list_projects gives it.
    project_id: ProjectId,
    /// The name people see; its lower-case form is the name in SQL. It must be new in the project.
    #[schemars(length(min = 1))]
    name: String,
}

/// A table to make.
#[derive(Debug, Deserialize, JsonSchema)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub(crate) struct NewTable {
    /// The project, as peaka_list_projects gives it.
    project_id: ProjectId,
    /// The semantic catalog's `id`: digits, in quotes.
    catalog_id: CatalogId,
    /// The schema to put it in; made if it is not there.
    schema_name: Name,
    /// The table's name.
    table_name: Name,
    /// The `id` of the saved query behind it, as peaka_list_queries gives it: digits, in quotes.
    query_id: QueryId,
}

/// Which table of a semantic catalog.
#[derive(Debug, Deserialize, JsonSchema)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub(crate) struct OfSemanticTable {
    /// The project, as peaka_list_projects gives it.
    project_id: ProjectId,
    /// The semantic catalog's `id`: digits, in quotes.
    catalog_id: CatalogId,
    /// The table's `tableId`, as peaka_create_semantic_table gives it: digits, in quotes.
    table_id: TableId,
}

/// The catalog that was made.
#[derive(Debug, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "camelCase")]
pub(crate) struct SemanticCatalog {
    /// The catalog's id, for the other tools (`catalogId`).
    #[serde(deserialize_with = "text_or_number")]
    id: String,
    /// The catalog's name in SQL.
    #[serde(skip_serializing_if = "Option::is_none")]
    name: Option<String>,
    /// The name people see.
    #[serde(skip_serializing_if = "Option::is_none")]
    display_name: Option<String>,
    /// SEMANTIC.
    #[serde(rename = "type", alias = "catalogType", skip_serializing_if = "Option::is_none")]
    kind: Option<String>,
}

/// The table that was made.
#[derive(Debug, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "camelCase")]
pub(crate) struct SemanticTable {
    /// The table's id; peaka_delete_semantic_table wants it.
    #[serde(alias = "id", deserialize_with = "text_or_number")]
    table_id: String,
    /// The catalog's id.
    #[serde(default, deserialize_with = "id_if_any", skip_serializing_if = "Option::is_none")]
    catalog_id: Option<String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    catalog_name: Option<String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    schema_name: Option<String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    table_name: Option<String>,
    /// How SQL reads it.
    #[serde(skip_deserializing, skip_serializing_if = "Option::is_none")]
    sql_name: Option<String>,
}

#[derive(Serialize)]
struct CatalogBody<'a> {
    name: &'a str,
}

#[derive(Serialize)]
#[serde(rename_all = "camelCase")]
struct TableBody<'a> {
    schema_name: &'a Name,
    table_name: &'a Name,
    query_id: &'a QueryId,
}

fn semantic_path(project: &ProjectId) -> ApiPath {
    project_path(project).then("semantic-catalogs")
}

#[tool_router(router = semantic_tools, vis = "pub(super)")]
impl Toolbox {
    #[tool(
        name = "peaka_create_semantic_catalog",
        title = "Create Semantic Catalog",
        description = "Make a semantic catalog: a place where saved queries appear as tables under names of their \
                       own. Fill it with peaka_create_semantic_table. Peaka refuses a name that is taken.",
        annotations(
            title = "Create Semantic Catalog",
            read_only_hint = false,
            destructive_hint = false,
            idempotent_hint = false,
            open_world_hint = false
        ),
        meta = needs(Scope::Write)
    )]
    async fn create_semantic_catalog(
        &self,
        caller: Caller,
        Parameters(new): Parameters<NewCatalog>,
    ) -> Result<Json<SemanticCatalog>, ToolError> {
        if new.name.trim().is_empty() {
            return Err(ToolError::Arguments("name must not be empty"));
        }
        let (path, body) = (semantic_path(&new.project_id), CatalogBody { name: &new.name });
        Ok(Json(self.peaka.change(&caller, Method::POST, &path, &body).await?))
    }

    #[tool(
        name = "peaka_create_semantic_table",
        title = "Create Semantic Table",
        description = "Show a saved query as a table of a semantic catalog. The query comes from \
                       peaka_create_query or peaka_list_queries; the catalog from \
                       peaka_create_semantic_catalog. Keep the tableId: it is what deleting wants.",
        annotations(
            title = "Create Semantic Table",
            read_only_hint = false,
            destructive_hint = false,
            idempotent_hint = false,
            open_world_hint = false
        ),
        meta = needs(Scope::Write)
    )]
    async fn create_semantic_table(
        &self,
        caller: Caller,
        Parameters(new): Parameters<NewTable>,
    ) -> Result<Json<SemanticTable>, ToolError> {
        let path = semantic_path(&new.project_id).segment(&new.catalog_id);
        let body =
            TableBody { schema_name: &new.schema_name, table_name: &new.table_name, query_id: &new.query_id };
        let mut table: SemanticTable = self.peaka.change(&caller, Method::POST, &path, &body).await?;
        if let (Some(catalog), Some(schema), Some(name)) =
            (&table.catalog_name, &table.schema_name, &table.table_name)
        {
            table.sql_name = Some(sql_name([catalog, schema, name]));
        }
        Ok(Json(table))
    }

    #[tool(
        name = "peaka_delete_semantic_table",
        title = "Delete Semantic Table",
        description = "Take a table out of a semantic catalog. The saved query behind it stays; whatever reads \
                       the table by name breaks. Ask the user first.",
        annotations(
            title = "Delete Semantic Table",
            read_only_hint = false,
            destructive_hint = true,
            idempotent_hint = true,
            open_world_hint = false
        ),
        meta = needs(Scope::Write)
    )]
    async fn delete_semantic_table(
        &self,
        caller: Caller,
        Parameters(of): Parameters<OfSemanticTable>,
    ) -> Result<Json<Done>, ToolError> {
        let catalog = semantic_path(&of.project_id).segment(&of.catalog_id);
        let path = catalog.then("table").segment(&of.table_id);
        let remark = self.peaka.trigger(&caller, Method::DELETE, &path, None::<&()>).await?;
        let message = format!("The semantic table {} was deleted.", String::from(of.table_id));
        Ok(Json(Done::new(message, remark)))
    }
}
