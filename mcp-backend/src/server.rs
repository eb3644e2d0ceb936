//! The MCP server: what it says of itself, which tools it has, and the walls that every call passes.

mod traces;
mod walls;

use std::sync::Arc;

use http::request::Parts;
use rmcp::{
    ErrorData, RoleServer, ServerHandler,
    handler::server::tool::ToolCallContext,
    model::{
        CacheScope, CallToolRequestParams, CallToolResponse, GetPromptRequestParams, GetPromptResponse,
        Implementation, ListPromptsResult, ListResourceTemplatesResult, ListResourcesResult, ListToolsResult,
        PaginatedRequestParams, ProtocolVersion, ReadResourceRequestParams, ReadResourceResponse,
        ReadResourceResult, ResultType, ServerCapabilities, ServerConfig, Tool,
    },
    service::RequestContext,
};
use serde_json::json;
use tokio::time::Instant;
use tracing::{Instrument as _, Span, field, info, info_span};

use self::walls::Refused;
use crate::{
    caller::Caller,
    catalogue::Catalogue,
    key::{KeyHolder, KeyProject},
    metrics::{TOOL_CALLS, TOOL_SECONDS, ToolOutcome},
    progress::ReadsStreams,
    prompts, resources,
    tools::Toolbox,
};

const INSTRUCTIONS: &str = "\
Peaka joins databases, SaaS applications and files into one SQL space (Trino). A project holds catalogs (data \
sources); a catalog holds schemas, a schema tables, a table columns.
1. peaka_list_projects gives the projectId that every other tool takes. If there are several, ask the user once \
and keep the answer.
2. To answer a question: peaka_query_golden_sqls may have an approved statement. If not, get the exact names with \
peaka_get_project_metadata, or step by step with peaka_list_catalogs, peaka_list_schemas, peaka_list_tables and \
peaka_list_columns; peaka_get_relations has join conditions. Never guess a name.
3. peaka_execute_sql_query runs one SELECT. Name tables \"catalog\".\"schema\".\"table\" in double quotes, with the \
catalog's `name`; tools take the catalog's `id`. The resource file:///peaka_sql_query_rule_set.txt has the rules; \
file:///peaka_artifact_template.txt is the frame for a report.
4. Tables that are cacheable but not cached may be cut at 100 rows, also inside counts and joins: say so when it \
matters, and offer peaka_create_cache. A table whose first sync runs reads as empty.
5. peaka_create_query keeps a statement; MATERIALIZED also keeps its rows. peaka_create_semantic_table shows one as \
a table.
What is started (syncs, refreshes) runs on in Peaka: poll its status some seconds apart, while it says that it is \
under way. Ids are text: keep their quotes. Ask before deleting. Everything runs with the user's own rights in \
Peaka; what they may not see is not there.";

/// The code of a JSON-RPC error that is about scopes; from the range left to servers.
pub(crate) const INSUFFICIENT_SCOPE: i32 = -32003;

/// The MCP server. It keeps nothing between requests.
pub(crate) struct PeakaServer {
    tools: Toolbox,
    catalogue: Arc<Catalogue>,
    /// Who calls, where there is no gateway to say it.
    local: Option<(KeyHolder, KeyProject)>,
    /// Whether `tools/list` is answered with an empty list, which the endpoint fills.
    frames_only: bool,
}

impl PeakaServer {
    /// A server of `catalogue` whose tools work with `tools`.
    pub(crate) fn new(tools: Toolbox, catalogue: Arc<Catalogue>) -> Self {
        Self { tools, catalogue, local: None, frames_only: false }
    }

    /// The same without a gateway: all calls are those of `holder`, whose key may be bound to `project`.
    pub(crate) fn for_key(self, holder: KeyHolder, project: KeyProject) -> Self {
        Self { local: Some((holder, project)), ..self }
    }

    /// The same behind an endpoint that puts the list of tools into answers itself.
    pub(crate) fn without_list(self) -> Self {
        Self { frames_only: true, ..self }
    }

    /// Takes what the HTTP layer knows about the request to where tools look for it. Over stdio it knows nothing, and
    /// the caller is whoever started this program.
    fn lift(&self, context: &mut RequestContext<RoleServer>) -> Result<Caller, ErrorData> {
        let parts = context.extensions.get::<Parts>();
        let caller = parts.and_then(|parts| parts.extensions.get::<Caller>()).cloned();
        let reads_streams = parts.and_then(|parts| parts.extensions.get::<ReadsStreams>()).copied();
        let caller = caller.or_else(|| self.local.as_ref().map(|(holder, _)| holder.caller()));
        let caller = caller.ok_or_else(|| ErrorData::internal_error("this request has no caller", None))?;
        context.extensions.insert(caller.clone());
        if let Some(reads_streams) = reads_streams {
            context.extensions.insert(reads_streams);
        }
        Ok(caller)
    }

    async fn call(
        &self,
        mut request: CallToolRequestParams,
        context: RequestContext<RoleServer>,
        caller: &Caller,
    ) -> Result<CallToolResponse, ErrorData> {
        match self.admit(caller, &request) {
            Ok(()) => {}
            Err(Refused::Tool(error)) => return Ok(error.result().into()),
            Err(Refused::Protocol(error)) => return Err(error),
        }
        let cancelled = context.ct.clone();
        let called = async {
            match self.complete(caller, &mut request).await {
                Ok(()) => {
                    self.catalogue.router().call(ToolCallContext::new(&self.tools, request, context)).await
                }
                Err(error) => Ok(error.result().into()),
            }
        };
        tokio::select! {
            result = called => result,
            () = cancelled.cancelled() => Err(ErrorData::internal_error("the client went away", None)),
        }
    }
}

impl ServerHandler for PeakaServer {
    fn get_info(&self) -> ServerConfig {
        let server = Implementation::new("Peaka", env!("CARGO_PKG_VERSION"))
            .with_title("Peaka")
            .with_description("Query all of your data sources with SQL, with your own rights in Peaka.")
            .with_website_url("https://www.peaka.com");
        let capabilities =
            ServerCapabilities::builder().enable_tools().enable_resources().enable_prompts().build();
        ServerConfig::new(capabilities).with_server_info(server).with_instructions(INSTRUCTIONS)
    }

    async fn list_tools(
        &self,
        _request: Option<PaginatedRequestParams>,
        context: RequestContext<RoleServer>,
    ) -> Result<ListToolsResult, ErrorData> {
        let (ttl_ms, cache_scope) = caching(&context);
        let tools = if self.frames_only { Vec::new() } else { self.catalogue.list().to_vec() };
        let result_type = Some(ResultType::COMPLETE);
        Ok(ListToolsResult { result_type, meta: None, next_cursor: None, ttl_ms, cache_scope, tools })
    }

    async fn list_resources(
        &self,
        _request: Option<PaginatedRequestParams>,
        context: RequestContext<RoleServer>,
    ) -> Result<ListResourcesResult, ErrorData> {
        let (ttl_ms, cache_scope) = caching(&context);
        let resources = resources::list();
        let result_type = Some(ResultType::COMPLETE);
        Ok(ListResourcesResult { result_type, meta: None, next_cursor: None, ttl_ms, cache_scope, resources })
    }

    async fn list_resource_templates(
        &self,
        _request: Option<PaginatedRequestParams>,
        context: RequestContext<RoleServer>,
    ) -> Result<ListResourceTemplatesResult, ErrorData> {
        let (ttl_ms, cache_scope) = caching(&context);
        Ok(ListResourceTemplatesResult { ttl_ms, cache_scope, ..ListResourceTemplatesResult::default() })
    }

    async fn read_resource(
        &self,
        request: ReadResourceRequestParams,
        context: RequestContext<RoleServer>,
    ) -> Result<ReadResourceResponse, ErrorData> {
        let text = resources::read(&request.uri);
        let text = text.ok_or_else(|| {
            let sentence = "There is no such resource; resources/list names those there are.";
            let data = Some(json!({ "uri": request.uri }));
            // The stateless revision has no code of its own for this.
            if is_stateless(&context) {
                ErrorData::invalid_params(sentence, data)
            } else {
                ErrorData::resource_not_found(sentence, data)
            }
        })?;
        let mut result = ReadResourceResult::new(vec![text]);
        (result.ttl_ms, result.cache_scope) = caching(&context);
        Ok(result.into())
    }

    async fn list_prompts(
        &self,
        _request: Option<PaginatedRequestParams>,
        context: RequestContext<RoleServer>,
    ) -> Result<ListPromptsResult, ErrorData> {
        let (ttl_ms, cache_scope) = caching(&context);
        let prompts = prompts::list();
        let result_type = Some(ResultType::COMPLETE);
        Ok(ListPromptsResult { result_type, meta: None, next_cursor: None, ttl_ms, cache_scope, prompts })
    }

    async fn get_prompt(
        &self,
        request: GetPromptRequestParams,
        _context: RequestContext<RoleServer>,
    ) -> Result<GetPromptResponse, ErrorData> {
        let prompt = prompts::get(&request.name, request.arguments.as_ref());
        Ok(prompt.map_err(|none| ErrorData::invalid_params(none.to_string(), None))?.into())
    }

    fn get_tool(&self, name: &str) -> Option<Tool> {
        self.catalogue.get(name).cloned()
    }

    async fn call_tool(
        &self,
        request: CallToolRequestParams,
        mut context: RequestContext<RoleServer>,
    ) -> Result<CallToolResponse, ErrorData> {
        let caller = self.lift(&mut context)?;
        // Only names that are in the catalogue reach the logs.
        let tool =
            self.catalogue.get(&request.name).map_or_else(|| "unknown".into(), |tool| tool.name.clone());
        let (session, name) = (caller.session_id().to_owned(), tool.clone());
        let span = info_span!(
            parent: caller.span(),
            "tool",
            %tool,
            %session,
            outcome = field::Empty,
            milliseconds = field::Empty,
            trace_id = field::Empty,
        );
        traces::join(&span, &caller, &context);
        let started = Instant::now();
        async {
            let result = self.call(request, context, &caller).await;
            let outcome = outcome(&result);
            let milliseconds = u64::try_from(started.elapsed().as_millis()).unwrap_or(u64::MAX);
            TOOL_CALLS.count(&name, counted(&result));
            TOOL_SECONDS.observe(&name, (), started.elapsed());
            Span::current().record("outcome", outcome).record("milliseconds", milliseconds);
            info!(outcome, milliseconds, "tool call");
            result
        }
        .instrument(span)
        .await
    }
}

fn is_stateless(context: &RequestContext<RoleServer>) -> bool {
    context.protocol_version().is_some_and(|version| version >= ProtocolVersion::V_2026_07_28)
}

/// How long a result may be kept, and by whom; only the revision of 2026-07-28 asks. Nobody but the one who asked,
/// and not for long: the next release may say something else.
fn caching(context: &RequestContext<RoleServer>) -> (Option<u64>, Option<CacheScope>) {
    let asked = is_stateless(context);
    (asked.then_some(0), asked.then_some(CacheScope::Private))
}

fn counted(result: &Result<CallToolResponse, ErrorData>) -> ToolOutcome {
    match result {
        Ok(CallToolResponse::Complete(result)) if result.is_error == Some(true) => ToolOutcome::ToolError,
        Ok(_) => ToolOutcome::Ok,
        Err(_) => ToolOutcome::ProtocolError,
    }
}

fn outcome(result: &Result<CallToolResponse, ErrorData>) -> &'static str {
    match result {
        Ok(CallToolResponse::Complete(result)) if result.is_error == Some(true) => "tool error",
        Ok(_) => "ok",
        Err(_) => "protocol error",
    }
}
