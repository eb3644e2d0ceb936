//! Back from Peaka. The answer must belong to the browser that was sent there; its `state` is spent on sight.

use std::{net::SocketAddr, sync::Arc};

use axum::{
    extract::{ConnectInfo, RawQuery, State},
    response::Response,
};
use http::HeaderMap;
use secrecy::{ExposeSecret as _, SecretString};
use tracing::{info, warn};

use super::{
    begin::{callback_url, to_consent, verifier_purpose},
    code::expired,
};
use crate::{
    account,
    app::App,
    cookies::{Cookie, Kind, SIGNED_IN},
    domain::{
        audit::Refusal,
        authorization::{Person, Returned},
        secret::{hash, random_text},
        session::machine_client,
    },
    keys::Unsealable,
    limits,
    metrics::{CONSENT, ConsentStep},
    oauth::{authorize::malformed, params::Params},
    pages::{self, PageError},
    peaka::{GrantError, PartnerError},
    store::Browser,
};

pub(crate) async fn callback(
    State(app): State<Arc<App>>,
    ConnectInfo(peer): ConnectInfo<SocketAddr>,
    headers: HeaderMap,
    RawQuery(query): RawQuery,
) -> Result<Response, PageError> {
    app.limit(&limits::AUTHORIZE, peer, &headers).await?;
    let params = Params::parse(query.unwrap_or_default().as_bytes()).map_err(malformed)?;
    let state = params.require("state").map_err(malformed)?;
    let now = app.clock.now();
    let (returned, goal) = match app.store.return_from_login(&hash(state), now).await? {
        Some(returned) => (returned, Goal::Consent),
        None => (app.store.return_from_sign_in(&hash(state), now).await?.ok_or_else(expired)?, Goal::Account),
    };
    let browser = app.cookies.get(Kind::Browser, &headers).ok_or(PageError::Foreign)?;
    if browser.hash() != returned.browser_hash {
        warn!("a sign-in was finished in another browser than it began in");
        app.audit.refused(Refusal::SignIn, None);
        return Err(PageError::Foreign);
    }
    if !app.peaka.sign_in.accepts_issuer(params.get("iss")).await? {
        warn!("a sign-in was answered by another issuer than Peaka's");
        app.audit.refused(Refusal::SignIn, None);
        return Err(PageError::refused("other_issuer"));
    }
    let Some(code) = params.get("code") else {
        app.audit.refused(Refusal::SignIn, None);
        // What the other side wrote into the error is not shown: it is text from elsewhere.
        return Err(PageError::refused("not_signed_in"));
    };
    let app_task = Arc::clone(&app);
    let (code, verifier) = (SecretString::from(code), open_verifier(&app, &returned)?);
    // The grant that comes of the code exists only in Peaka's answer: it is stored even if the browser goes away.
    let task = tokio::spawn(async move { sign_in(&app_task, &code, &verifier).await });
    let known = task.await.map_err(PageError::unavailable)?.inspect_err(|error| {
        if matches!(error, PageError::Refused(_)) {
            app.audit.refused(Refusal::SignIn, None);
        }
    })?;

    app.count(&limits::ACCOUNT, &known.person.subject).await?;
    if let Some(before) = app.cookies.get(Kind::SignedIn, &headers) {
        app.store.remove_browser(&before.hash()).await?;
    }
    let fresh = Cookie::new(Kind::SignedIn)?;
    app.store.add_browser(&fresh.hash(), &known, now.plus(SIGNED_IN)).await?;
    let mut response = match goal {
        Goal::Account => {
            info!(subject = known.person.subject, "a person signed in to see their connected apps");
            account::back(None)
        }
        Goal::Consent => {
            let authorization = random_text()?;
            if !app.store.sign_in(returned, &hash(&authorization), &known, now).await? {
                return Err(expired());
            }
            CONSENT.count(ConsentStep::SignedIn);
            to_consent(&authorization)
        }
    };
    pages::set_cookie(&mut response, app.cookies.set(&fresh));
    Ok(response)
}

/// What a person signed in for.
#[derive(Clone, Copy, Debug)]
enum Goal {
    /// A client asks them.
    Consent,
    /// They want to see their connected apps.
    Account,
}

/// A key that is gone is an outage: the sign-in itself was good.
fn open_verifier(app: &App, returned: &Returned) -> Result<SecretString, PageError> {
    let sealed = returned.login_verifier.expose_secret();
    let plain =
        app.keys.unseal(&verifier_purpose(&returned.id_hash), sealed).map_err(PageError::unavailable)?;
    Ok(String::from_utf8(plain).map_err(|_| PageError::unavailable(Unsealable))?.into())
}

async fn sign_in(app: &App, code: &SecretString, verifier: &SecretString) -> Result<Browser, PageError> {
    let credential = match app.peaka.sign_in.exchange_code(code, verifier, &callback_url(app)?).await {
        Ok(credential) => credential,
        Err(GrantError::Refused) => {
            return Err(PageError::refused("sign_in_spent"));
        }
        Err(GrantError::Outage(outage)) => return Err(outage.into()),
    };
    let person = match app.peaka.partner_api.who_is(&credential.access_token).await {
        Ok(person) => person,
        Err(PartnerError::Outage(outage)) => return Err(outage.into()),
        Err(PartnerError::Unauthorized | PartnerError::Forbidden) => {
            return Err(PageError::refused("nameless"));
        }
    };
    let known = |text: &str| !text.is_empty() && !text.chars().any(char::is_control);
    let email = person.email.filter(|email| known(email)).unwrap_or_else(|| person.user_id.clone());
    // A person whose id reads like that of a client would be taken for one (RFC 9068 §5).
    if !known(&person.user_id) || machine_client(&person.user_id).is_some() {
        return Err(PageError::refused("nameless"));
    }
    let credential_id = app.credentials.keep(&person.user_id, &credential).await?;
    let name = person.name.as_deref().and_then(crate::domain::client::clean_name);
    let person = Person { subject: person.user_id, email, name };
    Ok(Browser { person, credential_id, signed_in_at: app.clock.now() })
}
