//! Dynamic registration (RFC 7591 §3) with what this client registers. Nothing is stored by it.

use http::{Method, StatusCode, header};
use serde_json::Value;

use super::resource::text;
use crate::doctor::{case::Case, fault::Fault};

/// The id that this client gets.
pub(in crate::doctor) async fn check(case: &mut Case<'_>, server: &Value) -> Option<String> {
    let player = case.player();
    let endpoint = text(server, "registration_endpoint");
    if endpoint.is_empty() {
        let documents = server["client_id_metadata_document_supported"] == true;
        if player.document.is_none() || !documents {
            case.find(Fault::NoRegistration, "the metadata has no registration_endpoint");
        }
        return None;
    }
    let request = case
        .request(Method::POST, endpoint)
        .header(header::CONTENT_TYPE, "application/json")
        .header(header::ACCEPT, "application/json")
        .body(player.registers);
    let answer = case.ask("POST /oauth/register", request).await?;
    let document = match answer.json().filter(|_| answer.status == StatusCode::CREATED) {
        Some(document) => document,
        None => {
            let error = answer.json().map(|json| text(&json, "error").to_owned()).unwrap_or_default();
            let seen = format!("POST /oauth/register was answered {} {error}", answer.told());
            case.find(Fault::RegistrationRefused, seen.trim_end());
            return None;
        }
    };
    let null = document.as_object().and_then(|members| members.iter().find(|(_, value)| value.is_null()));
    if let Some((name, _)) = null {
        case.find(Fault::RegistrationAnswer, format!("{name} is null, which strict clients refuse"));
    }
    let asked: Value = serde_json::from_str(player.registers).unwrap_or_default();
    let dropped = asked["redirect_uris"]
        .as_array()
        .into_iter()
        .flatten()
        .find(|uri| !document["redirect_uris"].as_array().is_some_and(|accepted| accepted.contains(uri)));
    if let Some(uri) = dropped.and_then(Value::as_str) {
        case.find(Fault::RegistrationAnswer, format!("the redirect URI {uri} was not accepted"));
    }
    let id = text(&document, "client_id");
    if id.is_empty() {
        case.find(Fault::RegistrationAnswer, "there is no client_id");
        return None;
    }
    Some(id.to_owned())
}
