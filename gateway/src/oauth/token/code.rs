//! The authorization code grant (RFC 6749 §4.1.3, RFC 7636 §4.5).

use axum::response::Response;
use base64::{Engine as _, prelude::BASE64_URL_SAFE_NO_PAD};

use super::{
    super::{dpop::is_held, error::OAuthError, scopes::below_ceiling},
    Request,
    answer::{answer, refresh_key},
};
use crate::{
    app::App,
    domain::{
        authorization::Coded,
        client::Client,
        dpop::Thumbprint,
        grant::Grant,
        secret::{hash, random},
        session::{Because, MAX_CODE_ATTEMPTS, Session},
        token::{self, SESSION_ID_BYTES},
    },
};

const DEAD_CODE: OAuthError = OAuthError::InvalidGrant(
    "the authorization code is unknown, used or expired; start the authorization again",
);

pub(super) async fn grant(app: &App, request: Request<'_>) -> Result<Response, OAuthError> {
    let Request { client, params, key } = request;
    let code = params.require("code")?;
    let verifier = params.require("code_verifier")?;
    if !token::is_code(code) {
        return Err(DEAD_CODE);
    }
    let coded = app.store.coded(&hash(code)).await?.ok_or(DEAD_CODE)?;
    // Whoever cannot prove that the code is theirs changes nothing, but runs out of tries.
    let same_redirect =
        params.get("redirect_uri").is_none_or(|uri| uri == coded.request.redirect_uri.as_str());
    let proven = coded.request.client_id == client.id
        && same_redirect
        && coded.request.code_challenge.is_met_by(verifier)
        && coded.failed_attempts < MAX_CODE_ATTEMPTS;
    if !proven {
        app.store.count_failed_attempt(&coded.id_hash).await?;
        return Err(DEAD_CODE);
    }
    if let Some(bound) = &coded.request.dpop_jkt
        && let Err(refused) = is_held(app, bound, key, &client.id)
    {
        app.store.count_failed_attempt(&coded.id_hash).await?;
        return Err(refused);
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
    let session = begin(app, client, &coded, key)?;
    let answer = answer(app, &session, session.scopes, key)?;
    if !app.store.redeem(&coded, &session, now).await? {
        return Err(DEAD_CODE);
    }
    Ok(answer)
}

fn begin(app: &App, client: &Client, coded: &Coded, key: Option<&Thumbprint>) -> Result<Session, OAuthError> {
    let now = app.clock.now();
    Ok(Session {
        id: BASE64_URL_SAFE_NO_PAD.encode(random::<SESSION_ID_BYTES>()?),
        subject: coded.person.subject.clone(),
        email: coded.person.email.clone(),
        client_id: coded.request.client_id.clone(),
        client_name: coded.request.client.name.clone(),
        redirect_uri: coded.request.redirect_uri.as_str().to_owned(),
        scopes: below_ceiling(client, coded.approval.scopes)?,
        projects: coded.approval.projects.clone(),
        resource: app.issuer.resource(),
        generation: u32::from(coded.request.client.refreshes && app.grants.contains(Grant::RefreshToken)),
        key_thumbprint: refresh_key(client, key),
        credential_id: coded.credential_id.clone(),
        created_at: now,
        refreshed_at: now,
        idle_expires_at: now.plus(app.lifetimes.session_idle),
        expires_at: app.lifetimes.end(now, coded.approval.terms.life),
        revoked_at: None,
    })
}
