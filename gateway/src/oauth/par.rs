//! Pushed authorization requests (RFC 9126): the client shows the whole request here first, and then sends the browser
//! with a reference to it.
//!
//! The reference is the request, sealed: no row is written, so pushing requests that nobody follows costs nothing, and
//! every replica can read it. It is bound to its client and over after a minute, but not spent by being looked at:
//! looking at an authorization request is repeatable here and changes nothing, and clients do look twice. What comes of
//! it is bound to the browser and spent by the button, and a code is worth nothing without the verifier.

use std::{net::SocketAddr, sync::Arc, time::Duration};

use axum::{
    Json,
    extract::{ConnectInfo, State},
    response::{IntoResponse, Response},
};
use http::{HeaderMap, StatusCode};
use serde::{Deserialize, Serialize};
use serde_json::json;

use super::{
    client_auth, dpop,
    error::OAuthError,
    params::{FormBody, Params},
    request::{Fault, validated},
};
use crate::{
    answer::no_store,
    app::App,
    domain::{audit::Refusal, dpop::Thumbprint, grant::Grant, secret::hash},
    dpop::NONCE,
    limits,
};

const PATH: &str = "/oauth/par";
const PREFIX: &str = "urn:ietf:params:oauth:request_uri:";
/// A reference is for the browser that is sent here now.
const LIFETIME: Duration = Duration::from_secs(60);
/// It travels in an address; a longer one would be cut by somebody on the way.
const LONGEST: usize = 6000;
/// What proves the client is no part of the request; who it is goes beside the reference.
const LEFT_OUT: [&str; 4] = ["client_id", "client_secret", "client_assertion", "client_assertion_type"];

#[derive(Serialize, Deserialize)]
struct Pushed {
    form: String,
    expires_at_ms: i64,
}

/// Why a reference leads nowhere.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum NoRequest {
    /// It is not one of ours, or another client's.
    Unknown,
    /// Over.
    Expired,
}

pub(crate) async fn push(
    State(app): State<Arc<App>>,
    ConnectInfo(peer): ConnectInfo<SocketAddr>,
    headers: HeaderMap,
    FormBody(body): FormBody,
) -> Result<Response, OAuthError> {
    app.limit(&limits::PUSH, peer, &headers).await?;
    let params = Params::parse(&body)?;
    let client = match client_auth::authenticate_anew(&app.clients, &headers, &params).await {
        Err(error @ OAuthError::InvalidClient { .. }) => {
            app.audit.refused(Refusal::Client, params.get("client_id"));
            app.limit(&limits::TOKEN_FAILURES, peer, &headers).await?;
            return Err(error);
        }
        other => other?,
    };
    if params.get("request_uri").is_some() {
        return Err(OAuthError::InvalidRequest("a pushed request cannot refer to another one".into()));
    }
    let client_id = client.id.clone();
    let redirect_uri = client.redirect_uri(params.get("redirect_uri")).ok_or_else(|| {
        OAuthError::InvalidRequest("redirect_uri is not one that this client registered".into())
    })?;
    if !app.grants.contains(Grant::AuthorizationCode) {
        return Err(OAuthError::UnauthorizedClient);
    }
    let key = dpop::key(&app, &headers, PATH, &client).await?;
    let request = validated(&app.issuer, &params, client, redirect_uri)
        .map_err(|Fault { code, description }| OAuthError::Authorization { code, description })?;
    let params = bound(params, request.dpop_jkt.as_ref(), key.as_ref())?;
    let expires_at_ms = app.clock.now().plus(LIFETIME).millis();
    let pushed = Pushed { form: params.encode_without(&LEFT_OUT), expires_at_ms };
    let plain = serde_json::to_vec(&pushed).map_err(|error| OAuthError::Unavailable(error.into()))?;
    let sealed = app.keys.seal(&purpose(&client_id), &plain)?;
    if sealed.len() > LONGEST {
        return Err(OAuthError::InvalidRequest("the request is too long; shorten state".into()));
    }
    let answer = json!({ "request_uri": format!("{PREFIX}{sealed}"), "expires_in": LIFETIME.as_secs() });
    let mut response = (StatusCode::CREATED, Json(answer)).into_response();
    no_store(response.headers_mut());
    if let Some(nonce) = dpop::next_nonce(&app, &headers) {
        response.headers_mut().insert(NONCE, nonce);
    }
    Ok(response)
}

/// A proof beside the request binds the code to its key, as `dpop_jkt` does (RFC 9449 §10.1).
fn bound(params: Params, asked: Option<&Thumbprint>, key: Option<&Thumbprint>) -> Result<Params, OAuthError> {
    match (asked, key) {
        (Some(asked), Some(key)) if asked != key => {
            Err(OAuthError::InvalidRequest("dpop_jkt is not the thumbprint of the DPoP proof's key".into()))
        }
        (None, Some(key)) => Ok(params.and("dpop_jkt", key.as_str())),
        _ => Ok(params),
    }
}

/// Whether a `request_uri` is of the kind that is given out here.
pub(super) fn is_reference(request_uri: &str) -> bool {
    request_uri.starts_with(PREFIX)
}

/// The request that `request_uri` stands for, if this client pushed it. Whatever else is in the address counts for
/// nothing (RFC 9101 §6.3).
pub(super) fn pushed(app: &App, client_id: &str, request_uri: &str) -> Result<Params, NoRequest> {
    let sealed = request_uri.strip_prefix(PREFIX).ok_or(NoRequest::Unknown)?;
    let plain = app.keys.unseal(&purpose(client_id), sealed).map_err(|_| NoRequest::Unknown)?;
    let pushed: Pushed = serde_json::from_slice(&plain).map_err(|_| NoRequest::Unknown)?;
    if app.clock.now().millis() >= pushed.expires_at_ms {
        return Err(NoRequest::Expired);
    }
    Params::parse(pushed.form.as_bytes()).map_err(|_| NoRequest::Unknown)
}

fn purpose(client_id: &str) -> String {
    format!("pushed authorization request/{}", hash(client_id))
}
