//! Sessions of grants that nobody sits in front of. Their clients ask again whenever a token ends, as there is no refresh
//! token: a session for each would be a row for each. So the same session goes on for as long as the same is asked for,
//! and is listed, ended and swept like any other. When it is over, the next request begins another.

use base64::{Engine as _, prelude::BASE64_URL_SAFE_NO_PAD};
use shared::{assertion::Projects, scope::Scopes};

use crate::{
    app::App,
    domain::{
        client::Client,
        grant::Grant,
        secret::{NoRandomness, hash, random},
        session::Session,
        token::SESSION_ID_BYTES,
    },
    oauth::error::OAuthError,
    store::{Once, Reuse},
};

/// Who asks for what.
pub(super) struct Asked<'a> {
    pub(super) grant: Grant,
    /// On whose behalf.
    pub(super) of: &'a str,
    pub(super) email: &'a str,
    pub(super) credential_id: &'a str,
    pub(super) client: &'a Client,
    pub(super) scopes: Scopes,
    /// The issuer that spoke for the person, and its name for them.
    pub(super) said_by: Option<(&'a str, &'a str)>,
    /// What must not have been used before.
    pub(super) once: Option<Once<'a>>,
}

/// The live session for this, or a new one. It never has a refresh token.
pub(super) async fn session(app: &App, asked: &Asked<'_>) -> Result<Session, OAuthError> {
    let now = app.clock.now();
    let fresh = Session {
        id: new_id()?,
        subject: asked.of.to_owned(),
        email: asked.email.to_owned(),
        client_id: asked.client.id.clone(),
        client_name: asked.client.metadata.name.clone(),
        redirect_uri: String::new(),
        scopes: asked.scopes,
        projects: Projects::All,
        resource: app.issuer.resource(),
        generation: 0,
        key_thumbprint: None,
        credential_id: asked.credential_id.to_owned(),
        created_at: now,
        refreshed_at: now,
        idle_expires_at: now.plus(app.lifetimes.session_idle),
        expires_at: now.plus(app.lifetimes.session),
        revoked_at: None,
    };
    // A token must not end before its time because its session does.
    let live_until = now.plus(app.lifetimes.access_token.min(app.lifetimes.session / 2));
    let key = reuse_key(asked)?;
    let grant = asked.grant.as_str();
    match app.store.reuse_session(&fresh, &key, grant, live_until, asked.once, now).await? {
        Reuse::Session(session) => {
            if session.id != fresh.id {
                app.audit.refreshed(&session);
            }
            Ok(*session)
        }
        Reuse::Replayed => Err(OAuthError::InvalidGrant("the assertion was used before; ask for a new one")),
        // It was taken and given up in between: whoever tries again finds it settled.
        Reuse::Ended => Err(OAuthError::Unavailable("the session changed meanwhile".into())),
    }
}

fn new_id() -> Result<String, NoRandomness> {
    Ok(BASE64_URL_SAFE_NO_PAD.encode(random::<SESSION_ID_BYTES>()?))
}

/// Names all that a session is bound to. JSON keeps the parts apart.
fn reuse_key(asked: &Asked<'_>) -> Result<String, OAuthError> {
    let parts = (asked.of, asked.credential_id, &asked.client.id, asked.scopes.to_string(), asked.said_by);
    let text = serde_json::to_string(&parts).map_err(|error| OAuthError::Unavailable(error.into()))?;
    Ok(hash(&text))
}
