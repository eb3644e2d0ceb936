//! The token response (RFC 6749 §5.1).

use axum::{
    Json,
    response::{IntoResponse, Response},
};
use base64::{Engine as _, prelude::BASE64_URL_SAFE_NO_PAD};
use serde_json::json;
use shared::scope::Scopes;

use super::super::error::OAuthError;
use crate::{
    answer::no_store,
    app::App,
    domain::{client::Client, dpop::Thumbprint, session::Session},
};

/// What a session gives its client: an access token for `scopes` (all of the session's, if none), and the refresh token of
/// its generation. With a `key` the access token is bound to it.
pub(super) fn answer(
    app: &App,
    session: &Session,
    scopes: Scopes,
    key: Option<&Thumbprint>,
) -> Result<Response, OAuthError> {
    let scopes = if scopes.is_empty() { session.scopes } else { scopes };
    let issued = app.access_tokens.issue(session, scopes, app.lifetimes.access_token, key)?;
    let mut answer = json!({
        "access_token": issued.token,
        "token_type": if key.is_some() { "DPoP" } else { "Bearer" },
        "expires_in": issued.lifetime.as_secs(),
        "scope": scopes.to_string(),
    });
    if session.generation > 0 {
        let id = BASE64_URL_SAFE_NO_PAD.decode(&session.id).ok().and_then(|id| id.try_into().ok());
        let token = id.and_then(|id| app.keys.refresh_token(id, session.generation));
        let token = token.ok_or_else(|| OAuthError::Unavailable("no refresh key".into()))?;
        answer["refresh_token"] = token.encode().into();
    }
    let mut response = Json(answer).into_response();
    no_store(response.headers_mut());
    Ok(response)
}

/// The key that a new session's refresh tokens are bound to: that of a client that proves itself in no other way (RFC 9449
/// §5).
pub(super) fn refresh_key(client: &Client, key: Option<&Thumbprint>) -> Option<Thumbprint> {
    key.filter(|_| !client.is_confidential()).cloned()
}
