//! The token endpoint: authorization code (RFC 6749 §4.1.3, RFC 7636 §4.5) and refresh token (§6).

use std::{net::SocketAddr, sync::Arc};

use axum::{
    Json,
    extract::{ConnectInfo, State},
    response::{IntoResponse, Response},
};
use base64::{Engine as _, prelude::BASE64_URL_SAFE_NO_PAD};
use http::HeaderMap;
use serde_json::json;
use shared::scope::Scopes;
use tracing::info;

use super::{
    client_auth,
    error::OAuthError,
    params::{FormBody, Params},
};
use crate::{
    answer::no_store,
    app::App,
    domain::{
        authorization::Coded,
        secret::{hash, random},
        session::{Because, MAX_CODE_ATTEMPTS, Presented, Session, judge},
        token::{self, RefreshToken, SESSION_ID_BYTES},
    },
    limits,
};

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
    let client_id = client_auth::authenticate(&app.clients, headers, &params).await?;
    // Before anything is spent: a wrong resource must not cost the client its code or refresh token.
    if !params.all("resource").all(|resource| app.issuer.names_resource(resource)) {
        return Err(OAuthError::InvalidTarget);
    }
    match params.require("grant_type")? {
        "authorization_code" => code_grant(app, &client_id, &params).await,
        "refresh_token" => refresh_grant(app, &client_id, &params).await,
        _ => Err(OAuthError::UnsupportedGrantType),
    }
}

const DEAD_CODE: OAuthError = OAuthError::InvalidGrant(
    "the authorization code is unknown, used or expired; start the authorization again",
);

async fn code_grant(app: &App, client_id: &str, params: &Params) -> Result<Response, OAuthError> {
    let code = params.require("code")?;
    let verifier = params.require("code_verifier")?;
    if !token::is_code(code) {
        return Err(DEAD_CODE);
    }
    let coded = app.store.coded(&hash(code)).await?.ok_or(DEAD_CODE)?;
    // Whoever cannot prove that the code is theirs changes nothing, but runs out of tries.
    let same_redirect =
        params.get("redirect_uri").is_none_or(|uri| uri == coded.request.redirect_uri.as_str());
    let proven = coded.request.client_id == client_id
        && same_redirect
        && coded.request.code_challenge.is_met_by(verifier)
        && coded.failed_attempts < MAX_CODE_ATTEMPTS;
    if !proven {
        app.store.count_failed_attempt(&coded.id_hash).await?;
        return Err(DEAD_CODE);
    }
    if let Some(session_id) = &coded.session_id {
        // The holder of code and verifier came twice: one of the two is a thief (RFC 6749 §4.1.2).
        app.revocation.end_session(session_id, Because::CodeReplayed).await?;
        return Err(DEAD_CODE);
    }
    let now = app.clock.now();
    if now >= coded.expires_at {
        return Err(DEAD_CODE);
    }
    let session = begin(app, &coded)?;
    let answer = answer(app, &session, session.scopes)?;
    if !app.store.redeem(&coded, &session, now).await? {
        return Err(DEAD_CODE);
    }
    info!(session_id = session.id, subject = session.subject, client_id, "began a session");
    Ok(answer)
}

fn begin(app: &App, coded: &Coded) -> Result<Session, OAuthError> {
    let now = app.clock.now();
    Ok(Session {
        id: BASE64_URL_SAFE_NO_PAD.encode(random::<SESSION_ID_BYTES>()?),
        subject: coded.person.subject.clone(),
        email: coded.person.email.clone(),
        client_id: coded.request.client_id.clone(),
        client_name: coded.request.client.name.clone(),
        redirect_uri: coded.request.redirect_uri.as_str().to_owned(),
        scopes: coded.approval.scopes,
        projects: coded.approval.projects.clone(),
        resource: app.issuer.resource(),
        generation: u32::from(coded.request.client.refreshes),
        credential_id: coded.credential_id.clone(),
        created_at: now,
        refreshed_at: now,
        idle_expires_at: now.plus(app.lifetimes.session_idle),
        expires_at: now.plus(app.lifetimes.session),
        revoked_at: None,
    })
}

const DEAD_REFRESH: OAuthError =
    OAuthError::InvalidGrant("the refresh token is unknown, used, expired or revoked; sign in again");

async fn refresh_grant(app: &App, client_id: &str, params: &Params) -> Result<Response, OAuthError> {
    let presented = RefreshToken::parse(params.require("refresh_token")?).ok_or(DEAD_REFRESH)?;
    let narrowed = params.get("scope").map(asked_scopes).transpose()?;
    // A token that we did not make is refused before the database hears of it.
    if !app.keys.proves(&presented) {
        return Err(DEAD_REFRESH);
    }
    let id = BASE64_URL_SAFE_NO_PAD.encode(presented.session_id);
    if let Some(asked) = narrowed {
        // Checked before the session advances: a refused request must leave the token as it was.
        let session = app.store.session(&id).await?.ok_or(DEAD_REFRESH)?;
        if session.client_id != client_id {
            return Err(DEAD_REFRESH);
        }
        if !session.scopes.cover(asked) {
            return Err(OAuthError::InvalidScope(
                "a refresh cannot widen what was approved; authorize again",
            ));
        }
    }
    let now = app.clock.now();
    let idle_expires_at = now.plus(app.lifetimes.session_idle);
    let advanced =
        app.store.advance_session(&id, client_id, presented.generation, now, idle_expires_at).await?;
    let session = match advanced {
        Some(session) => session,
        None => not_advanced(app, &id, client_id, presented.generation).await?,
    };
    answer(app, &session, narrowed.unwrap_or(session.scopes))
}

/// The session did not advance: either the presenter lost a race or an answer, or the token is dead.
async fn not_advanced(app: &App, id: &str, client_id: &str, generation: u32) -> Result<Session, OAuthError> {
    let now = app.clock.now();
    let session = app.store.session(id).await?.ok_or(DEAD_REFRESH)?;
    let over = session.revoked_at.is_some() || now >= session.idle_expires_at || now >= session.expires_at;
    if session.client_id != client_id || over {
        return Err(DEAD_REFRESH);
    }
    match judge(session.generation, generation) {
        Presented::Previous => Ok(session),
        Presented::Reused => {
            app.revocation.end_session(id, Because::RefreshReused).await?;
            Err(DEAD_REFRESH)
        }
        // Current: it advanced between the two looks, so the next try will find it as the previous one.
        Presented::Current => Err(OAuthError::Unavailable("the session changed meanwhile".into())),
        Presented::Unknown => Err(DEAD_REFRESH),
    }
}

fn asked_scopes(list: &str) -> Result<Scopes, OAuthError> {
    let known: Scopes = list.split(' ').filter_map(|name| name.parse().ok()).collect();
    let strange = list.split(' ').any(|name| {
        !name.is_empty() && name != "offline_access" && name.parse::<shared::scope::Scope>().is_err()
    });
    if strange { Err(OAuthError::InvalidScope("a scope is not one of this server")) } else { Ok(known) }
}

/// The token response (RFC 6749 §5.1).
fn answer(app: &App, session: &Session, scopes: Scopes) -> Result<Response, OAuthError> {
    let scopes = if scopes.is_empty() { session.scopes } else { scopes };
    let issued = app.access_tokens.issue(session, scopes, app.lifetimes.access_token)?;
    let mut answer = json!({
        "access_token": issued.token,
        "token_type": "Bearer",
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
