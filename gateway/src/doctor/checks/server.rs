//! The authorization server's metadata (RFC 8414 §3): at OAuth's place and OpenID's, the issuer's path inserted, and
//! about the very issuer that was asked for.

use serde_json::Value;
use url::Url;

use super::resource::text;
use crate::doctor::{case::Case, fault::Fault, target};

/// The metadata, if this client can go on with it.
pub(in crate::doctor) async fn check(case: &mut Case<'_>, issuer: &str) -> Option<Value> {
    let Some(places) = places(issuer) else {
        case.find(Fault::IssuerMismatch, format!("the issuer “{issuer}” is no URL"));
        return None;
    };
    let mut found = Vec::new();
    for place in &places {
        found.push(case.document(place).await);
    }
    if found.iter().all(Option::is_none) {
        case.find(Fault::ServerMetadataMissing, format!("nothing of the issuer {issuer}"));
        return None;
    }
    for (place, document) in places.iter().zip(&found) {
        match document {
            None => {
                let seen = format!("GET {} does not answer with JSON", crate::doctor::case::path(place));
                case.find(Fault::ServerMetadataFormMissing, seen);
            }
            Some(document) => {
                let told = text(document, "issuer");
                if told != issuer {
                    let seen = format!("asked for “{issuer}”, the metadata is of “{told}”");
                    case.find(Fault::IssuerMismatch, seen);
                }
            }
        }
    }
    let document = found.into_iter().flatten().next()?;
    let missing = missing(&document);
    if !missing.is_empty() {
        case.find(Fault::ServerMetadataIncomplete, format!("there is no {}", missing.join(", no ")));
    }
    (!text(&document, "authorization_endpoint").is_empty() && !text(&document, "token_endpoint").is_empty())
        .then_some(document)
}

fn places(issuer: &str) -> Option<[String; 2]> {
    let url = Url::parse(issuer).ok().filter(Url::has_host)?;
    let origin = url.origin().ascii_serialization();
    let path = url.path().trim_end_matches('/');
    Some([
        format!("{origin}/.well-known/oauth-authorization-server{path}"),
        format!("{origin}/.well-known/openid-configuration{path}"),
    ])
}

/// What clients stop without.
fn missing(document: &Value) -> Vec<String> {
    let mut missing = Vec::new();
    for name in ["authorization_endpoint", "token_endpoint"] {
        let usable = Url::parse(text(document, name))
            .is_ok_and(|url| url.scheme() == "https" || target::is_loopback(&url));
        if !usable {
            missing.push(format!("{name} over https"));
        }
    }
    let lists = [
        ("response_types_supported", "code"),
        ("code_challenge_methods_supported", "S256"),
        ("token_endpoint_auth_methods_supported", "none"),
        ("grant_types_supported", "authorization_code"),
        ("grant_types_supported", "refresh_token"),
    ];
    for (name, value) in lists {
        let listed = document[name].as_array().is_some_and(|list| list.iter().any(|item| item == value));
        if !listed {
            missing.push(format!("{value} in {name}"));
        }
    }
    missing
}
