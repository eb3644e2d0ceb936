//! The protected-resource metadata as this client finds it (RFC 9728 §3.3): where the challenge says, or else at the
//! well-known places in their order.

use serde_json::Value;

use crate::doctor::{case::Case, fault::Fault};

/// The issuer that it names.
pub(in crate::doctor) async fn check(case: &mut Case<'_>, named: Option<String>) -> Option<String> {
    let forms = [case.target.metadata(), case.target.at("/.well-known/oauth-protected-resource")];
    let mut document = None;
    for url in named.into_iter().chain(forms) {
        document = case.document(&url).await;
        if document.is_some() {
            break;
        }
    }
    let Some(document) = document else {
        case.find(Fault::MetadataMissing, "no place that this client asks answers with JSON");
        return None;
    };
    let resource = text(&document, "resource");
    if resource != case.target.resource {
        let seen = format!("the metadata's resource is “{resource}”, the URL {}", case.target.resource);
        case.find(Fault::ResourceMismatch, seen);
    }
    let issuer = document["authorization_servers"][0].as_str().filter(|issuer| !issuer.is_empty());
    if issuer.is_none() {
        case.find(Fault::NoIssuer, "authorization_servers is missing or empty");
    }
    issuer.map(str::to_owned)
}

pub(super) fn text<'a>(document: &'a Value, name: &str) -> &'a str {
    document[name].as_str().unwrap_or_default()
}
