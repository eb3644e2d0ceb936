//! The refresh grant (RFC 6749 §6), and the rule that makes races and lost answers harmless.

use axum::response::Response;
use base64::{Engine as _, prelude::BASE64_URL_SAFE_NO_PAD};
use shared::scope::Scopes;

use super::{
    super::{dpop::is_held, error::OAuthError, scopes::below_ceiling},
    Request,
    answer::answer,
};
use crate::{
    app::App,
    domain::{
        session::{Because, Presented, Session, judge},
        token::RefreshToken,
    },
    limits,
    metrics::{REFRESHES, Refreshed},
};

const DEAD_REFRESH: OAuthError =
    OAuthError::InvalidGrant("the refresh token is unknown, used, expired or revoked; sign in again");

pub(super) async fn grant(app: &App, request: Request<'_>) -> Result<Response, OAuthError> {
    let Request { client, params, key } = request;
    let presented = RefreshToken::parse(params.require("refresh_token")?).ok_or(DEAD_REFRESH)?;
    let narrowed = params.get("scope").map(asked_scopes).transpose()?;
    // A token that we did not make is refused before the database hears of it.
    if !app.keys.proves(&presented) {
        return Err(DEAD_REFRESH);
    }
    let id = BASE64_URL_SAFE_NO_PAD.encode(presented.session_id);
    app.count(&limits::REFRESH, &id).await?;
    if narrowed.is_some() || client.ceiling != Scopes::ALL {
        // Checked before the session advances: a refused request must leave the token as it was.
        let session = app.store.session(&id).await?.ok_or(DEAD_REFRESH)?;
        if session.client_id != client.id {
            return Err(DEAD_REFRESH);
        }
        let allowed = below_ceiling(client, session.scopes)?;
        if narrowed.is_some_and(|asked| !allowed.cover(asked)) {
            return Err(OAuthError::InvalidScope(
                "a refresh cannot widen what was approved; authorize again",
            ));
        }
    }
    let now = app.clock.now();
    let idle_expires_at = now.plus(app.lifetimes.session_idle);
    let advanced =
        app.store.advance_session(&id, &client.id, presented.generation, key, now, idle_expires_at).await?;
    let session = match advanced {
        Some(session) => {
            REFRESHES.count(Refreshed::Advanced);
            session
        }
        None => not_advanced(app, &id, request, presented.generation).await?,
    };
    let answer = answer(app, &session, narrowed.unwrap_or(below_ceiling(client, session.scopes)?), key)?;
    app.audit.refreshed(&session);
    Ok(answer)
}

/// The session did not advance: either the presenter lost a race or an answer, or the token is dead.
async fn not_advanced(
    app: &App,
    id: &str,
    request: Request<'_>,
    generation: u32,
) -> Result<Session, OAuthError> {
    let Request { client, key, .. } = request;
    let now = app.clock.now();
    let session = app.store.session(id).await?.ok_or(DEAD_REFRESH)?;
    let over = session.revoked_at.is_some() || now >= session.idle_expires_at || now >= session.expires_at;
    if session.client_id != client.id || over {
        return Err(DEAD_REFRESH);
    }
    // Before the token is judged: whoever copied it and has not the key can end nothing with it.
    if let Some(bound) = &session.key_thumbprint {
        is_held(app, bound, key, &client.id)?;
    }
    match judge(session.generation, generation) {
        Presented::Previous => {
            REFRESHES.count(Refreshed::Replayed);
            Ok(session)
        }
        Presented::Reused => {
            REFRESHES.count(Refreshed::Reused);
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
