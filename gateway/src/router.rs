//! Every route, on one page.

use std::{
    net::{IpAddr, SocketAddr},
    sync::Arc,
    time::Duration,
};

use axum::{
    Router,
    body::Body,
    extract::{ConnectInfo, Request, State},
    middleware::{Next, from_fn, from_fn_with_state},
    response::{IntoResponse as _, Response},
    routing::{get, post},
};
use http::{HeaderName, HeaderValue, Method, StatusCode, Version, header};
use hyper::body::Incoming;
use shared::{
    serve::{self, Handler},
    telemetry::trace,
};
use tokio::{runtime::Handle, time::timeout};
use tokio_util::task::AbortOnDropHandle;
use tower_http::{
    cors::{Any, CorsLayer},
    set_header::SetResponseHeaderLayer,
    timeout::RequestBodyTimeoutLayer,
};
use tracing::Instrument as _;

use crate::{
    account,
    app::App,
    caller, connect, dpop, exchange, health, language, login,
    metrics::count_requests,
    oauth::{self, error::OAuthError},
    openapi,
    pages::{self, PageError},
    probe, proxy, scrape,
};

/// What programs ask for is answered within this time, or 503.
const CONTROL_DEADLINE: Duration = Duration::from_secs(12);
/// The same for pages, which may need several answers of Peaka's.
const PAGE_DEADLINE: Duration = Duration::from_secs(30);
const LATE: &str = "a request was not done in time";
/// A body that pauses for longer is given up.
const BODY_PAUSE: Duration = Duration::from_secs(15);

const HSTS: HeaderValue = HeaderValue::from_static("max-age=31536000; includeSubDomains");

/// The one route that stands before the router; POST is what it is for.
const MCP: &str = "/mcp";

/// What the world reaches: [`MCP`], and everything else.
#[derive(Clone)]
pub(crate) struct Public {
    app: Arc<App>,
    others: Router,
    /// Where everything else is answered: away from the threads of `/mcp`, which must not wait for a database.
    control: Handle,
}

impl Public {
    /// To be made on the runtime that the control path shall run on.
    pub(crate) fn new(app: Arc<App>) -> Self {
        Self { others: others(Arc::clone(&app)), app, control: Handle::current() }
    }
}

impl Handler for Public {
    async fn answer(&self, request: Box<http::Request<Incoming>>, peer: SocketAddr) -> Response {
        // HTTP/2 has another way to say it, without which nothing is lost.
        let can_be_told = request.version() < Version::HTTP_2;
        let mut response = self.on_any_path(request, peer).await;
        // A balancer of connections sends nobody new here, but those that it has sent stay: they are asked to go before
        // the doors close, when a request could cross their closing.
        if can_be_told && self.app.told_to_leave.is_cancelled() {
            response.headers_mut().insert(header::CONNECTION, HeaderValue::from_static("close"));
        }
        response
    }

    fn most_connections(&self, peer: IpAddr) -> Option<usize> {
        self.app.most_connections(peer)
    }
}

impl Public {
    async fn on_any_path(&self, request: Box<http::Request<Incoming>>, peer: SocketAddr) -> Response {
        if request.uri().path() == MCP {
            let mut response = self.mcp(request, peer).await;
            if self.app.issuer.is_https() {
                response.headers_mut().insert(header::STRICT_TRANSPORT_SECURITY, HSTS);
            }
            return response;
        }
        let others = self.others.clone();
        let answered = self.control.spawn(async move { others.answer(request, peer).await });
        // It ends with its request, as everything here does.
        AbortOnDropHandle::new(answered).await.unwrap_or_else(|_| {
            let mut response = Response::new(Body::empty());
            *response.status_mut() = StatusCode::INTERNAL_SERVER_ERROR;
            response
        })
    }

    /// A span for each request would cost more than all that is done for it: there is one where it is sent somewhere.
    async fn mcp(&self, request: Box<http::Request<Incoming>>, peer: SocketAddr) -> Response {
        if !trace::is_on() {
            return proxy::mcp(&self.app, request, peer).await;
        }
        let span = serve::span(&request);
        let traced = trace::adopt(&span, request.headers());
        let response = proxy::mcp(&self.app, request, peer).instrument(span).await;
        trace::answered(&traced, response.status());
        response
    }
}

fn others(app: Arc<App>) -> Router {
    let secure = app.issuer.is_https();
    let control = Router::new()
        .merge(documents())
        .merge(oauth_endpoints())
        .merge(browser_pages(secure))
        .layer(from_fn(count_requests));
    let router = Router::new()
        .merge(control)
        .layer(RequestBodyTimeoutLayer::new(BODY_PAUSE))
        .layer(from_fn_with_state(Arc::clone(&app), on_behalf))
        .with_state(app);
    if !secure {
        return router;
    }
    router.layer(SetResponseHeaderLayer::overriding(header::STRICT_TRANSPORT_SECURITY, HSTS))
}

/// Whatever hangs behind a request, such as a database that does not even refuse, its caller is told in the end.
async fn in_time(State(deadline): State<Duration>, request: Request, next: Next) -> Response {
    let late = |_| OAuthError::Unavailable(LATE.into()).into_response();
    timeout(deadline, next.run(request)).await.unwrap_or_else(late)
}

/// The same for people.
async fn page_in_time(State(deadline): State<Duration>, request: Request, next: Next) -> Response {
    let late = |_| PageError::Unavailable(LATE.into()).into_response();
    timeout(deadline, next.run(request)).await.unwrap_or_else(late)
}

/// What is noted of a request says from where it came.
async fn on_behalf(
    State(app): State<Arc<App>>,
    ConnectInfo(peer): ConnectInfo<SocketAddr>,
    request: Request,
    next: Next,
) -> Response {
    let prefix = app.caller(peer, request.headers());
    caller::on_behalf(prefix, next.run(request)).await
}

/// What clients discover us by. The path form of RFC 9728 §3.1 and the root form; RFC 8414 §3 and OpenID's place.
fn documents() -> Router<Arc<App>> {
    let documents = Router::new()
        .route("/.well-known/oauth-protected-resource", get(oauth::metadata::protected_resource))
        .route("/.well-known/oauth-protected-resource/mcp", get(oauth::metadata::protected_resource))
        .route("/.well-known/oauth-authorization-server", get(oauth::metadata::authorization_server))
        .route("/.well-known/openid-configuration", get(oauth::metadata::openid))
        .route("/oauth/jwks", get(oauth::metadata::jwks))
        .route("/openapi.json", get(openapi::public))
        .route("/probe/stream", get(probe::stream));
    open_to_pages(documents, CONTROL_DEADLINE)
}

/// What clients call.
fn oauth_endpoints() -> Router<Arc<App>> {
    let endpoints = Router::new()
        .route("/oauth/register", post(oauth::register::register))
        .route("/oauth/par", post(oauth::par::push))
        .route("/oauth/token", post(oauth::token::token))
        .route("/oauth/device_authorization", post(oauth::device::begin))
        .route("/oauth/revoke", post(oauth::revoke::revoke));
    open_to_pages(endpoints, CONTROL_DEADLINE)
}

/// What people see, in their language. No cross-origin reading here (OAuth 2.1 §3.1).
fn browser_pages(secure: bool) -> Router<Arc<App>> {
    Router::new()
        .route("/", get(connect::connect))
        .route("/account", get(account::show).post(account::act))
        .route("/account/sign-in", post(account::sign_in))
        .route("/oauth/authorize", get(oauth::authorize::authorize).post(login::begin::begin))
        .route("/oauth/callback", get(login::callback::callback))
        .route("/oauth/consent", get(login::consent::show).post(login::consent::decide))
        .route("/oauth/device", get(login::device::show).post(login::device::enter))
        .layer(from_fn_with_state(PAGE_DEADLINE, page_in_time))
        .layer(from_fn_with_state(secure, language::speak))
        .route("/assets/style.css", get(pages::style))
        .route("/assets/copy.js", get(pages::copy_script))
}

/// Clients that live in web pages may read these answers, the late ones, too; no cookie plays a part in them.
fn open_to_pages<S: Clone + Send + Sync + 'static>(routes: Router<S>, deadline: Duration) -> Router<S> {
    routes.layer(from_fn_with_state(deadline, in_time)).layer(
        CorsLayer::new()
            .allow_origin(Any)
            .allow_methods([Method::GET, Method::POST])
            .allow_headers([
                header::AUTHORIZATION,
                header::CONTENT_TYPE,
                header::ACCEPT,
                HeaderName::from_static("mcp-protocol-version"),
                dpop::HEADER,
            ])
            .expose_headers([header::WWW_AUTHENTICATE, header::RETRY_AFTER, dpop::NONCE])
            .max_age(Duration::from_secs(3600)),
    )
}

/// What only the backend and the operator reach.
pub fn internal(app: Arc<App>) -> Router {
    Router::new()
        .route("/internal/token", post(exchange::exchange))
        .route("/internal/introspect", post(oauth::introspect::introspect))
        .route("/internal/jwks", get(exchange::jwks))
        .route("/metrics", get(scrape::scrape))
        .route("/healthz", get(health::live))
        .route("/readyz", get(health::ready))
        .route("/openapi.json", get(openapi::internal))
        .layer(RequestBodyTimeoutLayer::new(BODY_PAUSE))
        .layer(from_fn_with_state(CONTROL_DEADLINE, in_time))
        .layer(from_fn(count_requests))
        .with_state(app)
}

#[cfg(test)]
mod tests {
    use std::future::pending;

    use tower::ServiceExt as _;

    use super::*;

    const SHORT: Duration = Duration::from_millis(1);

    #[tokio::test]
    async fn pages_elsewhere_can_read_that_an_answer_was_late() {
        let routes: Router = open_to_pages(Router::new().route("/", get(pending::<()>)), SHORT);
        let request = http::Request::get("/").header("origin", "https://page.example").body(Body::empty());
        let late = routes.oneshot(request.unwrap()).await.unwrap();
        assert_eq!(late.status(), StatusCode::SERVICE_UNAVAILABLE);
        assert_eq!(late.headers()["access-control-allow-origin"], "*");
        assert_eq!(late.headers()["retry-after"], "2");
    }

    #[tokio::test]
    async fn people_are_told_on_a_page_that_an_answer_was_late() {
        let routes: Router =
            Router::new().route("/", get(pending::<()>)).layer(from_fn_with_state(SHORT, page_in_time));
        let late = routes.oneshot(http::Request::get("/").body(Body::empty()).unwrap()).await.unwrap();
        assert_eq!(late.status(), StatusCode::SERVICE_UNAVAILABLE);
        assert!(late.headers()["content-type"].to_str().unwrap().starts_with("text/html"));
    }
}
