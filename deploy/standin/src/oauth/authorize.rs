//! `GET /oauth2/authorize` (RFC 6749 §4.1.1, RFC 7636): checks the request, then the sign-in page, the consent page
//! or straight back to the client.

use std::{net::IpAddr, sync::Arc};

use axum::{
    extract::{RawQuery, State},
    http::{HeaderMap, StatusCode},
    response::Response,
};
use url::{Host, Url};

use super::{access_token::SCOPE, consent, pages, pending::AuthorizationRequest};
use crate::app::App;

/// Why a request is not taken further.
enum Refusal {
    /// The redirect URI cannot be trusted: only the person is told.
    Page(&'static str),
    /// The client is told through the redirect (RFC 6749 §4.1.2.1).
    Redirect { to: String, state: Option<String>, error: &'static str, description: &'static str },
}

pub(crate) async fn show(
    State(app): State<Arc<App>>,
    headers: HeaderMap,
    RawQuery(query): RawQuery,
) -> Response {
    let parameters: Vec<(String, String)> =
        serde_urlencoded::from_str(query.as_deref().unwrap_or_default()).unwrap_or_default();
    let (request, prompt) = match check(&app, &parameters) {
        Ok(checked) => checked,
        Err(Refusal::Page(problem)) => return pages::problem(StatusCode::BAD_REQUEST, problem),
        Err(Refusal::Redirect { to, state, error, description }) => {
            return pages::back_to_client(
                &to,
                &[
                    ("error", Some(error)),
                    ("error_description", Some(description)),
                    ("state", state.as_deref()),
                    ("iss", Some(&app.issuer)),
                ],
            );
        }
    };
    let person = pages::signed_in(&app, &headers).filter(|_| prompt != "login");
    match person {
        None if prompt == "none" => consent::refuse(&app, &request, "login_required"),
        None => pages::sign_in(StatusCode::OK, &app.pending.keep_request(request), "", None),
        Some(person) => consent::next(&app, &app.pending.keep_request(request.clone()), &request, person),
    }
}

fn check(app: &App, parameters: &[(String, String)]) -> Result<(AuthorizationRequest, String), Refusal> {
    let get = |name: &str| {
        let mut values = parameters.iter().filter(|(key, _)| key == name).map(|(_, value)| value.clone());
        values.next().filter(|_| values.next().is_none())
    };
    if get("client_id").as_deref() != Some(&app.options.client_id) {
        return Err(Refusal::Page("The app that sent you here is not known to Peaka."));
    }
    let redirect_uri = get("redirect_uri")
        .filter(|uri| is_registered(&app.options.redirect_uris, uri))
        .ok_or(Refusal::Page("The app that sent you here gave an address that it has not registered."))?;
    let state = get("state");
    let refuse = |error, description| {
        Err(Refusal::Redirect { to: redirect_uri.clone(), state: state.clone(), error, description })
    };
    if get("response_type").as_deref() != Some("code") {
        return refuse("unsupported_response_type", "response_type must be code");
    }
    let Some(code_challenge) = get("code_challenge").filter(|challenge| challenge.len() == 43) else {
        return refuse("invalid_request", "code_challenge is missing or not an S256 challenge");
    };
    if get("code_challenge_method").as_deref() != Some("S256") {
        return refuse("invalid_request", "code_challenge_method must be S256");
    }
    if get("scope").is_some_and(|scopes| scopes.split_ascii_whitespace().any(|scope| scope != SCOPE)) {
        return refuse("invalid_scope", "the only scope is user_access");
    }
    let prompt = get("prompt").unwrap_or_default();
    let ask_for_consent = prompt == "consent";
    Ok((AuthorizationRequest { redirect_uri, state, code_challenge, ask_for_consent }, prompt))
}

/// A registered URI is compared as text; with none registered, any loopback one with the gateway's path will do.
fn is_registered(registered: &[String], uri: &str) -> bool {
    if !registered.is_empty() {
        return registered.iter().any(|known| known == uri);
    }
    let Ok(url) = Url::parse(uri) else { return false };
    let is_loopback = match url.host() {
        Some(Host::Domain(name)) => name == "localhost",
        Some(Host::Ipv4(address)) => IpAddr::V4(address).is_loopback(),
        Some(Host::Ipv6(address)) => IpAddr::V6(address).is_loopback(),
        None => false,
    };
    url.scheme() == "http" && is_loopback && url.path() == "/oauth/callback" && url.query().is_none()
}
