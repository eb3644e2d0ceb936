//! Every route, and what stands before it.
//!
//! | route | who is answered |
//! |---|---|
//! | `GET /healthz`, `GET /readyz`, `GET /metrics` | anybody who reaches this listener |
//! | `POST /mcp` | requests with the gateway's identity header; other methods get 405 |
//! | anything else | the same requests, with 404 |

use std::sync::Arc;

use axum::{
    Router,
    middleware::{from_fn, from_fn_with_state},
    routing::{any, get},
};
use http::StatusCode;
use rmcp::transport::streamable_http_server::{
    StreamableHttpServerConfig, StreamableHttpService, session::never::NeverSessionManager,
};
use serde_json::Value;
use shared::clock::SharedClock;
use tokio_util::sync::CancellationToken;

use crate::{
    catalogue::{BadCatalogue, Catalogue},
    config::Config,
    envelope::{self, code},
    gateway::{self, Exchange, IdentityKeys},
    identity::{self, Gate},
    mcp::{self, Endpoint},
    metrics,
    peaka::Client,
    server::PeakaServer,
    tools::Toolbox,
};

/// Why the service could not be put together.
#[derive(Debug, thiserror::Error)]
pub enum BuildError {
    /// TLS or the resolver could not be set up.
    #[error("an HTTP client could not be made")]
    HttpClient(#[from] reqwest::Error),
    /// A tool is not declared as it must be.
    #[error(transparent)]
    Tool(#[from] BadCatalogue),
}

/// The whole service, to be served on a listener that only the gateway reaches.
///
/// # Errors
///
/// When it cannot be put together.
pub fn router(config: Config, clock: SharedClock) -> Result<Router, BuildError> {
    router_until(config, clock, CancellationToken::new())
}

/// The same; once it is `told_to_leave`, its readiness says so.
pub(crate) fn router_until(
    config: Config,
    clock: SharedClock,
    told_to_leave: CancellationToken,
) -> Result<Router, BuildError> {
    let gateway = gateway::http_client()?;
    let exchange = Arc::new(Exchange::new(
        gateway.clone(),
        gateway::http_client_keeping_nothing()?,
        &config.gateway_internal_url,
    ));
    let keys = IdentityKeys::new(gateway, &config.gateway_internal_url, config.gateway_issuer, clock);
    let gate = Gate { keys: Arc::new(keys), exchange };

    let catalogue = Arc::new(Catalogue::new()?);
    metrics::list_tools(catalogue.list().iter().map(|tool| tool.name.as_ref()));
    let tools = Toolbox::new(Client::new(config.partner_api_base_url)?);
    let server = PeakaServer::new(tools, Arc::clone(&catalogue));
    let endpoint = Endpoint {
        rmcp: rmcp(server, config.max_body_bytes),
        catalogue,
        max_body_bytes: config.max_body_bytes,
    };

    let behind_the_gateway = Router::new()
        .route("/mcp", any(mcp::answer))
        .with_state(endpoint)
        .fallback(nothing_here)
        .layer(from_fn_with_state(gate, identity::require));
    // Ready means able to answer the gateway. It does not wait for the gateway's keys: requests come through the
    // gateway only, and two services that each wait for the other to be ready would never start.
    let open = Router::new()
        .route("/healthz", get(|| async { "ok" }))
        .route(
            "/readyz",
            get(async move || match told_to_leave.is_cancelled() {
                false => (StatusCode::OK, "ok"),
                true => (StatusCode::SERVICE_UNAVAILABLE, "leaving"),
            }),
        )
        .route("/metrics", get(metrics::scrape));
    Ok(behind_the_gateway.merge(open).layer(from_fn(metrics::count_requests)))
}

/// The protocol, as it is served on one endpoint without sessions.
pub(crate) fn rmcp(
    server: PeakaServer,
    max_body_bytes: usize,
) -> StreamableHttpService<Arc<PeakaServer>, NeverSessionManager> {
    let config = StreamableHttpServerConfig::default()
        .with_legacy_session_mode(false)
        .with_json_response(true)
        // Writing a message anew can lengthen it a little; its length was checked before.
        .with_max_request_body_bytes(max_body_bytes.saturating_mul(2))
        // What guards this endpoint against web pages stands before it: the identity header, which none can come
        // by, or the check of a local server that it is asked by its own machine.
        .disable_allowed_hosts()
        .disable_allowed_origins();
    let server = Arc::new(server.without_list());
    StreamableHttpService::new(
        move || Ok(Arc::clone(&server)),
        Arc::new(NeverSessionManager::default()),
        config,
    )
}

/// 404.
pub(crate) async fn nothing_here() -> axum::response::Response {
    envelope::error(StatusCode::NOT_FOUND, Value::Null, code::INVALID_REQUEST, "There is nothing here.")
}
