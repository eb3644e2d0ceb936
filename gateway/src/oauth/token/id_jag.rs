//! The grant of enterprises: an identity assertion for a token (RFC 7523 §2.1, with the profile of
//! draft-ietf-oauth-identity-assertion-authz-grant §4). There is no refresh token: the client asks its issuer again.

use axum::response::Response;
use tracing::{debug, info};

use super::{
    super::{error::OAuthError, scopes::narrowed},
    Request,
    answer::answer,
    without_browser::{Asked, session},
};
use crate::{
    app::App,
    domain::{grant::Grant, session::Because},
    id_jag::{Refusal, Vouched},
    store::{KnownPerson, Once},
};

const UNKNOWN: OAuthError = OAuthError::InvalidGrant(
    "the person of this assertion is not signed in to Peaka through this server; they must sign in once at this server, \
     with the same e-mail address, and the client then asks again with a fresh assertion",
);
const AMBIGUOUS: OAuthError = OAuthError::InvalidGrant(
    "several people have signed in here with the e-mail address of this assertion, so it names none of them",
);

const KEPT_OUT: OAuthError = OAuthError::InvalidGrant(
    "the person of this assertion has disconnected this client; they can let it in again at /account of this server",
);

pub(super) async fn grant(app: &App, request: Request<'_>) -> Result<Response, OAuthError> {
    let Request { client, params, key } = request;
    if !client.is_confidential() {
        return Err(OAuthError::UnauthorizedClient);
    }
    let vouched = app.id_jag.judge(client, params.require("assertion")?).await.map_err(refused)?;
    let scopes = narrowed(params.get("scope"), vouched.ceiling)?;
    let person = person(app, &vouched).await?;
    if app.store.is_kept_out(&person.subject, &client.id).await? {
        return Err(KEPT_OUT);
    }
    let asked = Asked {
        grant: Grant::IdJag,
        of: &person.subject,
        email: &person.email,
        credential_id: &person.credential_id,
        client,
        scopes,
        said_by: Some((vouched.issuer, &vouched.subject)),
        once: Some(Once { id_hash: &vouched.id_hash, until: vouched.ends }),
    };
    let session = session(app, &asked).await?;
    // Once more, now that there is a session: whoever keeps a client out does so first and then ends what they find.
    if app.store.is_kept_out(&person.subject, &client.id).await? {
        app.revocation.end_session(&session.id, Because::Person).await?;
        return Err(KEPT_OUT);
    }
    info!(
        session_id = session.id,
        subject = session.subject,
        client_id = client.id,
        issuer = vouched.issuer,
        "an enterprise's issuer vouched for a person"
    );
    answer(app, &session, scopes, key)
}

/// The one person that is signed in with the address.
async fn person(app: &App, vouched: &Vouched<'_>) -> Result<KnownPerson, OAuthError> {
    let mut known = app.store.people_by_email(&vouched.email, app.clock.now()).await?.into_iter();
    let newest = known.next().ok_or(UNKNOWN)?;
    // An address can be given to another person: then whom it means is not known, and nobody is taken for them.
    if known.any(|other| other.subject != newest.subject) { Err(AMBIGUOUS) } else { Ok(newest) }
}

fn refused(refusal: Refusal) -> OAuthError {
    match refusal {
        Refusal::Bad(bad) => {
            debug!(?bad, "refused an identity assertion");
            OAuthError::InvalidGrant(bad.description())
        }
        Refusal::NoKeys(away) => OAuthError::Unavailable(away.into()),
    }
}
