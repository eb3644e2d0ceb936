//! What the token endpoint says, counted.

use axum::response::Response;

use super::super::{error::OAuthError, params::Params};
use crate::{
    dpop::BadProof,
    metrics::{GRANTS, Grant, Granted},
};

/// Counts an answer by what was asked.
pub(super) fn count(body: &[u8], granted: &Result<Response, OAuthError>) {
    let params = Params::parse(body);
    let grant = Grant::of(params.as_ref().ok().and_then(|params| params.get("grant_type")));
    let outcome = match granted {
        Ok(_) => Granted::Tokens,
        Err(OAuthError::InvalidGrant(_)) => Granted::InvalidGrant,
        Err(OAuthError::InvalidClient { .. }) => Granted::InvalidClient,
        Err(OAuthError::InvalidDpopProof { bad: BadProof::Nonce, .. }) => Granted::NonceAsked,
        Err(OAuthError::InvalidDpopProof { .. }) => Granted::InvalidProof,
        Err(OAuthError::Unavailable(_)) => Granted::Unavailable,
        Err(_) => Granted::Refused,
    };
    GRANTS.count((grant, outcome));
}
