//! The authorization endpoint (RFC 6749 §4.1.1). `GET` only looks: it may be repeated, and nothing is written. The
//! validated request goes, sealed, into a page that names the client; only its button begins an authorization.

use std::{net::SocketAddr, sync::Arc};

use axum::{
    extract::{ConnectInfo, RawQuery, State},
    response::Response,
};
use http::HeaderMap;
use serde::{Deserialize, Serialize};

use super::{
    error::OAuthError,
    par::{self, NoRequest},
    params::{MAX_FORM_BYTES, Params},
    request::{Fault, unauthorized, validated},
};
use crate::{
    app::App,
    cimd::{CimdError, NotAllowed},
    clients::ClientError,
    cookies::{Cookie, Kind},
    domain::{
        audit::Refusal,
        authorization::{Approval, AuthorizationRequest},
        client::Client,
        grant::Grant,
        redirect::RedirectUri,
        remembered::Standing,
        session::AUTHORIZATION_LIFETIME,
    },
    limits,
    pages::{self, Again, PageError},
    same_origin::is_not_from_elsewhere,
    store::{Browser, StoreError},
};

/// What the page's form posts besides the sealed request, rounded up.
const FIELD_NAME_BYTES: usize = 64;

/// A request on its way through the page, with the time at which the page is too old.
#[derive(Debug, Serialize, Deserialize)]
pub(crate) struct Carried {
    pub(crate) request: AuthorizationRequest,
    pub(crate) expires_at_ms: i64,
    /// If the page says what its person decided before: the digest of it.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub(crate) decided: Option<String>,
}

/// What the sealed request is bound to: the browser that it was shown in.
pub(crate) fn purpose(browser_hash: &str) -> String {
    format!("authorization request/{browser_hash}")
}

pub(crate) async fn authorize(
    State(app): State<Arc<App>>,
    ConnectInfo(peer): ConnectInfo<SocketAddr>,
    headers: HeaderMap,
    RawQuery(query): RawQuery,
) -> Result<Response, PageError> {
    app.limit(&limits::AUTHORIZE, peer, &headers).await?;
    let params = Params::parse(query.unwrap_or_default().as_bytes()).map_err(malformed)?;
    let client = client(&app, &params).await?;
    let reference = params.get("request_uri").filter(|uri| par::is_reference(uri));
    let is_pushed = reference.is_some();
    let params = match reference {
        Some(reference) => {
            par::pushed(&app, &client.id, reference).map_err(|no_request| match no_request {
                NoRequest::Expired => PageError::refused("expired"),
                NoRequest::Unknown => PageError::refused("malformed"),
            })?
        }
        None => params,
    };
    let redirect_uri = client.redirect_uri(params.get("redirect_uri")).ok_or_else(|| {
        app.audit.refused(Refusal::RedirectUri, Some(&client.id));
        PageError::refused_with("redirect", "app", &client.metadata.name)
    })?;
    if !app.grants.contains(Grant::AuthorizationCode) {
        return Err(unauthorized().at(&app, &redirect_uri, params.get("state")));
    }
    if client.metadata.pushes && !is_pushed {
        return Err(not_pushed().at(&app, &redirect_uri, params.get("state")));
    }
    let request = validated(&app.issuer, &params, client, redirect_uri.clone())
        .map_err(|fault| fault.at(&app, &redirect_uri, params.get("state")))?;
    let known = app.signed_in(&headers).await?;
    if request.interaction.none {
        let now = app.clock.now();
        let signed_in = known.is_some_and(|known| request.interaction.accepts(known.signed_in_at, now));
        return Err(silently(signed_in).at(&app, &request.redirect_uri, request.state.as_deref()));
    }
    let decided = match &known {
        Some(known) if is_not_from_elsewhere(&headers) => decided(&app, known, &request).await?,
        _ => None,
    };
    ask(&app, &headers, request, known.as_ref().zip(decided.as_ref()))
}

/// The page that names the client, bound to the browser that it is shown in.
pub(crate) fn ask(
    app: &App,
    headers: &HeaderMap,
    request: AuthorizationRequest,
    again: Option<(&Browser, &Approval)>,
) -> Result<Response, PageError> {
    let (browser, fresh) = match app.cookies.get(Kind::Browser, headers) {
        Some(browser) => (browser, None),
        None => {
            let browser = Cookie::new(Kind::Browser)?;
            let cookie = app.cookies.set(&browser);
            (browser, cookie)
        }
    };
    let expires_at_ms = app.clock.now().plus(AUTHORIZATION_LIFETIME).millis();
    let digest = again.map(|(known, approval)| approval.digest(&known.person));
    let carried = Carried { request, expires_at_ms, decided: digest };
    let plain = serde_json::to_vec(&carried).map_err(PageError::unavailable)?;
    let sealed = app.keys.seal(&purpose(&browser.hash()), &plain)?;
    if sealed.len() > MAX_FORM_BYTES - FIELD_NAME_BYTES {
        return Err(PageError::refused("too_long"));
    }
    let again = again.map(|(known, approval)| Again { email: &known.person.email, approval });
    pages::ask(&carried.request, &sealed, again, fresh)
}

/// What the person decided before, if that answers this request: the client wants no more of them than that, and their
/// sign-in is good enough.
pub(crate) async fn decided(
    app: &App,
    known: &Browser,
    request: &AuthorizationRequest,
) -> Result<Option<Approval>, StoreError> {
    let interaction = &request.interaction;
    if interaction.consent || !interaction.accepts(known.signed_in_at, app.clock.now()) {
        return Ok(None);
    }
    Ok(match app.consents.standing(&known.person, request).await? {
        Standing::Decided(approval) => Some(approval),
        Standing::Changed | Standing::Unknown => None,
    })
}

async fn client(app: &App, params: &Params) -> Result<Client, PageError> {
    let id = params.get("client_id").ok_or_else(|| PageError::refused("incomplete_link"))?;
    app.clients
        .resolve(id)
        .await
        .inspect_err(|error| {
            let refusal = match error {
                ClientError::Store(_) => return,
                ClientError::Document(CimdError::NotAllowed(
                    NotAllowed::Unlisted { .. } | NotAllowed::Documents,
                )) => Refusal::Admission,
                _ => Refusal::Client,
            };
            app.audit.refused(refusal, Some(id));
        })
        .map_err(|error| match error {
            ClientError::Store(error) => error.into(),
            ClientError::Unknown => PageError::refused("unknown_client"),
            ClientError::Document(CimdError::NotAllowed(NotAllowed::Unlisted { host })) => {
                PageError::refused_with("unlisted_client", "host", host)
            }
            ClientError::Document(CimdError::NotAllowed(NotAllowed::Documents)) => {
                PageError::refused("no_documents")
            }
            error @ (ClientError::Document(_) | ClientError::NoRedirectUri) => {
                PageError::refused_because("unverified_client", &error)
            }
        })
}

impl Fault {
    /// Nobody has signed in, so the browser is not sent anywhere by itself: a freshly registered client must not turn
    /// this server into a redirector (RFC 9700 §4.11.2).
    fn at(self, app: &App, redirect_uri: &RedirectUri, state: Option<&str>) -> PageError {
        let mut parameters = vec![("error", self.code), ("error_description", self.description)];
        parameters.extend(state.map(|state| ("state", state)));
        parameters.push(("iss", app.issuer.as_str()));
        PageError::ClientFault {
            code: self.code,
            text: self.description,
            back: redirect_uri.with(&parameters),
        }
    }
}

/// RFC 9126 §6
const fn not_pushed() -> Fault {
    Fault {
        code: "invalid_request",
        description: "this app must push its requests before it sends anybody here",
    }
}

/// Why `prompt=none` cannot be followed. It never can: a code always takes the press of a button by its person (see
/// GHSA-6x8h-498w-gv8c), so what is told is the first step that is missing.
fn silently(signed_in: bool) -> Fault {
    if signed_in {
        Fault { code: "consent_required", description: "a person must always see who asks, and agree" }
    } else {
        Fault { code: "login_required", description: "nobody is signed in in this browser" }
    }
}

pub(crate) fn malformed(error: OAuthError) -> PageError {
    match error {
        OAuthError::Unavailable(error) => PageError::Unavailable(error),
        OAuthError::Limited(limit) => PageError::Limited(limit),
        other => PageError::refused_because("malformed", &other),
    }
}
