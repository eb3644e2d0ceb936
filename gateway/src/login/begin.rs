//! The button "Continue with Peaka": here an authorization begins. Until it is pressed for this client, the browser is
//! not sent to Peaka, whatever Peaka remembers of it (MCP security best practices, "Confused Deputy").

use std::{net::SocketAddr, sync::Arc};

use axum::{
    extract::{ConnectInfo, State},
    response::{IntoResponse, Redirect, Response},
};
use http::HeaderMap;
use secrecy::{ExposeSecret as _, SecretString};
use url::Url;

use super::code::{expired, give_code};
use crate::{
    app::App,
    cookies::Kind,
    device::device,
    domain::{
        audit::Refusal,
        authorization::{Approval, SignedIn, Terms},
        secret::{hash, random_text},
        session::AUTHORIZATION_LIFETIME,
    },
    limits,
    metrics::{CONSENT, ConsentStep},
    oauth::{
        authorize::{self, Carried, malformed, purpose},
        params::{FormBody, Params},
    },
    pages::{self, Leaving, PageError},
    same_origin::{is_not_from_elsewhere, is_same_origin},
    store::Browser,
};

pub(crate) async fn begin(
    State(app): State<Arc<App>>,
    ConnectInfo(peer): ConnectInfo<SocketAddr>,
    headers: HeaderMap,
    form: Result<FormBody, crate::oauth::error::OAuthError>,
) -> Result<Response, PageError> {
    app.limit(&limits::AUTHORIZE, peer, &headers).await?;
    if !is_same_origin(&headers, &app.issuer) {
        app.audit.refused(Refusal::Form, None);
        return Err(PageError::Foreign);
    }
    let FormBody(body) = form.map_err(malformed)?;
    let params = Params::parse(&body).map_err(malformed)?;
    let browser = app.cookies.get(Kind::Browser, &headers).ok_or(PageError::Foreign)?;
    let sealed = params.require("request").map_err(malformed)?;
    let plain = app.keys.unseal(&purpose(&browser.hash()), sealed).map_err(|_| PageError::Foreign)?;
    let carried: Carried = serde_json::from_slice(&plain).map_err(PageError::unavailable)?;
    let now = app.clock.now();
    if now.millis() >= carried.expires_at_ms {
        return Err(expired());
    }
    CONSENT.count(ConsentStep::Asked);
    let life = (now, now.plus(AUTHORIZATION_LIFETIME));
    let interaction = &carried.request.interaction;
    let known = app.signed_in(&headers).await?;
    let further = interaction.for_peaka(known.is_some());
    if let Some(known) = known.filter(|known| interaction.accepts(known.signed_in_at, now)) {
        app.count(&limits::ACCOUNT, &known.person.subject).await?;
        let authorization = random_text()?;
        let id_hash = hash(&authorization);
        app.store.begin_signed_in(&id_hash, &carried.request, &browser.hash(), &known, life).await?;
        CONSENT.count(ConsentStep::SignedIn);
        // What the page said must still be so, and the person must have been content with it.
        let content = is_not_from_elsewhere(&headers) && params.get("anew").is_none();
        let decided = match carried.decided {
            Some(digest) if content => authorize::decided(&app, &known, &carried.request)
                .await?
                .filter(|approval| approval.digest(&known.person) == digest),
            _ => None,
        };
        if let Some(approval) = decided {
            let Browser { person, credential_id, .. } = known;
            let signed_in = SignedIn { id_hash, request: carried.request, person, credential_id };
            let terms = Terms { life: None, device: device(&headers) };
            return give_code(&app, &signed_in, &Approval { terms, ..approval }).await;
        }
        return Ok(to_consent(&authorization));
    }
    let Departure { state_hash, verifier, url } = depart(&app, &further).await?;
    app.store.begin_authorization(&state_hash, &carried.request, &browser.hash(), &verifier, life).await?;
    pages::leave(Leaving::ToPeaka, url.as_str())
}

/// A sign-in at Peaka that the browser is about to be sent to.
pub(crate) struct Departure {
    /// By which it is known when the browser comes back.
    pub(crate) state_hash: String,
    /// The PKCE verifier, sealed.
    pub(crate) verifier: SecretString,
    /// Where to send the browser.
    pub(crate) url: Url,
}

/// Makes a sign-in ready; `extra` are further parameters for Peaka.
pub(crate) async fn depart(app: &App, extra: &[(&str, &str)]) -> Result<Departure, PageError> {
    let state = random_text()?;
    let step = app.peaka.sign_in.authorization_url(&callback_url(app)?, &state, extra).await?;
    let state_hash = hash(&state);
    let verifier = step.pkce_verifier.expose_secret().as_bytes();
    let verifier = app.keys.seal(&verifier_purpose(&state_hash), verifier)?.into();
    Ok(Departure { state_hash, verifier, url: step.url })
}

/// What the sealed verifier of a sign-in is bound to.
pub(super) fn verifier_purpose(id_hash: &str) -> String {
    format!("authorizations/{id_hash}/login_verifier")
}

/// Where Peaka sends the browser back to.
pub(super) fn callback_url(app: &App) -> Result<Url, PageError> {
    Url::parse(&app.issuer.join("/oauth/callback")).map_err(PageError::unavailable)
}

/// 303 to the consent page: a form post is never repeated elsewhere (RFC 9700 §4.12).
pub(super) fn to_consent(authorization: &str) -> Response {
    let mut response = Redirect::to(&format!("/oauth/consent?authorization={authorization}")).into_response();
    pages::protect(response.headers_mut());
    response
}
