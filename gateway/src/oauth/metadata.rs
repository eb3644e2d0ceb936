//! The documents that clients discover this server by: protected-resource metadata (RFC 9728), authorization-server
//! metadata (RFC 8414) and the public keys (RFC 7517). All of it comes from configuration, nothing from the request.

use std::sync::Arc;

use axum::{Json, extract::State, response::IntoResponse};
use http::header;
use serde_json::{Value, json};
use shared::scope::Scope;

use crate::{
    app::App,
    domain::{
        client::{AuthMethod, SigningAlgorithm},
        grant::Grant,
    },
    dpop::ProofAlgorithm,
    id_jag,
};

const CACHE: [(header::HeaderName, &str); 1] = [(header::CACHE_CONTROL, "public, max-age=300")];

pub(crate) async fn protected_resource(State(app): State<Arc<App>>) -> impl IntoResponse {
    (CACHE, Json(resource_document(&app)))
}

pub(crate) async fn authorization_server(State(app): State<Arc<App>>) -> impl IntoResponse {
    (CACHE, Json(server_document(&app)))
}

/// The same at the OpenID path, for clients that look only there. The members that OpenID's own metadata demands are
/// added, as strict parsers refuse a document without them.
pub(crate) async fn openid(State(app): State<Arc<App>>) -> impl IntoResponse {
    let mut document = server_document(&app);
    document["subject_types_supported"] = json!(["public"]);
    document["id_token_signing_alg_values_supported"] = json!(["ES256"]);
    // What is true by default, or taken for it, and is not so here (OpenID Connect Discovery §3).
    for name in
        ["request_parameter_supported", "request_uri_parameter_supported", "claims_parameter_supported"]
    {
        document[name] = false.into();
    }
    (CACHE, Json(document))
}

pub(crate) async fn jwks(State(app): State<Arc<App>>) -> impl IntoResponse {
    (CACHE, Json(app.keys.access(|ring| ring.published().clone())))
}

fn resource_document(app: &App) -> Value {
    let issuer = &app.issuer;
    let mut document = json!({
        "resource": issuer.resource(),
        "resource_name": "Peaka",
        "authorization_servers": [issuer.as_str()],
        "scopes_supported": Scope::ALL.map(Scope::as_str),
        "bearer_methods_supported": ["header"],
    });
    if app.dpop.is_on() {
        // RFC 9728 §2: taken, and not asked of everybody.
        document[PROOF_ALGORITHMS] = proof_algorithms();
        document["dpop_bound_access_tokens_required"] = false.into();
    }
    document
}

/// RFC 9449 §5.1
const PROOF_ALGORITHMS: &str = "dpop_signing_alg_values_supported";

fn proof_algorithms() -> Value {
    json!(ProofAlgorithm::ALL.map(ProofAlgorithm::as_str))
}

fn server_document(app: &App) -> Value {
    let issuer = &app.issuer;
    let grants = app.grants;
    // offline_access is listed here only: a refresh token goes to every client that registered the grant.
    let scopes: Vec<&str> = Scope::ALL.map(Scope::as_str).into_iter().chain(["offline_access"]).collect();
    let methods = [AuthMethod::None, AuthMethod::Basic, AuthMethod::Post, AuthMethod::PrivateKeyJwt];
    let methods = methods.map(AuthMethod::as_str);
    let algorithms = SigningAlgorithm::ALL.map(SigningAlgorithm::as_str);
    let mut document = json!({
        "issuer": issuer.as_str(),
        "authorization_endpoint": issuer.join("/oauth/authorize"),
        "token_endpoint": issuer.join("/oauth/token"),
        "registration_endpoint": issuer.join("/oauth/register"),
        "pushed_authorization_request_endpoint": issuer.join("/oauth/par"),
        "require_pushed_authorization_requests": false,
        "revocation_endpoint": issuer.join("/oauth/revoke"),
        "jwks_uri": issuer.join("/oauth/jwks"),
        "scopes_supported": scopes,
        "response_types_supported": ["code"],
        "response_modes_supported": ["query"],
        "grant_types_supported": grants.names(),
        "token_endpoint_auth_methods_supported": methods,
        "token_endpoint_auth_signing_alg_values_supported": algorithms,
        "revocation_endpoint_auth_methods_supported": methods,
        "revocation_endpoint_auth_signing_alg_values_supported": algorithms,
        "code_challenge_methods_supported": ["S256"],
        "prompt_values_supported": ["login", "select_account", "consent"],
        "authorization_response_iss_parameter_supported": true,
        "client_id_metadata_document_supported": app.clients.understands_documents(),
        "protected_resources": [issuer.resource()],
    });
    if !grants.contains(Grant::AuthorizationCode)
        && let Some(members) = document.as_object_mut()
    {
        // RFC 8414 §2: there only if a grant uses it.
        for name in [
            "authorization_endpoint",
            "pushed_authorization_request_endpoint",
            "require_pushed_authorization_requests",
            "code_challenge_methods_supported",
            "prompt_values_supported",
            "authorization_response_iss_parameter_supported",
        ] {
            members.remove(name);
        }
        members.insert("response_types_supported".to_owned(), json!([]));
    }
    if app.dpop.is_on() {
        document[PROOF_ALGORITHMS] = proof_algorithms();
    }
    if grants.contains(Grant::Device) {
        // RFC 8628 §4
        document["device_authorization_endpoint"] = issuer.join("/oauth/device_authorization").into();
    }
    if grants.contains(Grant::IdJag) {
        // draft-ietf-oauth-identity-assertion-authz-grant §6
        document["authorization_grant_profiles_supported"] = json!([id_jag::PROFILE]);
    }
    document
}
