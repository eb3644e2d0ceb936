//! `POST /oauth2/token` (RFC 6749 §4.1.3, §6; RFC 7636 §4.6): a code or a refresh token against an access token.

use std::sync::Arc;

use axum::{
    Json,
    extract::State,
    http::{
        HeaderMap, StatusCode,
        header::{AUTHORIZATION, CACHE_CONTROL, CONTENT_TYPE, WWW_AUTHENTICATE},
    },
    response::{IntoResponse, Response},
};
use base64::{Engine as _, engine::general_purpose::STANDARD};
use serde_json::json;

use super::{access_token::SCOPE, grants::Issue};
use crate::{app::App, chance, demo};

/// The errors of RFC 6749 §5.2, and our own failure.
#[derive(Clone, Copy, Debug)]
pub(crate) enum TokenError {
    InvalidClient,
    InvalidRequest(&'static str),
    InvalidGrant(&'static str),
    UnsupportedGrantType,
    Internal,
}

impl IntoResponse for TokenError {
    fn into_response(self) -> Response {
        let (status, error, description) = match self {
            Self::InvalidClient => {
                (StatusCode::UNAUTHORIZED, "invalid_client", "client authentication by HTTP Basic failed")
            }
            Self::InvalidRequest(problem) => (StatusCode::BAD_REQUEST, "invalid_request", problem),
            Self::InvalidGrant(problem) => (StatusCode::BAD_REQUEST, "invalid_grant", problem),
            Self::UnsupportedGrantType => {
                (StatusCode::BAD_REQUEST, "unsupported_grant_type", "authorization_code or refresh_token")
            }
            Self::Internal => {
                (StatusCode::INTERNAL_SERVER_ERROR, "server_error", "the token could not be made")
            }
        };
        let body = Json(json!({ "error": error, "error_description": description }));
        let mut response = (status, [(CACHE_CONTROL, "no-store")], body).into_response();
        if let Self::InvalidClient = self {
            let challenge = axum::http::HeaderValue::from_static("Basic realm=\"peaka\"");
            response.headers_mut().insert(WWW_AUTHENTICATE, challenge);
        }
        response
    }
}

pub(crate) async fn issue(
    State(app): State<Arc<App>>,
    headers: HeaderMap,
    body: String,
) -> Result<Response, TokenError> {
    authenticate(&app, &headers)?;
    let form = headers.get(CONTENT_TYPE).and_then(|value| value.to_str().ok()).unwrap_or_default();
    if !form.starts_with("application/x-www-form-urlencoded") {
        return Err(TokenError::InvalidRequest("the body must be form-urlencoded"));
    }
    let parameters: Vec<(String, String)> =
        serde_urlencoded::from_str(&body).map_err(|_| TokenError::InvalidRequest("the body is malformed"))?;
    let get = |name: &str| parameters.iter().find(|(key, _)| key == name).map(|(_, value)| value.as_str());
    let issue = match get("grant_type") {
        Some("authorization_code") => redeem(&app, get("code"), get("redirect_uri"), get("code_verifier"))?,
        Some("refresh_token") => refresh(&app, get("refresh_token"))?,
        Some(_) => return Err(TokenError::UnsupportedGrantType),
        None => return Err(TokenError::InvalidRequest("grant_type is missing")),
    };
    answer(&app, &issue)
}

/// HTTP Basic, both halves form-urlencoded before they were put together (RFC 6749 §2.3.1).
fn authenticate(app: &App, headers: &HeaderMap) -> Result<(), TokenError> {
    let pair = headers
        .get(AUTHORIZATION)
        .and_then(|value| value.to_str().ok())
        .and_then(|value| value.split_once(' '))
        .filter(|(scheme, _)| scheme.eq_ignore_ascii_case("Basic"))
        .and_then(|(_, encoded)| STANDARD.decode(encoded.trim()).ok())
        .and_then(|bytes| String::from_utf8(bytes).ok())
        .ok_or(TokenError::InvalidClient)?;
    let (id, secret) = pair.split_once(':').ok_or(TokenError::InvalidClient)?;
    let decoded = |text: &str| {
        let pairs: Vec<(String, String)> =
            serde_urlencoded::from_str(&format!("v={text}")).unwrap_or_default();
        pairs.into_iter().next().map(|(_, value)| value).unwrap_or_default()
    };
    let right = chance::same(&decoded(id), &app.options.client_id)
        & chance::same(&decoded(secret), &app.options.client_secret);
    if right { Ok(()) } else { Err(TokenError::InvalidClient) }
}

fn redeem(
    app: &App,
    code: Option<&str>,
    redirect_uri: Option<&str>,
    verifier: Option<&str>,
) -> Result<Issue, TokenError> {
    let (Some(code), Some(redirect_uri), Some(verifier)) = (code, redirect_uri, verifier) else {
        return Err(TokenError::InvalidRequest("code, redirect_uri and code_verifier are all needed"));
    };
    // Taken before it is checked: a code that was tried with a wrong verifier is spent too.
    let code = app.pending.take_code(code).ok_or(TokenError::InvalidGrant("the code is spent or unknown"))?;
    if code.redirect_uri != redirect_uri {
        return Err(TokenError::InvalidGrant("redirect_uri is not the one the code was sent to"));
    }
    if !chance::same(&chance::sha256(verifier), &code.code_challenge) {
        return Err(TokenError::InvalidGrant("code_verifier does not match the challenge"));
    }
    Ok(app.grants.begin(&code.email))
}

fn refresh(app: &App, token: Option<&str>) -> Result<Issue, TokenError> {
    let token = token.ok_or(TokenError::InvalidRequest("refresh_token is missing"))?;
    app.grants
        .refresh(token, app.switches().rotate_refresh_tokens)
        .ok_or(TokenError::InvalidGrant("the refresh token is spent, revoked or unknown"))
}

fn answer(app: &App, issue: &Issue) -> Result<Response, TokenError> {
    let life = app.switches().access_token_seconds;
    let person = demo::person(&issue.email).ok_or(TokenError::InvalidGrant("the account is gone"))?;
    let access_token = app
        .access_tokens
        .issue(&app.issuer, &app.options.client_id, person, issue, life)
        .ok_or(TokenError::Internal)?;
    let body = json!({
        "access_token": access_token,
        "refresh_token": issue.refresh_token,
        "token_type": "Bearer",
        "expires_in": life,
        "scope": SCOPE,
    });
    Ok(([(CACHE_CONTROL, "no-store")], Json(body)).into_response())
}
