//! How tables hang together.

use std::collections::BTreeMap;

use rmcp::{
    Json,
    handler::server::wrapper::Parameters,
    schemars::{self, JsonSchema},
    tool, tool_router,
};
use serde::{Deserialize, Serialize};
use shared::scope::Scope;

use super::{
    Toolbox,
    place::{OfCatalog, metadata_path},
};
use crate::{
    caller::Caller,
    error::ToolError,
    peaka::json::{id_if_any, list},
    scope::needs,
};

/// The relations of a catalog's tables.
#[derive(Debug, Serialize, JsonSchema)]
pub(crate) struct Relations {
    /// One entry for each.
    relations: Vec<Relation>,
    /// What to know if there are none.
    #[serde(skip_serializing_if = "Option::is_none")]
    note: Option<&'static str>,
}

/// A column that refers to another.
#[derive(Clone, Debug, Serialize, JsonSchema)]
pub(crate) struct Relation {
    /// The relation's id.
    #[serde(skip_serializing_if = "Option::is_none")]
    id: Option<String>,
    /// MANY_TO_ONE, ONE_TO_MANY or ONE_TO_ONE, read from source to target.
    #[serde(rename = "type", skip_serializing_if = "Option::is_none")]
    kind: Option<String>,
    /// The column that refers.
    source: End,
    /// The column it refers to.
    target: End,
}

/// One end of a relation; the names are those of SQL.
#[derive(Clone, Debug, Serialize, JsonSchema)]
#[serde(rename_all = "camelCase")]
pub(crate) struct End {
    #[serde(skip_serializing_if = "Option::is_none")]
    catalog_id: Option<String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    catalog_name: Option<String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    schema_name: Option<String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    table_name: Option<String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    column_name: Option<String>,
}

/// A relation as Peaka tells it: both ends in flat members.
#[derive(Debug, Deserialize)]
#[serde(rename_all = "camelCase")]
pub(super) struct Flat {
    #[serde(default, deserialize_with = "id_if_any")]
    id: Option<String>,
    #[serde(rename = "type")]
    kind: Option<String>,
    #[serde(default, deserialize_with = "id_if_any")]
    source_catalog_id: Option<String>,
    source_catalog_name: Option<String>,
    source_schema_name: Option<String>,
    source_table_name: Option<String>,
    source_column_name: Option<String>,
    #[serde(default, deserialize_with = "id_if_any")]
    target_catalog_id: Option<String>,
    target_catalog_name: Option<String>,
    target_schema_name: Option<String>,
    target_table_name: Option<String>,
    target_column_name: Option<String>,
}

/// `{"relations": […]}`, a list alone, or a map by id, also inside of `relations`.
#[derive(Deserialize)]
#[serde(untagged)]
enum Answer {
    Wrapped { relations: Collection },
    Plain(Collection),
}

#[derive(Deserialize)]
#[serde(untagged)]
enum Collection {
    List(#[serde(deserialize_with = "list")] Vec<Flat>),
    ById(BTreeMap<String, Flat>),
}

impl From<Flat> for Relation {
    fn from(flat: Flat) -> Self {
        Self {
            id: flat.id,
            kind: flat.kind,
            source: End {
                catalog_id: flat.source_catalog_id,
                catalog_name: flat.source_catalog_name,
                schema_name: flat.source_schema_name,
                table_name: flat.source_table_name,
                column_name: flat.source_column_name,
            },
            target: End {
                catalog_id: flat.target_catalog_id,
                catalog_name: flat.target_catalog_name,
                schema_name: flat.target_schema_name,
                table_name: flat.target_table_name,
                column_name: flat.target_column_name,
            },
        }
    }
}

impl From<Answer> for Vec<Relation> {
    fn from(answer: Answer) -> Self {
        let (Answer::Wrapped { relations } | Answer::Plain(relations)) = answer;
        match relations {
            Collection::List(list) => list.into_iter().map(Relation::from).collect(),
            Collection::ById(map) => {
                let with_id = |(key, flat): (String, Flat)| Flat { id: flat.id.or(Some(key)), ..flat };
                map.into_iter().map(with_id).map(Relation::from).collect()
            }
        }
    }
}

#[tool_router(router = relation_tools, vis = "pub(super)")]
impl Toolbox {
    #[tool(
        name = "peaka_get_relations",
        title = "Get Relations",
        description = "Show which columns of a catalog's tables refer to which others, also across catalogs: the \
                       join conditions that Peaka knows of. Peaka lists those it was told or has found; a join \
                       that is not listed can be right too.",
        annotations(
            title = "Get Relations",
            read_only_hint = true,
            destructive_hint = false,
            idempotent_hint = true,
            open_world_hint = false
        ),
        meta = needs(Scope::Read)
    )]
    async fn relations(
        &self,
        caller: Caller,
        Parameters(of): Parameters<OfCatalog>,
    ) -> Result<Json<Relations>, ToolError> {
        let path = metadata_path(&of.project_id).then("relations").segment(&of.catalog_id);
        let answer: Answer = self.peaka.get(&caller, &path).await?;
        let relations: Vec<Relation> = answer.into();
        let note = relations.is_empty().then_some("Peaka knows no relations of this catalog's tables.");
        Ok(Json(Relations { relations, note }))
    }
}
