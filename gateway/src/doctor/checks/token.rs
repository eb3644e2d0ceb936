//! The token endpoint's verdict on what was never given out (RFC 6749 §5.2). A client deletes what it has by such a
//! verdict, so it must be the gateway's own.

use http::{Method, StatusCode, header};
use serde_json::Value;

use super::resource::text;
use crate::doctor::{case::Case, fault::Fault, http::Answer};

pub(in crate::doctor) async fn check(case: &mut Case<'_>, server: &Value, client_id: &str) {
    let endpoint = text(server, "token_endpoint");
    let returns_to = case.player().returns_to[0];
    let code = [
        ("grant_type", "authorization_code"),
        ("client_id", client_id),
        ("code", "gateway-doctor-was-given-no-code"),
        ("code_verifier", "dBjftJeZ4CVP-mB92K27uhbUJU1p1r_wW1gFWFOEjXk"),
        ("redirect_uri", returns_to),
    ];
    let refresh = [
        ("grant_type", "refresh_token"),
        ("client_id", client_id),
        ("refresh_token", "gateway-doctor-was-given-no-token"),
    ];
    for (what, form) in [("a code", &code[..]), ("a refresh token", &refresh[..])] {
        let request =
            case.request(Method::POST, endpoint).header(header::ACCEPT, "application/json").form(form);
        let Some(answer) = case.ask("POST /oauth/token", request).await else { return };
        judge(case, what, &answer);
    }
}

fn judge(case: &mut Case<'_>, what: &str, answer: &Answer) {
    let told = answer.told();
    let Some(document) = answer.json().filter(|_| answer.content_type() == "application/json") else {
        case.find(Fault::TokenNotJson, format!("POST /oauth/token was answered {told}"));
        return;
    };
    let error = text(&document, "error");
    // A client with a secret, which is not sent, is told that first.
    let verdict = match error {
        "invalid_grant" => answer.status == StatusCode::BAD_REQUEST,
        "invalid_client" => answer.status == StatusCode::UNAUTHORIZED && case.player().has_secret(),
        _ => false,
    };
    if !verdict {
        let status = answer.status.as_u16();
        case.find(Fault::TokenVerdict, format!("{what} that was never given out: {status} {error}"));
    }
    if !answer.header(header::CACHE_CONTROL).contains("no-store") {
        case.find(Fault::TokenCacheable, "an answer of the token endpoint comes without no-store");
    }
}
