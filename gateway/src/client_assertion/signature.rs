//! Whether an assertion's signature is of one of the client's keys (RFC 7515 §5.2, hardened as RFC 8725 asks).

use base64::{Engine as _, prelude::BASE64_URL_SAFE_NO_PAD};
use serde::Deserialize;

use super::{BadAssertion, LONGEST};
use crate::domain::client::{ClientKeys, SigningAlgorithm};

/// Types that an assertion may say it is (RFC 8725 §3.11): none of them is another token's.
const TYPES: [&str; 2] = ["jwt", "client-authentication+jwt"];

/// All that a header may hold. One that brings a key along (`jwk`, `jku`, `x5u`, `x5c`) or an extension (`crit`,
/// `b64`) is refused for having the member, whatever its value; thumbprints of certificates are not looked at.
#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Header {
    alg: String,
    kid: Option<String>,
    typ: Option<String>,
    #[serde(rename = "x5t")]
    _x5t: Option<String>,
    #[serde(rename = "x5t#S256")]
    _x5t_s256: Option<String>,
}

/// The payload of an assertion that a key of `keys` signed.
pub(super) fn verified(keys: &ClientKeys, assertion: &str) -> Result<Vec<u8>, BadAssertion> {
    if assertion.len() > LONGEST {
        return Err(BadAssertion::Malformed);
    }
    let (signed, signature) = assertion.rsplit_once('.').ok_or(BadAssertion::Malformed)?;
    let (header, payload) = signed.split_once('.').ok_or(BadAssertion::Malformed)?;
    let decoded = |part| BASE64_URL_SAFE_NO_PAD.decode(part).map_err(|_| BadAssertion::Malformed);
    // A second dot in what is left is no character of base64url.
    let (header, payload, signature) = (decoded(header)?, decoded(payload)?, decoded(signature)?);
    let header: Header = serde_json::from_slice(&header).map_err(|_| BadAssertion::Header)?;
    let algorithm = SigningAlgorithm::parse(&header.alg).ok_or(BadAssertion::Header)?;
    if header.typ.is_some_and(|typ| !TYPES.contains(&typ.to_ascii_lowercase().as_str())) {
        return Err(BadAssertion::Header);
    }
    // The key decides: only those whose type and own `alg` allow the algorithm are tried.
    let mut candidates = keys.candidates(header.kid.as_deref(), algorithm).peekable();
    if candidates.peek().is_none() {
        return Err(BadAssertion::UnknownKey);
    }
    let holds = candidates.any(|key| {
        key.verifier(algorithm).is_some_and(|key| key.verify(signed.as_bytes(), &signature).is_ok())
    });
    if holds { Ok(payload) } else { Err(BadAssertion::Signature) }
}
