//! The token endpoint (RFC 6749 §3.2), a file per grant.

mod answer;
mod code;
mod counted;
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
use crate::{app::App, domain::audit::Refusal, limits};

pub(crate) async fn token(
    State(app): State<Arc<App>>,
    ConnectInfo(peer): ConnectInfo<SocketAddr>,
    headers: HeaderMap,
    FormBody(body): FormBody,
) -> Result<Response, OAuthError> {
    let granted = grant(&app, &headers, &body).await;
    counted::count(&body, &granted);
    let refusal = match &granted {
        Err(OAuthError::InvalidGrant(_)) => Some(Refusal::Grant),
        Err(OAuthError::InvalidClient { .. }) => Some(Refusal::Client),
        _ => None,
    };
    if let Some(refusal) = refusal {
        let params = Params::parse(&body)?;
        let claimed = params.get("client_id");
        app.audit.refused(refusal, claimed);
        if let Some(id) = claimed {
            app.count(&limits::CLIENT_FAILURES, id).await?;
        }
        app.limit(&limits::TOKEN_FAILURES, peer, &headers).await?;
    }
    granted
}

pub(crate) async fn grant(app: &App, headers: &HeaderMap, body: &[u8]) -> Result<Response, OAuthError> {
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
