//! Proofs of possession at the endpoints of clients (RFC 9449 §5, §10).

use http::{HeaderMap, HeaderValue, Method};

use super::error::OAuthError;
use crate::{
    app::App,
    domain::{audit::Refusal, client::Client, dpop::Thumbprint},
    dpop::{BadProof, HEADER, Made},
};

/// The key that a request of a client proves to have, if it tries to.
///
/// # Errors
/// If the proof is bad.
pub(super) async fn key(
    app: &App,
    headers: &HeaderMap,
    path: &str,
    client: &Client,
) -> Result<Option<Thumbprint>, OAuthError> {
    let made = Made { method: &Method::POST, path, token: None };
    app.dpop.key(headers, made).await.map_err(|bad| refused(app, bad, &client.id))
}

/// The same for what gives tokens: some clients get none without a proof (§5.2).
pub(super) async fn key_for_tokens(
    app: &App,
    headers: &HeaderMap,
    path: &str,
    client: &Client,
) -> Result<Option<Thumbprint>, OAuthError> {
    match key(app, headers, path, client).await? {
        None if client.metadata.dpop && !app.dpop.is_on() => Err(OAuthError::OnlyBound),
        None if client.metadata.dpop => Err(refused(app, BadProof::Missing, &client.id)),
        key => Ok(key),
    }
}

/// That a request proves to have this key.
///
/// # Errors
/// If it proves to have another one, or none.
pub(super) fn is_held(
    app: &App,
    bound: &Thumbprint,
    key: Option<&Thumbprint>,
    client_id: &str,
) -> Result<(), OAuthError> {
    match key {
        None if !app.dpop.is_on() => Err(OAuthError::InvalidGrant(
            "it is bound to a key, and this server looks at no proofs any more; authorize again",
        )),
        None => Err(refused(app, BadProof::Missing, client_id)),
        Some(key) if key != bound => {
            Err(OAuthError::InvalidGrant("it is bound to another key than the one of the DPoP proof"))
        }
        Some(_) => Ok(()),
    }
}

/// The nonce for the client's next proof, if it sends such.
pub(super) fn next_nonce(app: &App, headers: &HeaderMap) -> Option<HeaderValue> {
    if headers.contains_key(HEADER) { app.dpop.next_nonce() } else { None }
}

fn refused(app: &App, bad: BadProof, client_id: &str) -> OAuthError {
    // Who is only asked for a nonce has done nothing wrong.
    if bad != BadProof::Nonce {
        app.audit.refused(Refusal::Proof, Some(client_id));
    }
    OAuthError::InvalidDpopProof { bad, nonce: app.dpop.nonce_after(bad) }
}
