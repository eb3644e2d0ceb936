//! What an authorization request must say, wherever it comes from: the authorization endpoint or a request that was
//! pushed.

use shared::scope::{Scope, Scopes};

use crate::{
    domain::{
        authorization::AuthorizationRequest, client::Client, dpop::Thumbprint, grant::Grant,
        interaction::Interaction, issuer::Issuer, pkce::CodeChallenge, redirect::RedirectUri,
    },
    oauth::params::Params,
};

/// A fault that belongs to the client (RFC 6749 §4.1.2.1).
pub(crate) struct Fault {
    pub(crate) code: &'static str,
    pub(crate) description: &'static str,
}

/// The authorization code grant is not for this client, or for nobody.
pub(crate) const fn unauthorized() -> Fault {
    Fault { code: "unauthorized_client", description: "this app may not ask for access in this way" }
}

/// Judges everything but the client and its redirect URI, which come first.
pub(crate) fn validated(
    issuer: &Issuer,
    params: &Params,
    client: Client,
    redirect_uri: RedirectUri,
) -> Result<AuthorizationRequest, Fault> {
    let fault = |code, description| Err(Fault { code, description });
    if !client.grants.contains(Grant::AuthorizationCode) {
        return Err(unauthorized());
    }
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
    let (prompt, max_age) = (params.get("prompt"), params.get("max_age"));
    let Ok(interaction) = Interaction::read(prompt, max_age, params.get("login_hint")) else {
        return fault("invalid_request", "prompt=none cannot come with another prompt");
    };
    if params.get("code_challenge_method") != Some("S256") {
        return fault("invalid_request", "PKCE is required: send code_challenge_method=S256");
    }
    let Some(Ok(code_challenge)) = params.get("code_challenge").map(CodeChallenge::parse) else {
        return fault(
            "invalid_request",
            "PKCE is required: code_challenge must be the S256 hash of the verifier",
        );
    };
    let dpop_jkt = params.get("dpop_jkt").map(|jkt| Thumbprint::try_from(jkt.to_owned())).transpose();
    let Ok(dpop_jkt) = dpop_jkt else {
        return fault("invalid_request", "dpop_jkt must be the SHA-256 thumbprint of a key in base64url");
    };
    if !params.all("resource").all(|resource| issuer.names_resource(resource)) {
        return fault("invalid_target", "the resource is not one of this server");
    }
    let Some(scopes) = scopes(params.get("scope")) else {
        return fault("invalid_scope", "the scopes here are peaka:read, peaka:query and peaka:write");
    };
    let Some(scopes) = scopes.within(client.ceiling) else {
        return fault("invalid_scope", "this app is registered for none of the scopes that it asks for");
    };
    Ok(AuthorizationRequest {
        client_id: client.id,
        client: client.metadata,
        client_origin: client.origin,
        redirect_uri,
        state: params.get("state").map(str::to_owned),
        code_challenge,
        dpop_jkt,
        scopes,
        interaction,
        device: None,
    })
}

/// What is asked for: all of it, if nothing in particular. Scopes of others are passed over (RFC 6749 §3.3); a request
/// for nothing but strange ones is a mistake. `offline_access` means a refresh token, which comes by the grant.
pub(crate) fn scopes(asked: Option<&str>) -> Option<Scopes> {
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
