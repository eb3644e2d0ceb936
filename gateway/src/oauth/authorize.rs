//! The authorization endpoint (RFC 6749 §4.1.1). `GET` only looks: it may be repeated, and nothing is written. The
//! validated request goes, sealed, into a page that names the client; only its button begins an authorization.

use std::{net::SocketAddr, sync::Arc};

use axum::{
    extract::{ConnectInfo, RawQuery, State},
    response::Response,
};
use http::HeaderMap;
use serde::{Deserialize, Serialize};
use shared::scope::{Scope, Scopes};

use super::{
    error::OAuthError,
    params::{MAX_FORM_BYTES, Params},
};
use crate::{
    app::App,
    cimd::{CimdError, NotAllowed},
    clients::ClientError,
    cookies::{Cookie, Kind},
    domain::{
        audit::Refusal, authorization::AuthorizationRequest, client::Client, pkce::CodeChallenge,
        redirect::RedirectUri, session::AUTHORIZATION_LIFETIME,
    },
    limits,
    pages::{self, PageError},
};

/// What the page's form posts besides the sealed request, rounded up.
const FIELD_NAME_BYTES: usize = 64;

/// A request on its way through the page, with the time at which the page is too old.
#[derive(Debug, Serialize, Deserialize)]
pub(crate) struct Carried {
    pub(crate) request: AuthorizationRequest,
    pub(crate) expires_at_ms: i64,
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
    let redirect_uri = client.redirect_uri(params.get("redirect_uri")).ok_or_else(|| {
        app.audit.refused(Refusal::RedirectUri, Some(&client.id));
        PageError::refused_with("redirect", "app", &client.metadata.name)
    })?;
    let state = params.get("state").map(str::to_owned);
    let request = match validated(&app, &params, client, redirect_uri.clone(), state.clone()) {
        Ok(request) => request,
        Err(error) => return Err(error.at(&app, &redirect_uri, state.as_deref())),
    };
    let (browser, fresh) = match app.cookies.get(Kind::Browser, &headers) {
        Some(browser) => (browser, None),
        None => {
            let browser = Cookie::new(Kind::Browser)?;
            let cookie = app.cookies.set(&browser);
            (browser, cookie)
        }
    };
    let carried = Carried { expires_at_ms: app.clock.now().plus(AUTHORIZATION_LIFETIME).millis(), request };
    let plain = serde_json::to_vec(&carried).map_err(PageError::unavailable)?;
    let sealed = app.keys.seal(&purpose(&browser.hash()), &plain)?;
    if sealed.len() > MAX_FORM_BYTES - FIELD_NAME_BYTES {
        return Err(PageError::refused("too_long"));
    }
    pages::ask(&carried.request, &sealed, fresh)
}

async fn client(app: &App, params: &Params) -> Result<Client, PageError> {
    let id = params.get("client_id").ok_or_else(|| PageError::refused("incomplete_link"))?;
    app.clients
        .resolve(id)
        .await
        .inspect_err(|error| {
            if !matches!(error, ClientError::Store(_)) {
                app.audit.refused(Refusal::Client, Some(id));
            }
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

/// A fault that belongs to the client: its person is told, and may take it back to the client.
pub(crate) struct Fault {
    code: &'static str,
    description: &'static str,
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

pub(crate) fn validated(
    app: &App,
    params: &Params,
    client: Client,
    redirect_uri: RedirectUri,
    state: Option<String>,
) -> Result<AuthorizationRequest, Fault> {
    let fault = |code, description| Err(Fault { code, description });
    match params.get("response_type") {
        Some("code") => {}
        None => return fault("invalid_request", "response_type is missing; it must be code"),
        Some(_) => return fault("unsupported_response_type", "the only response_type here is code"),
    }
    if params.get("response_mode").is_some_and(|mode| mode != "query") {
        return fault("invalid_request", "the only response_mode here is query");
    }
    if params.get("request").is_some() {
        return fault("request_not_supported", "request objects are not supported");
    }
    if params.get("request_uri").is_some() {
        return fault("request_uri_not_supported", "request_uri is not supported");
    }
    if params.get("prompt").is_some_and(|prompt| prompt.split(' ').any(|word| word == "none")) {
        return fault("interaction_required", "a person must always see who asks");
    }
    if params.get("code_challenge_method") != Some("S256") {
        return fault("invalid_request", "PKCE is required: send code_challenge_method=S256");
    }
    let Some(Ok(code_challenge)) = params.get("code_challenge").map(CodeChallenge::parse) else {
        return fault(
            "invalid_request",
            "PKCE is required: code_challenge must be the S256 hash of the verifier",
        );
    };
    if !params.all("resource").all(|resource| app.issuer.names_resource(resource)) {
        return fault("invalid_target", "the resource is not one of this server");
    }
    let Some(scopes) = scopes(params.get("scope")) else {
        return fault("invalid_scope", "the scopes here are peaka:read, peaka:query and peaka:write");
    };
    Ok(AuthorizationRequest {
        client_id: client.id,
        client: client.metadata,
        client_origin: client.origin,
        redirect_uri,
        state,
        code_challenge,
        scopes,
    })
}

/// What is asked for: all of it, if nothing in particular. Scopes of others are passed over (RFC 6749 §3.3); a request
/// for nothing but strange ones is a mistake. `offline_access` means a refresh token, which comes by the grant.
fn scopes(asked: Option<&str>) -> Option<Scopes> {
    let asked: Vec<&str> = asked
        .unwrap_or_default()
        .split(' ')
        .filter(|name| !name.is_empty() && *name != "offline_access")
        .collect();
    if asked.is_empty() {
        return Some(Scopes::ALL);
    }
    let known: Scopes = asked.iter().filter_map(|name| name.parse::<Scope>().ok()).collect();
    (!known.is_empty()).then_some(known)
}

pub(crate) fn malformed(error: OAuthError) -> PageError {
    match error {
        OAuthError::Unavailable(error) => PageError::Unavailable(error),
        OAuthError::Limited(limit) => PageError::Limited(limit),
        other => PageError::refused_because("malformed", &other),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn asked_for_nothing_in_particular_a_client_is_offered_all() {
        assert_eq!(scopes(None), Some(Scopes::ALL));
        assert_eq!(scopes(Some("offline_access")), Some(Scopes::ALL));
        assert_eq!(scopes(Some("peaka:read openid")), Some(Scope::Read.into()));
        assert_eq!(scopes(Some("openid")), None);
        assert_eq!(scopes(Some("<script>")), None);
    }
}
