//! Dynamic client registration (RFC 7591). What a client registers lies in its id, so this writes nothing and can be
//! called as often as its rate limit allows.

use std::{net::SocketAddr, sync::Arc};

use axum::{
    Json,
    extract::{ConnectInfo, Request, State},
    response::{IntoResponse, Response},
};
use http::StatusCode;
use secrecy::ExposeSecret as _;
use serde_json::{Map, Value, json};
use shared::scope::{Scope, Scopes};

use super::{error::OAuthError, params};
use crate::{
    answer::no_store,
    app::App,
    clients::RegisterError,
    domain::{
        client::{AuthMethod, ClientMetadata, clean_name},
        grant::Grant,
        redirect::RedirectUri,
    },
    limits,
};

const MAX_REDIRECT_URIS: usize = 16;
const GRANTS: [&str; 3] =
    [Grant::AuthorizationCode.as_str(), Grant::RefreshToken.as_str(), Grant::Device.as_str()];

/// RFC 9449 §5.2
const DPOP: &str = "dpop_bound_access_tokens";
/// RFC 9126 §6
const PUSHES: &str = "require_pushed_authorization_requests";

pub(crate) async fn register(
    State(app): State<Arc<App>>,
    ConnectInfo(peer): ConnectInfo<SocketAddr>,
    request: Request,
) -> Result<Response, OAuthError> {
    app.limit(&limits::REGISTER, peer, request.headers()).await?;
    let body = params::read(request.into_body()).await?;
    let asked: Map<String, Value> = serde_json::from_slice(&body)
        .map_err(|_| OAuthError::InvalidClientMetadata("the body must be a JSON object".into()))?;
    let mut metadata = validated(&asked)?;
    metadata.refreshes &= app.grants.contains(Grant::RefreshToken);
    metadata.device &= app.grants.contains(Grant::Device);
    metadata.dpop &= app.dpop.is_on();
    let registration = app.clients.register(&metadata).map_err(|error| match error {
        RegisterError::TooLong => OAuthError::InvalidClientMetadata(error.to_string().into()),
        RegisterError::NoRandomness(error) => error.into(),
    })?;
    let registered = [app.grants.contains(Grant::AuthorizationCode), metadata.refreshes, metadata.device];
    let grants: Vec<&str> =
        GRANTS.into_iter().zip(registered).filter_map(|(grant, has)| has.then_some(grant)).collect();
    let mut answer = json!({
        "client_id": registration.client_id,
        "client_id_issued_at": app.clock.now().seconds(),
        "client_name": metadata.name,
        "redirect_uris": metadata.redirect_uris,
        "token_endpoint_auth_method": metadata.auth.as_str(),
        "grant_types": grants,
        "response_types": ["code"],
        "scope": Scopes::ALL.to_string(),
    });
    for (name, effective) in [(DPOP, metadata.dpop), (PUSHES, metadata.pushes)] {
        if asked.contains_key(name) {
            answer[name] = effective.into();
        }
    }
    if let Some(secret) = &registration.client_secret {
        answer["client_secret"] = secret.expose_secret().into();
        answer["client_secret_expires_at"] = 0.into();
    }
    let mut response = (StatusCode::CREATED, Json(answer)).into_response();
    no_store(response.headers_mut());
    Ok(response)
}

/// What the client gets of what it asked for; members that are not known are passed over (RFC 7591 §2).
pub(crate) fn validated(asked: &Map<String, Value>) -> Result<ClientMetadata, OAuthError> {
    let auth = match text(asked, "token_endpoint_auth_method")? {
        // RFC 7591 would say client_secret_basic; MCP clients that say nothing are public ones.
        None => AuthMethod::None,
        Some(name) => AuthMethod::registrable(name).ok_or_else(|| {
            OAuthError::InvalidClientMetadata(
                "token_endpoint_auth_method should be none, client_secret_basic or client_secret_post; private_key_jwt \
                 is for clients with a metadata document"
                    .into(),
            )
        })?,
    };
    let (refreshes, device) = match list(asked, "grant_types")? {
        None => (true, false),
        Some(grants) => {
            if !grants.contains(&GRANTS[0]) {
                return Err(OAuthError::InvalidClientMetadata(
                    "grant_types should hold authorization_code, and refresh_token for long sessions".into(),
                ));
            }
            (grants.contains(&GRANTS[1]), grants.contains(&GRANTS[2]))
        }
    };
    if list(asked, "response_types")?.is_some_and(|types| !types.contains(&"code")) {
        return Err(OAuthError::InvalidClientMetadata("response_types should be [\"code\"]".into()));
    }
    if let Some(scope) = text(asked, "scope")? {
        // Not a ceiling: clients are known to ask for more later. But one that names nothing of ours is mistaken.
        let known = |name: &str| name.parse::<Scope>().is_ok() || STANDARD_SCOPES.contains(&name);
        if !scope.split(' ').any(known) {
            return Err(OAuthError::InvalidClientMetadata("scope names no scope of this server".into()));
        }
    }
    let redirect_uris = redirect_uris(asked)?;
    let name = text(asked, "client_name")?
        .and_then(clean_name)
        .unwrap_or_else(|| "An app without a name".to_owned());
    let (dpop, pushes) = (truth(asked, DPOP)?, truth(asked, PUSHES)?);
    Ok(ClientMetadata { name, redirect_uris, auth, refreshes, device, dpop, pushes, keys: None })
}

/// Scopes of OpenID Connect that clients name out of habit.
const STANDARD_SCOPES: [&str; 4] = ["offline_access", "openid", "profile", "email"];

/// The acceptable ones: a client that also registers one of a form that is not accepted here keeps the others.
fn redirect_uris(asked: &Map<String, Value>) -> Result<Vec<RedirectUri>, OAuthError> {
    let raw = list(asked, "redirect_uris")?.unwrap_or_default();
    if raw.is_empty() || raw.len() > MAX_REDIRECT_URIS {
        let problem = format!("redirect_uris should hold 1 to {MAX_REDIRECT_URIS} URIs");
        return Err(OAuthError::InvalidRedirectUri(problem.into()));
    }
    let mut accepted = Vec::new();
    let mut refusal = None;
    for (at, uri) in raw.into_iter().enumerate() {
        match RedirectUri::parse(uri) {
            Ok(uri) => accepted.push(uri),
            Err(error) => refusal = refusal.or(Some((at, error))),
        }
    }
    match (accepted.is_empty(), refusal) {
        (true, Some((at, error))) => {
            Err(OAuthError::InvalidRedirectUri(format!("redirect_uris[{at}] {error}").into()))
        }
        _ => Ok(accepted),
    }
}

fn truth(asked: &Map<String, Value>, name: &'static str) -> Result<bool, OAuthError> {
    match asked.get(name) {
        None | Some(Value::Null) => Ok(false),
        Some(Value::Bool(truth)) => Ok(*truth),
        Some(_) => Err(OAuthError::InvalidClientMetadata(format!("{name} should be true or false").into())),
    }
}

fn text<'a>(asked: &'a Map<String, Value>, name: &'static str) -> Result<Option<&'a str>, OAuthError> {
    match asked.get(name) {
        None | Some(Value::Null) => Ok(None),
        Some(Value::String(text)) => Ok(Some(text)),
        Some(_) => Err(OAuthError::InvalidClientMetadata(format!("{name} should be a string").into())),
    }
}

fn list<'a>(asked: &'a Map<String, Value>, name: &'static str) -> Result<Option<Vec<&'a str>>, OAuthError> {
    let wrong = || OAuthError::InvalidClientMetadata(format!("{name} should be a list of strings").into());
    match asked.get(name) {
        None | Some(Value::Null) => Ok(None),
        Some(Value::Array(items)) => {
            items.iter().map(|item| item.as_str().ok_or_else(wrong)).collect::<Result<_, _>>().map(Some)
        }
        Some(_) => Err(wrong()),
    }
}
