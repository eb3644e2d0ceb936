//! Golden SQL: questions that somebody has answered well before.

use rmcp::{
    Json,
    handler::server::wrapper::Parameters,
    schemars::{self, JsonSchema},
    tool, tool_router,
};
use serde::{Deserialize, Serialize};
use shared::scope::Scope;

use super::{Toolbox, place::metadata_path};
use crate::{caller::Caller, error::ToolError, peaka::ProjectId, scope::needs};

/// What to look for.
#[derive(Debug, Deserialize, JsonSchema)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub(crate) struct Question {
    /// The project to look in, as peaka_list_projects gives it.
    project_id: ProjectId,
    /// The user's question in plain words.
    #[schemars(length(min = 1))]
    query: String,
}

/// What was found.
#[derive(Debug, Serialize, JsonSchema)]
#[serde(rename_all = "camelCase")]
pub(crate) struct Pairs {
    /// The nearest first.
    pairs: Vec<Pair>,
    /// What to do if there are none.
    #[serde(skip_serializing_if = "Option::is_none")]
    note: Option<&'static str>,
}

/// A question and the SQL that answers it.
#[derive(Debug, Serialize, JsonSchema)]
pub(crate) struct Pair {
    /// The question.
    question: String,
    /// The SQL.
    sql: String,
}

/// `{"result": […]}`, or the list alone.
#[derive(Deserialize)]
#[serde(untagged)]
enum Found {
    Wrapped {
        #[serde(default, alias = "results", deserialize_with = "crate::peaka::json::list")]
        result: Vec<Item>,
    },
    Bare(Vec<Item>),
}

/// A pair in one of its two forms.
#[derive(Deserialize)]
#[serde(untagged)]
enum Item {
    Stored { metadata: Stored },
    Plain { question: String, sql: String },
}

#[derive(Deserialize)]
struct Stored {
    prompt: String,
    sql: String,
}

impl From<Item> for Pair {
    fn from(item: Item) -> Self {
        match item {
            Item::Stored { metadata: Stored { prompt: question, sql } } | Item::Plain { question, sql } => {
                Self { question, sql }
            }
        }
    }
}

#[tool_router(router = golden_tools, vis = "pub(super)")]
impl Toolbox {
    #[tool(
        name = "peaka_query_golden_sqls",
        title = "Query Golden SQLs",
        description = "Find pairs of question and SQL that the project's people have approved, nearest to a \
                       question in plain words. Ask here before writing SQL: if a pair answers the question, run \
                       its SQL (adapted where needed) with peaka_execute_sql_query; if none does, look up the \
                       metadata and write your own.",
        annotations(
            title = "Query Golden SQLs",
            read_only_hint = true,
            destructive_hint = false,
            idempotent_hint = true,
            open_world_hint = false
        ),
        meta = needs(Scope::Read)
    )]
    async fn golden(
        &self,
        caller: Caller,
        Parameters(of): Parameters<Question>,
    ) -> Result<Json<Pairs>, ToolError> {
        if of.query.trim().is_empty() {
            return Err(ToolError::Arguments("query must hold the question"));
        }
        let path = metadata_path(&of.project_id).then("golden-sql/query").query("q", of.query);
        let (Found::Wrapped { result: items } | Found::Bare(items)) = self.peaka.get(&caller, &path).await?;
        let pairs: Vec<Pair> = items.into_iter().map(Pair::from).collect();
        let none = "There is no pair like this; get the metadata and write the SQL.";
        let note = pairs.is_empty().then_some(none);
        Ok(Json(Pairs { pairs, note }))
    }
}
