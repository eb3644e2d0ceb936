//! The token endpoint (RFC 6749 §3.2), a file per grant.

mod answer;
mod code;
mod refresh;

use std::{net::SocketAddr, sync::Arc};

use axum::{
    extract::{ConnectInfo, State},
    response::Response,
};
use http::HeaderMap;

use super::{
    client_auth,
    error::OAuthError,
    params::{FormBody, Params},
};
use crate::{app::App, limits};

pub(crate) async fn token(
    State(app): State<Arc<App>>,
    ConnectInfo(peer): ConnectInfo<SocketAddr>,
    headers: HeaderMap,
    FormBody(body): FormBody,
) -> Result<Response, OAuthError> {
    let granted = grant(&app, &headers, &body).await;
    if matches!(granted, Err(OAuthError::InvalidGrant(_) | OAuthError::InvalidClient { .. })) {
        app.limiter.check(&limits::TOKEN_FAILURES, &app.caller(peer, &headers)).await?;
    }
    granted
}

async fn grant(app: &App, headers: &HeaderMap, body: &[u8]) -> Result<Response, OAuthError> {
    let params = Params::parse(body)?;
    let client = client_auth::authenticate(&app.clients, headers, &params).await?;
    // Before anything is spent: a wrong resource must not cost the client its code or refresh token.
    if !params.all("resource").all(|resource| app.issuer.names_resource(resource)) {
        return Err(OAuthError::InvalidTarget);
    }
    match params.require("grant_type")? {
        "authorization_code" => code::grant(app, &client, &params).await,
        "refresh_token" => refresh::grant(app, &client, &params).await,
        _ => Err(OAuthError::UnsupportedGrantType),
    }
}
