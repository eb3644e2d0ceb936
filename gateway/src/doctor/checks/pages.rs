//! What a client that lives in a web page needs of CORS: preflights for each of its requests, and answers that it may
//! read. Programs need none of it.

use http::{Method, StatusCode, header};
use serde_json::Value;

use super::resource::text;
use crate::doctor::{
    case::{Case, path},
    fault::Fault,
    http::Answer,
};

/// What is sent to `/mcp`.
const TO_MCP: &str =
    "accept, authorization, content-type, mcp-method, mcp-name, mcp-protocol-version, mcp-session-id";

pub(in crate::doctor) async fn check(case: &mut Case<'_>, server: &Value) {
    let Some(origin) = case.player().page else { return };
    let metadata = case.target.metadata();
    let server_metadata = case.target.at("/.well-known/oauth-authorization-server");
    let resource = case.target.resource.clone();
    let registration = text(server, "registration_endpoint");
    let token = text(server, "token_endpoint");
    let requests = [
        (Method::GET, metadata.as_str(), "mcp-protocol-version"),
        (Method::GET, server_metadata.as_str(), "mcp-protocol-version"),
        (Method::POST, registration, "content-type"),
        (Method::POST, token, "authorization, content-type"),
        (Method::POST, resource.as_str(), TO_MCP),
    ];
    for (method, url, headers) in requests {
        if !url.is_empty() {
            preflight(case, origin, &method, url, headers).await;
        }
    }
    if let Some(answer) = case.ask("POST /mcp", case.initialize()).await {
        readable(case, origin, &answer);
    }
}

async fn preflight(case: &mut Case<'_>, origin: &str, method: &Method, url: &str, headers: &str) {
    let what = format!("OPTIONS {}", path(url));
    let request = case
        .request(Method::OPTIONS, url)
        .header(header::ACCESS_CONTROL_REQUEST_METHOD, method.as_str())
        .header(header::ACCESS_CONTROL_REQUEST_HEADERS, headers);
    let Some(answer) = case.ask(&what, request).await else { return };
    if !answer.status.is_success() {
        case.find(Fault::PreflightRefused, format!("{what} was answered {}", answer.told()));
        return;
    }
    if !allows(&answer, origin) {
        case.find(Fault::PreflightRefused, format!("{what} does not allow {origin}"));
    }
    let listed = answer.header(header::ACCESS_CONTROL_ALLOW_HEADERS).to_ascii_lowercase();
    // `*` stands for all but Authorization (Fetch §3.3.5).
    let lacking = headers.split(", ").find(|name| {
        let named = listed.split(',').any(|listed| listed.trim() == *name);
        !named && (listed.trim() != "*" || *name == "authorization")
    });
    if let Some(name) = lacking {
        case.find(Fault::PreflightRefused, format!("{what} does not allow the header {name}"));
    }
}

fn readable(case: &mut Case<'_>, origin: &str, answer: &Answer) {
    if !allows(answer, origin) {
        case.find(Fault::NotReadable, format!("POST /mcp may not be read by {origin}"));
    }
    let exposed = answer.header(header::ACCESS_CONTROL_EXPOSE_HEADERS).to_ascii_lowercase();
    if answer.status == StatusCode::UNAUTHORIZED && !exposed.contains("www-authenticate") && exposed != "*" {
        case.find(Fault::NotReadable, "WWW-Authenticate of the 401 is not exposed");
    }
}

/// Exactly one value, which is the origin or all.
fn allows(answer: &Answer, origin: &str) -> bool {
    let allowed = answer.header(header::ACCESS_CONTROL_ALLOW_ORIGIN);
    allowed == "*" || allowed == origin
}
