//! The MCP server: what it says of itself, which tools it has, and the walls that every call passes.

use std::sync::Arc;

use http::request::Parts;
use rmcp::{
    ErrorData, RoleServer, ServerHandler,
    handler::server::tool::ToolCallContext,
    model::{
        CacheScope, CallToolRequestParams, CallToolResponse, ErrorCode, Implementation, ListToolsResult,
        PaginatedRequestParams, ProtocolVersion, ResultType, ServerCapabilities, ServerConfig, Tool,
    },
    service::RequestContext,
};
use serde_json::Value;
use tokio::time::Instant;
use tracing::{Instrument as _, Span, field, info, info_span};

use crate::{caller::Caller, catalogue::Catalogue, error::ToolError, progress::ReadsStreams, tools::Toolbox};

const INSTRUCTIONS: &str = "\
Peaka joins databases, SaaS applications and files into one SQL space (Trino). A project holds catalogs (data \
sources); a catalog holds schemas, a schema tables, a table columns.
1. peaka_list_projects gives the projectId that every other tool needs. If there are several, ask the user once \
and keep the answer.
2. Find the exact names: peaka_list_catalogs, then peaka_list_schemas, peaka_list_tables, peaka_list_columns. \
Never guess a name.
3. peaka_execute_sql_query runs one SELECT. Name tables \"catalog\".\"schema\".\"table\" in double quotes, with the \
catalog's `name`; tools want the catalog's `id`.
Tables that are cacheable but not cached may be cut at 100 rows, also inside counts and joins: say so when it \
matters. Everything runs with the user's own rights in Peaka; what they may not see is not there.";

/// The code of a JSON-RPC error that is about scopes; from the range left to servers.
pub(crate) const INSUFFICIENT_SCOPE: i32 = -32003;

/// The MCP server. It keeps nothing between requests.
pub(crate) struct PeakaServer {
    tools: Toolbox,
    catalogue: Arc<Catalogue>,
}

impl PeakaServer {
    /// A server of `catalogue` whose tools work with `tools`.
    pub(crate) fn new(tools: Toolbox, catalogue: Arc<Catalogue>) -> Self {
        Self { tools, catalogue }
    }

    /// The walls. The HTTP layer refuses a call that lacks the scope before it gets here; this one stands on its
    /// own, and holds for every way in.
    fn admit(&self, caller: &Caller, request: &CallToolRequestParams) -> Result<(), Refused> {
        let scope = self.catalogue.scope_of(&request.name);
        // The name is not repeated: rmcp logs the errors it sends, and a name that is not ours can hold anything.
        let unknown = "There is no such tool; tools/list names those there are.";
        let scope = scope.ok_or_else(|| Refused::Protocol(ErrorData::invalid_params(unknown, None)))?;
        if !caller.may(scope) {
            let sentence = format!("This call needs the scope {scope}, which the person has not granted.");
            return Err(Refused::Protocol(ErrorData::new(ErrorCode(INSUFFICIENT_SCOPE), sentence, None)));
        }
        // One check for every tool, so that a new one cannot forget it. What is no text, the tool itself refuses.
        let project = request.arguments.as_ref().and_then(|arguments| arguments.get("projectId"));
        if let Some(project) = project.and_then(Value::as_str)
            && !caller.reaches(project)
        {
            return Err(Refused::Tool(ToolError::ProjectNotAllowed(project.chars().take(64).collect())));
        }
        Ok(())
    }

    async fn call(
        &self,
        request: CallToolRequestParams,
        context: RequestContext<RoleServer>,
        caller: &Caller,
    ) -> Result<CallToolResponse, ErrorData> {
        match self.admit(caller, &request) {
            Ok(()) => {}
            Err(Refused::Tool(error)) => return Ok(error.result().into()),
            Err(Refused::Protocol(error)) => return Err(error),
        }
        let cancelled = context.ct.clone();
        tokio::select! {
            result = self.catalogue.router().call(ToolCallContext::new(&self.tools, request, context)) => result,
            () = cancelled.cancelled() => Err(ErrorData::internal_error("the client went away", None)),
        }
    }
}

enum Refused {
    /// The model should read why.
    Tool(ToolError),
    /// The client should.
    Protocol(ErrorData),
}

impl ServerHandler for PeakaServer {
    fn get_info(&self) -> ServerConfig {
        let server = Implementation::new("Peaka", env!("CARGO_PKG_VERSION"))
            .with_title("Peaka")
            .with_description("Query all of your data sources with SQL, with your own rights in Peaka.")
            .with_website_url("https://www.peaka.com");
        ServerConfig::new(ServerCapabilities::builder().enable_tools().build())
            .with_server_info(server)
            .with_instructions(INSTRUCTIONS)
    }

    async fn list_tools(
        &self,
        _request: Option<PaginatedRequestParams>,
        context: RequestContext<RoleServer>,
    ) -> Result<ListToolsResult, ErrorData> {
        // The revision of 2026-07-28 wants to know who may cache this: nobody but the one who asked.
        let cached =
            context.protocol_version().is_some_and(|version| version >= ProtocolVersion::V_2026_07_28);
        Ok(ListToolsResult {
            result_type: Some(ResultType::COMPLETE),
            meta: None,
            next_cursor: None,
            ttl_ms: cached.then_some(0),
            cache_scope: cached.then_some(CacheScope::Private),
            tools: self.catalogue.list().to_vec(),
        })
    }

    fn get_tool(&self, name: &str) -> Option<Tool> {
        self.catalogue.get(name).cloned()
    }

    async fn call_tool(
        &self,
        request: CallToolRequestParams,
        mut context: RequestContext<RoleServer>,
    ) -> Result<CallToolResponse, ErrorData> {
        let caller = lift(&mut context)?;
        // Only names that are in the catalogue reach the logs.
        let tool =
            self.catalogue.get(&request.name).map_or_else(|| "unknown".into(), |tool| tool.name.clone());
        let session = caller.session_id().to_owned();
        let span = info_span!("tool", %tool, %session, outcome = field::Empty, milliseconds = field::Empty);
        let started = Instant::now();
        async {
            let result = self.call(request, context, &caller).await;
            let outcome = outcome(&result);
            let milliseconds = u64::try_from(started.elapsed().as_millis()).unwrap_or(u64::MAX);
            Span::current().record("outcome", outcome).record("milliseconds", milliseconds);
            info!(outcome, milliseconds, "tool call");
            result
        }
        .instrument(span)
        .await
    }
}

/// Takes what the HTTP layer knows about the request to where tools look for it.
fn lift(context: &mut RequestContext<RoleServer>) -> Result<Caller, ErrorData> {
    let parts = context.extensions.get::<Parts>();
    let caller = parts.and_then(|parts| parts.extensions.get::<Caller>()).cloned();
    let reads_streams = parts.and_then(|parts| parts.extensions.get::<ReadsStreams>()).copied();
    let caller = caller.ok_or_else(|| ErrorData::internal_error("this request has no caller", None))?;
    context.extensions.insert(caller.clone());
    if let Some(reads_streams) = reads_streams {
        context.extensions.insert(reads_streams);
    }
    Ok(caller)
}

fn outcome(result: &Result<CallToolResponse, ErrorData>) -> &'static str {
    match result {
        Ok(CallToolResponse::Complete(result)) if result.is_error == Some(true) => "tool error",
        Ok(_) => "ok",
        Err(_) => "protocol error",
    }
}

#[cfg(test)]
mod tests {
    use serde_json::json;
    use shared::{
        assertion::{Identity, Projects},
        scope::{Scope, Scopes},
    };

    use super::*;
    use crate::{
        credential::Credential,
        gateway::{self, Exchange},
        peaka::Client,
    };

    fn caller(scopes: impl Into<Scopes>, projects: Projects) -> Caller {
        let exchange = Exchange::new(gateway::http_client().unwrap(), "http://127.0.0.1:1");
        let identity = Identity {
            subject: "u".into(),
            session_id: "s".into(),
            client_id: "c".into(),
            scopes: scopes.into(),
            projects,
        };
        Caller::new(identity, Credential::new(Arc::new(exchange), "".into()), None)
    }

    fn admits(caller: &Caller, tool: &'static str, arguments: &serde_json::Value) -> bool {
        let tools = Toolbox::new(Client::new("http://127.0.0.1:1".into()).unwrap());
        let server = PeakaServer::new(tools, Arc::new(Catalogue::new().unwrap()));
        let arguments = arguments.as_object().cloned().unwrap_or_default();
        server.admit(caller, &CallToolRequestParams::new(tool).with_arguments(arguments)).is_ok()
    }

    #[test]
    fn the_second_wall_stands_without_the_first() {
        let reader = caller(Scope::Read, Projects::All);
        assert!(admits(&reader, "peaka_list_catalogs", &json!({ "projectId": "p" })));
        assert!(!admits(&reader, "peaka_execute_sql_query", &json!({ "projectId": "p" })));
        assert!(!admits(&reader, "peaka_no_such_tool", &json!({})));
        assert!(!admits(&caller(Scopes::NONE, Projects::All), "peaka_list_projects", &json!({})));

        let narrowed = caller(Scopes::ALL, Projects::Only(["p".to_owned()].into()));
        assert!(admits(&narrowed, "peaka_list_catalogs", &json!({ "projectId": "p" })));
        assert!(!admits(&narrowed, "peaka_list_catalogs", &json!({ "projectId": "P" })));
    }
}
