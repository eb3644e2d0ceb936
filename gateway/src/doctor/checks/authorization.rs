//! The authorization endpoint, for every form of redirect URI that this client uses: a page, at once, and again when it is
//! asked again. Nothing is pressed on it.

use http::{Method, header};
use serde_json::Value;
use url::Url;

use super::resource::text;
use crate::doctor::{case::Case, fault::Fault, http::Answer, players::BROWSER};

/// RFC 7636, appendix B. No code is ever given for it.
const CHALLENGE: &str = "E9Melhoa2OwvFrEMTJguCHaoeK1t8URWbuGJSstw-cM";

pub(in crate::doctor) async fn check(case: &mut Case<'_>, server: &Value, client_id: &str) {
    let registered: Value = serde_json::from_str(case.player().registers).unwrap_or_default();
    for uri in case.player().returns_to {
        // fastmcp asks once by itself before the browser does.
        for _ in 0..2 {
            let Some(answer) = asked(case, server, client_id, uri).await else { break };
            if answer.status.is_success() && answer.is_page() {
                continue;
            }
            let as_registered = registered["redirect_uris"]
                .as_array()
                .is_some_and(|uris| uris.iter().any(|have| have == uri));
            let fault = if as_registered { Fault::AuthorizationRefused } else { Fault::LoopbackPort };
            case.find(fault, format!("for {uri} it was answered {}", answer.told()));
            break;
        }
    }
}

/// The answer to an authorization request, unless it is a redirect or no answer to what was asked.
pub(super) async fn asked(case: &mut Case<'_>, server: &Value, client_id: &str, uri: &str) -> Option<Answer> {
    let Ok(mut url) = Url::parse(text(server, "authorization_endpoint")) else { return None };
    url.query_pairs_mut().extend_pairs([
        ("response_type", "code"),
        ("client_id", client_id),
        ("redirect_uri", uri),
        ("code_challenge", CHALLENGE),
        ("code_challenge_method", "S256"),
        ("state", "gateway-doctor"),
        ("scope", "peaka:read"),
        ("resource", &case.target.resource),
    ]);
    let request = case
        .http
        .client
        .request(Method::GET, url)
        .header(header::USER_AGENT, BROWSER)
        .header(header::ACCEPT, "text/html,application/xhtml+xml");
    let answer = match Answer::to(request).await {
        Ok(answer) => answer,
        Err(error) => {
            case.find(Fault::NoAnswer, format!("GET /oauth/authorize: {}", error.reason()));
            return None;
        }
    };
    if answer.status.is_redirection() {
        let to = answer.header(header::LOCATION);
        let to = to.split(['?', '#']).next().unwrap_or_default();
        case.find(Fault::AuthorizationRedirects, format!("for {uri} it leads at once to {to}"));
        return None;
    }
    // Nobody has judged the client or the address then.
    if answer.status.is_server_error() {
        case.find(Fault::Outage, format!("GET /oauth/authorize was answered {}", answer.told()));
        return None;
    }
    if answer.status.as_u16() == 429 && answer.title().ends_with("Peaka") {
        case.find(Fault::Limited, "GET /oauth/authorize was answered 429");
        return None;
    }
    Some(answer)
}
