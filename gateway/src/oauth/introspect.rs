//! Token introspection (RFC 7662), on the internal listener. The truth, from the database: what is revoked is inactive at
//! once. A client that has a secret or a key learns of its own tokens only; another's token, a strange one and one that is
//! over are all answered the same, so that nobody can find out here which tokens exist.

use std::{net::SocketAddr, sync::Arc};

use axum::{
    Json,
    extract::{ConnectInfo, State},
    response::{IntoResponse, Response},
};
use base64::{Engine as _, prelude::BASE64_URL_SAFE_NO_PAD};
use http::HeaderMap;
use serde_json::{Value, json};

use super::{
    client_auth,
    error::OAuthError,
    params::{FormBody, Params},
};
use crate::{
    answer::no_store,
    app::App,
    domain::{
        audit::Refusal,
        client::{AuthMethod, Client},
        session::{Presented, Session, judge},
        token::RefreshToken,
    },
    limits,
};

pub(crate) async fn introspect(
    State(app): State<Arc<App>>,
    ConnectInfo(peer): ConnectInfo<SocketAddr>,
    headers: HeaderMap,
    FormBody(body): FormBody,
) -> Result<Response, OAuthError> {
    let params = Params::parse(&body)?;
    let client = match authenticated(&app, &headers, &params).await {
        Err(error @ OAuthError::InvalidClient { .. }) => {
            app.audit.refused(Refusal::Client, params.get("client_id"));
            app.limit(&limits::TOKEN_FAILURES, peer, &headers).await?;
            return Err(error);
        }
        other => other?,
    };
    // The hint is only a hint (RFC 7662 §2.1): the token itself says what it is.
    let known = known(&app, params.require("token")?, &client.id).await?;
    let answer = match known {
        Some(mut claims) => {
            claims["active"] = true.into();
            claims
        }
        None => json!({ "active": false }),
    };
    let mut response = Json(answer).into_response();
    no_store(response.headers_mut());
    Ok(response)
}

/// A client that proved itself: whoever merely says who it is could look for tokens that work (RFC 7662 §2.1).
async fn authenticated(app: &App, headers: &HeaderMap, params: &Params) -> Result<Client, OAuthError> {
    let client = client_auth::authenticate(&app.clients, headers, params).await?;
    if client.metadata.auth == AuthMethod::None {
        let description = "only clients with a secret or a key may ask";
        return Err(OAuthError::InvalidClient { description, basic: false });
    }
    Ok(client)
}

/// What there is to tell of a token of this client that works.
async fn known(app: &App, token: &str, client_id: &str) -> Result<Option<Value>, OAuthError> {
    if let Some((session_id, claims)) = app.access_tokens.claims_of(token) {
        let session = live(app, &session_id, client_id).await?;
        return Ok(session.map(|_| claims));
    }
    let Some(refresh) = RefreshToken::parse(token).filter(|token| app.keys.proves(token)) else {
        return Ok(None);
    };
    let session = live(app, &BASE64_URL_SAFE_NO_PAD.encode(refresh.session_id), client_id).await?;
    Ok(session.and_then(|session| match judge(session.generation, refresh.generation) {
        Presented::Current | Presented::Previous => Some(refresh_claims(app, &session)),
        // Asking is not using: the session of a copied token is not ended by that.
        Presented::Reused | Presented::Unknown => None,
    }))
}

fn refresh_claims(app: &App, session: &Session) -> Value {
    let mut claims = json!({
        "iss": app.issuer.as_str(),
        "sub": session.subject,
        "aud": session.resource,
        "client_id": session.client_id,
        "scope": session.scopes.to_string(),
        "iat": session.refreshed_at.seconds(),
        "exp": session.idle_expires_at.min(session.expires_at).seconds(),
    });
    if let Some(key) = &session.key_thumbprint {
        // RFC 9449 §6.2
        claims["cnf"] = json!({ "jkt": key });
    }
    claims
}

/// The session, if it is this client's and neither revoked nor over.
async fn live(app: &App, session_id: &str, client_id: &str) -> Result<Option<Session>, OAuthError> {
    let now = app.clock.now();
    let session = app.store.session(session_id).await?;
    Ok(session.filter(|session| {
        let over =
            session.revoked_at.is_some() || now >= session.idle_expires_at || now >= session.expires_at;
        session.client_id == client_id && !over
    }))
}
