//! A token that is bound to a key is taken with a proof of possession only, and one that is not is taken without (RFC 9449
//! §7.1, §7.2). A token that came the wrong way is not taken at all: whoever copied one cannot choose the easier way.

use http::{HeaderMap, Method};

use super::{presented::Presented, refusal::Refusal, scheme::Scheme};
use crate::{
    access_token::{BadToken, Valid},
    app::App,
    domain::dpop::Thumbprint,
    dpop::{BadProof, Made},
};

/// Whether a valid token came in the way that it must.
pub(super) async fn judge(
    app: &App,
    headers: &HeaderMap,
    method: &Method,
    presented: Presented<'_>,
    valid: &Valid,
) -> Result<(), Refusal> {
    match (presented.scheme, valid.key()) {
        (Scheme::Bearer, None) => Ok(()),
        // Whoever holds it can have no proof looked at here, so it is worth nothing any more.
        (Scheme::Bearer, Some(_)) if !app.dpop.is_on() => Err(BadToken::Invalid.into()),
        (Scheme::Bearer, Some(_)) => Err(Refusal::Bound),
        (Scheme::Dpop, _) if !app.dpop.is_on() => Err(Refusal::NoToken),
        (Scheme::Dpop, None) => Err(Refusal::Unbound),
        // Boxed, so that the other tokens do not carry the room for it.
        (Scheme::Dpop, Some(key)) => Box::pin(proven(app, headers, method, presented.token, key)).await,
    }
}

async fn proven(
    app: &App,
    headers: &HeaderMap,
    method: &Method,
    token: &[u8],
    bound: &Thumbprint,
) -> Result<(), Refusal> {
    // A token that is good is text.
    let token = std::str::from_utf8(token).map_err(|_| Refusal::Malformed)?;
    let made = Made { method, path: "/mcp", token: Some(token) };
    let refused = |bad| Refusal::Proof { bad, nonce: app.dpop.nonce_after(bad) };
    match app.dpop.key(headers, made).await.map_err(refused)? {
        None => Err(refused(BadProof::Missing)),
        Some(key) if key != *bound => Err(Refusal::OtherKey),
        Some(_) => Ok(()),
    }
}
