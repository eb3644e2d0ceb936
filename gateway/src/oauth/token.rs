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
    client_auth, dpop,
    error::OAuthError,
    params::{FormBody, Params},
};
use crate::{
    app::App,
    domain::{audit::Refusal, client::Client, dpop::Thumbprint, grant::Grant},
    dpop::{BadProof, NONCE},
    limits,
};

const PATH: &str = "/oauth/token";

/// A request of a client that proved itself.
#[derive(Clone, Copy)]
struct Request<'a> {
    client: &'a Client,
    params: &'a Params,
    /// The key that it proves to have (RFC 9449).
    key: Option<&'a Thumbprint>,
}

pub(crate) async fn token(
    State(app): State<Arc<App>>,
    ConnectInfo(peer): ConnectInfo<SocketAddr>,
    headers: HeaderMap,
    FormBody(body): FormBody,
) -> Result<Response, OAuthError> {
    let mut granted = grant(&app, &headers, &body).await;
    if let (Ok(response), Some(nonce)) = (&mut granted, dpop::next_nonce(&app, &headers)) {
        response.headers_mut().insert(NONCE, nonce);
    }
    counted::count(&body, &granted);
    let refusal = match &granted {
        Err(OAuthError::InvalidGrant(_)) => Some(Refusal::Grant),
        Err(OAuthError::InvalidClient { .. }) => Some(Refusal::Client),
        // This one is noted where it is known which client it is of.
        Err(OAuthError::InvalidDpopProof { bad, .. }) if *bad != BadProof::Nonce => Some(Refusal::Proof),
        _ => None,
    };
    if let Some(refusal) = refusal {
        let params = Params::parse(&body)?;
        let claimed = params.get("client_id");
        if refusal != Refusal::Proof {
            app.audit.refused(refusal, claimed);
        }
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
    let key = dpop::key_for_tokens(app, headers, PATH, &client).await?;
    let request = Request { client: &client, params: &params, key: key.as_ref() };
    match grant {
        Grant::AuthorizationCode => code::grant(app, request).await,
        Grant::RefreshToken => refresh::grant(app, request).await,
        Grant::ClientCredentials => client_credentials::grant(app, request).await,
        Grant::IdJag => id_jag::grant(app, request).await,
        Grant::Device => device::grant(app, request).await,
    }
}
