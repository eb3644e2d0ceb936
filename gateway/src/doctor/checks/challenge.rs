//! The first requests: an unauthenticated one must be challenged (RFC 6750 §3, RFC 9728 §5.1), and one with a token that
//! is none must be told so.

use http::{Method, StatusCode, header};

use crate::doctor::{case::Case, fault::Fault, http::Answer};

/// Never given out; it only has the look of a token.
const NO_TOKEN: &str = "Bearer gateway-doctor-has-no-token";

/// The address of the metadata that the challenge names.
pub(in crate::doctor) async fn check(case: &mut Case<'_>) -> Option<String> {
    let first = case.ask("POST /mcp", case.initialize()).await;
    let named = first.as_ref().and_then(|answer| challenged(case, "POST /mcp", answer));
    if case.player().opens_a_stream {
        let request = case.request(Method::GET, &case.target.resource);
        let request = request.header(header::ACCEPT, "text/event-stream");
        if let Some(answer) = case.ask("GET /mcp", request).await
            && answer.status != StatusCode::UNAUTHORIZED
        {
            case.find(Fault::GetRefused, format!("GET /mcp was answered {}", answer.told()));
        }
    }
    if named.is_some() {
        let request = case.initialize().header(header::AUTHORIZATION, NO_TOKEN);
        if let Some(answer) = case.ask("POST /mcp", request).await
            && answer.status == StatusCode::UNAUTHORIZED
            && !answer.header(header::WWW_AUTHENTICATE).contains("invalid_token")
        {
            let seen = "a request with a token is answered as one without";
            case.find(Fault::AuthorizationStripped, seen);
        }
    }
    named
}

fn challenged(case: &mut Case<'_>, what: &str, answer: &Answer) -> Option<String> {
    if answer.status != StatusCode::UNAUTHORIZED {
        case.find(Fault::NoRefusal, format!("{what} was answered {}", answer.told()));
        return None;
    }
    if answer.content_type() != "application/json" {
        let seen = format!("the 401 of {what} is called “{}”", answer.content_type());
        case.find(Fault::ContentType, seen);
    }
    let challenge = answer.header(header::WWW_AUTHENTICATE);
    if challenge.is_empty() {
        case.find(Fault::NoChallenge, format!("{what} was answered 401 without WWW-Authenticate"));
        return None;
    }
    let Some(named) = parameter(&challenge, "resource_metadata") else {
        let scheme = challenge.split(' ').next().unwrap_or_default();
        let seen = format!("{what}: a challenge of the scheme {scheme} without resource_metadata");
        case.find(Fault::ChallengeWithoutMetadata, seen);
        return None;
    };
    if !named.starts_with(&format!("{}/", case.target.origin)) {
        case.find(Fault::ChallengeElsewhere, format!("the challenge leads to {named}"));
    }
    Some(named)
}

/// A quoted parameter of a challenge (RFC 9110 §11.2).
fn parameter(challenge: &str, name: &str) -> Option<String> {
    let (_, after) = challenge.split_once(&format!("{name}=\""))?;
    after.split_once('"').map(|(value, _)| value.to_owned())
}
