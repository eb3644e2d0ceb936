//! The connections behind a project's catalogs.

use rmcp::{
    Json,
    handler::server::wrapper::Parameters,
    schemars::{self, JsonSchema},
    tool, tool_router,
};
use serde::{Deserialize, Serialize};
use serde_json::{Map, Value};
use shared::scope::Scope;

use super::{Toolbox, place::OfProject};
use crate::{
    caller::Caller,
    error::ToolError,
    peaka::{ApiPath, ConnectionId, ProjectId, json::text_or_number},
    scope::needs,
};

/// Members of a connection's settings that are not passed on, should one ever hold them: parts of their names.
const SECRET: [&str; 9] = [
    "password",
    "passphrase",
    "secret",
    "privatekey",
    "accesstoken",
    "refreshtoken",
    "apikey",
    "apitoken",
    "credential",
];

/// Which connection.
#[derive(Debug, Deserialize, JsonSchema)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub(crate) struct OfConnection {
    /// The project it belongs to, as peaka_list_projects gives it.
    project_id: ProjectId,
    /// The connection's `id`, as peaka_list_connections gives it: a UUID.
    connection_id: ConnectionId,
}

/// The connections of a project.
#[derive(Debug, Serialize, JsonSchema)]
pub(crate) struct Connections {
    /// One entry for each.
    connections: Vec<Connection>,
    /// What to know if there are none.
    #[serde(skip_serializing_if = "Option::is_none")]
    note: Option<&'static str>,
}

/// A connection to a source.
#[derive(Debug, Serialize, Deserialize, JsonSchema)]
pub(crate) struct Connection {
    /// The connection's id.
    #[serde(deserialize_with = "text_or_number")]
    id: String,
    /// The name people gave it.
    #[serde(skip_serializing_if = "Option::is_none")]
    name: Option<String>,
    /// What it connects to, such as `stripe`.
    #[serde(rename = "type", skip_serializing_if = "Option::is_none")]
    kind: Option<String>,
    /// Where its owner signs in again, for sources that are connected by OAuth.
    #[serde(skip_serializing_if = "Option::is_none")]
    url: Option<String>,
}

/// How a connection is set up.
#[derive(Debug, Serialize, Deserialize, JsonSchema)]
pub(crate) struct Detail {
    /// What it connects to, such as `stripe`.
    #[serde(rename = "type", skip_serializing_if = "Option::is_none")]
    kind: Option<String>,
    /// Its settings by name, those of this type of source; no secrets. Empty if the type shows none.
    #[serde(flatten, skip_serializing)]
    #[schemars(skip)]
    all: Map<String, Value>,
    /// Its settings by name, those of this type of source; no secrets. Empty if the type shows none.
    #[serde(skip_deserializing)]
    settings: Map<String, Value>,
}

impl Detail {
    fn without_secrets(mut self) -> Self {
        self.settings = std::mem::take(&mut self.all);
        self.settings.retain(|name, value| !value.is_null() && !is_secret(name));
        self
    }
}

fn is_secret(name: &str) -> bool {
    let name: String =
        name.chars().filter(char::is_ascii_alphanumeric).collect::<String>().to_ascii_lowercase();
    // What it is called by, or where it is had, is no secret.
    SECRET.iter().any(|secret| name.contains(secret)) && !name.ends_with("url") && !name.ends_with("name")
}

fn connections_path(project: &ProjectId) -> ApiPath {
    ApiPath::new("connections").segment(project)
}

#[tool_router(router = connection_tools, vis = "pub(super)")]
impl Toolbox {
    #[tool(
        name = "peaka_list_connections",
        title = "List Connections",
        description = "List a project's connections to outside sources. A catalog names the one behind it in \
                       connectionId. The list can be empty, or refused, although there are catalogs: connections \
                       are their owners', and to query needs peaka_list_catalogs only.",
        annotations(
            title = "List Connections",
            read_only_hint = true,
            destructive_hint = false,
            idempotent_hint = true,
            open_world_hint = false
        ),
        meta = needs(Scope::Read)
    )]
    async fn connections(
        &self,
        caller: Caller,
        Parameters(of): Parameters<OfProject>,
    ) -> Result<Json<Connections>, ToolError> {
        let connections: Vec<Connection> = self.peaka.get(&caller, &connections_path(&of.project_id)).await?;
        let none = "No connections are shown. Catalogs can be there all the same: see peaka_list_catalogs.";
        let note = connections.is_empty().then_some(none);
        Ok(Json(Connections { connections, note }))
    }

    #[tool(
        name = "peaka_get_connection_detail",
        title = "Get Connection Detail",
        description = "Show how one connection is set up: its type and the settings that are no secrets. Which \
                       there are depends on the type.",
        annotations(
            title = "Get Connection Detail",
            read_only_hint = true,
            destructive_hint = false,
            idempotent_hint = true,
            open_world_hint = false
        ),
        meta = needs(Scope::Read)
    )]
    async fn connection(
        &self,
        caller: Caller,
        Parameters(of): Parameters<OfConnection>,
    ) -> Result<Json<Detail>, ToolError> {
        let path = connections_path(&of.project_id).segment(&of.connection_id).then("detail");
        let detail: Detail = self.peaka.get(&caller, &path).await?;
        Ok(Json(detail.without_secrets()))
    }
}
