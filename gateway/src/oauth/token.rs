//! The token endpoint (RFC 6749 §3.2), a file per grant.

mod answer;
mod client_credentials;
mod code;
mod counted;
mod device;
mod id_jag;
mod refresh;
mod without_browser;

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
use crate::{
    app::App,
    domain::{audit::Refusal, grant::Grant},
    limits,
};

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
    let grant = Grant::parse(params.require("grant_type")?).filter(|grant| app.grants.contains(*grant));
    let grant = grant.ok_or(OAuthError::UnsupportedGrantType)?;
    if !client.grants.contains(grant) {
        return Err(OAuthError::UnauthorizedClient);
    }
    match grant {
        Grant::AuthorizationCode => code::grant(app, &client, &params).await,
        Grant::RefreshToken => refresh::grant(app, &client, &params).await,
        Grant::ClientCredentials => client_credentials::grant(app, &client, &params).await,
        Grant::IdJag => id_jag::grant(app, &client, &params).await,
        Grant::Device => device::grant(app, &client, &params).await,
    }
}
