//! Token revocation (RFC 7009). Either token ends its whole session; a token that is unknown, or another client's, is
//! answered the same as one that was ended.

use std::{net::SocketAddr, sync::Arc};

use axum::{
    extract::{ConnectInfo, State},
    response::{IntoResponse, Response},
};
use base64::{Engine as _, prelude::BASE64_URL_SAFE_NO_PAD};
use http::{HeaderMap, StatusCode};

use super::{
    client_auth,
    error::OAuthError,
    params::{FormBody, Params},
};
use crate::{
    answer::no_store,
    app::App,
    domain::{audit::Refusal, session::Because, token::RefreshToken},
    limits,
};

pub(crate) async fn revoke(
    State(app): State<Arc<App>>,
    ConnectInfo(peer): ConnectInfo<SocketAddr>,
    headers: HeaderMap,
    FormBody(body): FormBody,
) -> Result<Response, OAuthError> {
    app.limit(&limits::REVOKE, peer, &headers).await?;
    let params = Params::parse(&body)?;
    let client = client_auth::authenticate(&app.clients, &headers, &params).await.inspect_err(|error| {
        if matches!(error, OAuthError::InvalidClient { .. }) {
            app.audit.refused(Refusal::Client, params.get("client_id"));
        }
    })?;
    // The hint is only a hint (RFC 7009 §2.1): the token itself says what it is.
    if let Some(session_id) = session_of(&app, params.require("token")?, &client.id).await? {
        app.revocation.end_session(&session_id, Because::ClientRevoked).await?;
    }
    let mut response = StatusCode::OK.into_response();
    no_store(response.headers_mut());
    Ok(response)
}

/// The session that a token of this client belongs to.
async fn session_of(app: &App, token: &str, client_id: &str) -> Result<Option<String>, OAuthError> {
    if let Some((session_id, owner)) = app.access_tokens.session_of(token) {
        return Ok((owner == client_id).then_some(session_id));
    }
    let Some(refresh) = RefreshToken::parse(token).filter(|token| app.keys.proves(token)) else {
        return Ok(None);
    };
    let session_id = BASE64_URL_SAFE_NO_PAD.encode(refresh.session_id);
    let session = app.store.session(&session_id).await?;
    Ok(session.filter(|session| session.client_id == client_id).map(|_| session_id))
}
