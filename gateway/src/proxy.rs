//! `/mcp`: the protected resource. A valid token becomes an identity header; what goes to the backend, and what comes
//! back, is built from allowlists.

pub(crate) mod headers;
mod leash;
pub(crate) mod mcp_session;
mod origin;
mod possession;
mod presented;
pub(crate) mod refusal;
mod scheme;

use std::{net::SocketAddr, sync::Arc, time::Instant};

use axum::{body::Body, response::Response};
use http::{HeaderName, Method, Request, StatusCode};
use http_body::Body as _;
use hyper::body::Incoming;
use shared::{assertion, chain::Chain, clock::Timestamp};
use tracing::{info, warn};

use self::{leash::Leashed, presented::Presented, refusal::Refusal, scheme::Scheme};
use crate::{
    access_token::{BadToken, Valid},
    app::App,
    bulkhead::{Place, Placed},
    caller, domain, dpop,
    metrics::{IN_FLIGHT, Route, request_done},
    upstream::{BackendBody, BodyError, ClientBody, Post, UpstreamError, WireError},
    usage,
};

/// A JSON-RPC request is not longer than this.
const MAX_BODY_BYTES: usize = 4 * 1024 * 1024;
static IDENTITY: HeaderName = HeaderName::from_static(assertion::HEADER);

/// Answers a request to `/mcp`. It stands before the router: what every tool call passes is kept short.
pub(crate) async fn mcp(app: &Arc<App>, request: Box<Request<Incoming>>, peer: SocketAddr) -> Response {
    let (began, _in_flight) = (Instant::now(), IN_FLIGHT.hold(()));
    let origin = origin::judge(request.headers(), &app.issuer, &app.allowed_origins);
    let mut response = match origin {
        Ok(_) if request.method() == Method::OPTIONS => origin::preflight(request.headers()),
        Ok(_) => answer(app, request, peer).await,
        Err(origin::Foreign) => Refusal::Origin.into_response(&app.issuer, Scheme::Bearer),
    };
    origin::expose(response.headers_mut(), origin.unwrap_or(None));
    request_done(Route::Mcp, response.status(), began);
    response
}

async fn answer(app: &Arc<App>, request: Box<Request<Incoming>>, peer: SocketAddr) -> Response {
    // First who, then what: a client that has no token yet asks with GET, and must be told where to get one.
    let presented = match presented::read(request.headers()) {
        Ok(presented) => presented,
        Err(refusal) => return refusal.into_response(&app.issuer, Scheme::Bearer),
    };
    let scheme = presented.scheme;
    let now = app.clock.now();
    let mut response = match known(app, &request, presented, peer, now).await {
        Ok(valid) => served(app, request, valid, now).await,
        Err(refusal) => Err(refusal),
    }
    .unwrap_or_else(|refusal| refusal.into_response(&app.issuer, scheme));
    if scheme == Scheme::Dpop
        && let Some(nonce) = app.dpop.next_nonce()
    {
        response.headers_mut().insert(dpop::NONCE, nonce);
    }
    response
}

/// The token, if it is good and came in the right way.
async fn known(
    app: &App,
    request: &Request<Incoming>,
    presented: Presented<'_>,
    peer: SocketAddr,
    now: Timestamp,
) -> Result<Arc<Valid>, Refusal> {
    let (headers, method) = (request.headers(), request.method());
    let note = |refusal, client_id: Option<&str>| {
        caller::noting(app.caller(peer, headers), || app.audit.refused(refusal, client_id));
    };
    let valid = app.access_tokens.validate(presented.token, now).await.map_err(|bad| match bad {
        BadToken::Invalid if !presented.is_well_formed() => Refusal::Malformed,
        BadToken::Invalid => {
            note(domain::audit::Refusal::Token, None);
            bad.into()
        }
        BadToken::Expired | BadToken::Revoked => bad.into(),
    })?;
    possession::judge(app, headers, method, presented, &valid).await.inspect_err(|refusal| {
        if refusal.is_of_a_thief() {
            note(domain::audit::Refusal::Proof, Some(&valid.identity().client_id));
        }
    })?;
    Ok(valid)
}

async fn served(
    app: &Arc<App>,
    request: Box<Request<Incoming>>,
    valid: Arc<Valid>,
    now: Timestamp,
) -> Result<Response, Refusal> {
    if request.method() != Method::POST {
        return Err(Refusal::Method);
    }
    let place = app.bulkhead.enter(valid.principal().person(&app.bulkhead))?;
    let tool = usage::tool(request.headers());
    let (post, body) = for_backend(app, *request, &valid, now)?;
    let answer = app.upstream.call(post, body, headers::is_read).await.map_err(failed)?;
    // What came in while the session was being ended is not given out any more.
    let now = app.clock.now();
    app.access_tokens.look_again(&valid, now)?;
    if answer.status().is_success() {
        app.usage.count(valid.principal(), tool, now);
    }
    if let Some(refusal) = refused(&answer, &valid) {
        // Boxed, so that the other answers do not carry the room for it.
        Box::pin(answer.into_body().discard()).await;
        return Err(refusal);
    }
    from_backend(app, answer, valid, place)
}

/// All that the backend gets to see.
fn for_backend(
    app: &App,
    request: Request<Incoming>,
    valid: &Valid,
    now: Timestamp,
) -> Result<(Post, ClientBody), Refusal> {
    if request.body().size_hint().lower() > MAX_BODY_BYTES as u64 {
        return Err(Refusal::TooLarge);
    }
    let identity = app.access_tokens.identity_header(valid, now);
    let identity = identity.map_err(|error| Refusal::Unavailable(error.into()))?;
    let session = mcp_session::from_client(request.headers(), &app.keys, valid)?;
    let ours = [(&IDENTITY, Some(&identity)), (&mcp_session::HEADER, session.as_ref())];
    let ours = ours.into_iter().filter_map(|(name, value)| Some((name, value?)));
    let post = app.upstream.post(headers::to_backend(request.headers()).chain(ours));
    Ok((post, ClientBody::new(request.into_body(), MAX_BODY_BYTES)))
}

fn from_backend(
    app: &Arc<App>,
    answer: http::Response<BackendBody>,
    valid: Arc<Valid>,
    place: Place,
) -> Result<Response, Refusal> {
    let session = mcp_session::from_backend(answer.headers(), &app.keys, &valid)
        .map_err(|error| Refusal::Unavailable(error.into()))?;
    let (parts, body) = answer.into_parts();
    let mut headers = headers::from_backend(parts.headers);
    if let Some(session) = session {
        headers.insert(&mcp_session::HEADER, session);
    }
    let body = if headers::are_of_a_stream(&headers) {
        let place = app.bulkhead.stream(place).map_err(|_| Refusal::StreamLost)?;
        Body::new(Placed::new(Leashed::new(body, Arc::clone(app), valid), place))
    } else {
        Body::new(Placed::new(body, place))
    };
    let mut response = Response::new(body);
    *response.status_mut() = parts.status;
    *response.headers_mut() = headers;
    Ok(response)
}

/// What of the backend's answers is not passed on.
fn refused<B>(answer: &http::Response<B>, valid: &Valid) -> Option<Refusal> {
    let session_id = valid.identity().session_id.as_str();
    match answer.status() {
        StatusCode::UNAUTHORIZED if answer.headers().contains_key(assertion::SIGN_IN_AGAIN_HEADER) => {
            info!(session_id, "Peaka no longer honours this session's credential");
            Some(Refusal::SignInAgain)
        }
        StatusCode::FORBIDDEN => {
            let scopes =
                answer.headers().get(assertion::REQUIRED_SCOPE_HEADER).and_then(|value| value.to_str().ok());
            let scopes = scopes.and_then(|scopes| scopes.parse().ok());
            Some(scopes.map_or(Refusal::Backend, Refusal::Scope))
        }
        // Any other 401 is a quarrel between gateway and backend, and none of the client's business.
        StatusCode::UNAUTHORIZED | StatusCode::INTERNAL_SERVER_ERROR | StatusCode::BAD_GATEWAY => {
            warn!(status = answer.status().as_u16(), session_id, "the backend failed");
            Some(Refusal::Backend)
        }
        status if status.is_redirection() => Some(Refusal::Backend),
        _ => None,
    }
}

/// The request got no answer. Reading the client's own body is part of sending, so its faults turn up here too.
fn failed(error: UpstreamError) -> Refusal {
    match error {
        UpstreamError::Broken(WireError::Body(BodyError::TooLong)) => return Refusal::TooLarge,
        UpstreamError::Broken(WireError::Body(_)) => return Refusal::BodyBroken,
        _ => warn!(error = %Chain(&error), "the backend gave no answer"),
    }
    match error {
        UpstreamError::Timeout => Refusal::Timeout,
        other => Refusal::Unavailable(other.into()),
    }
}
