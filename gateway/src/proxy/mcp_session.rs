//! Session ids of the protocol before 2026-07-28. Peaka's backend gives none out; a backend that does is taken at its
//! word, but its ids go out sealed for the OAuth session they were made in: one that another person presents is unknown
//! (MCP security best practices, "Session Hijacking"). Nothing is stored for it.

use http::{HeaderMap, HeaderName, HeaderValue};

use super::refusal::Refusal;
use crate::{access_token::Valid, domain::secret::NoRandomness, keys::Keys};

/// The header, in both directions.
pub(super) static HEADER: HeaderName = HeaderName::from_static(NAME);
pub(super) const NAME: &str = "mcp-session-id";
/// The protocol has no sessions from this version on; a client of that time that sends one is not listened to.
const STATELESS_SINCE: &str = "2026-07-28";

fn purpose(valid: &Valid) -> String {
    format!("MCP session within {}", valid.identity().session_id)
}

/// The backend's own id, if the client presents one that it was given.
pub(crate) fn from_client(
    headers: &HeaderMap,
    keys: &Keys,
    valid: &Valid,
) -> Result<Option<HeaderValue>, Refusal> {
    let Some(sealed) = headers.get(&HEADER) else { return Ok(None) };
    let version = headers.get("mcp-protocol-version").and_then(|value| value.to_str().ok());
    if version.is_some_and(|version| version >= STATELESS_SINCE) {
        return Ok(None);
    }
    let unknown = || Refusal::UnknownSession;
    let id = keys.unseal(&purpose(valid), sealed.to_str().map_err(|_| unknown())?).map_err(|_| unknown())?;
    HeaderValue::from_bytes(&id).map(Some).map_err(|_| unknown())
}

/// The id for the client, if the backend gave one out.
pub(crate) fn from_backend(
    headers: &HeaderMap,
    keys: &Keys,
    valid: &Valid,
) -> Result<Option<HeaderValue>, NoRandomness> {
    let Some(id) = headers.get(&HEADER) else { return Ok(None) };
    let sealed = keys.seal(&purpose(valid), id.as_bytes())?;
    // Base64url always is a header value.
    Ok(HeaderValue::try_from(sealed).ok())
}
