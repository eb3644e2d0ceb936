//! Assertions that others sign (RFC 7515 §5.2, hardened as RFC 8725 asks): whether the signature is of one of the keys,
//! and the claims that all of them have (RFC 7519 §4.1).

use base64::{Engine as _, prelude::BASE64_URL_SAFE_NO_PAD};
use serde::Deserialize;
use shared::clock::Timestamp;

use crate::domain::client::{ClientKeys, SigningAlgorithm};

/// A longer assertion is not looked at. Those of known senders are under 2 KiB.
pub(crate) const LONGEST: usize = 8 * 1024;

/// Types that an assertion may say it is (RFC 8725 §3.11).
#[derive(Clone, Copy, Debug)]
pub(crate) struct Types {
    /// In lower case.
    pub(crate) allowed: &'static [&'static str],
    /// Whether it has to say so.
    pub(crate) required: bool,
}

/// Why a signature proves nothing.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum SignatureFault {
    /// Not a compact JWS of a good size.
    Malformed,
    /// The header asks for what is not given: another algorithm or type, a key of its own, an extension.
    Header,
    /// No key has this `kid` and goes with this `alg`.
    UnknownKey,
    /// No such key made the signature.
    Signature,
}

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

/// The payload of an assertion of one of these types that a key of `keys` signed.
pub(crate) fn verified(keys: &ClientKeys, assertion: &str, types: Types) -> Result<Vec<u8>, SignatureFault> {
    if assertion.len() > LONGEST {
        return Err(SignatureFault::Malformed);
    }
    let (signed, signature) = assertion.rsplit_once('.').ok_or(SignatureFault::Malformed)?;
    let (header, payload) = signed.split_once('.').ok_or(SignatureFault::Malformed)?;
    let decoded = |part| BASE64_URL_SAFE_NO_PAD.decode(part).map_err(|_| SignatureFault::Malformed);
    // A second dot in what is left is no character of base64url.
    let (header, payload, signature) = (decoded(header)?, decoded(payload)?, decoded(signature)?);
    let header: Header = serde_json::from_slice(&header).map_err(|_| SignatureFault::Header)?;
    let algorithm = SigningAlgorithm::parse(&header.alg).ok_or(SignatureFault::Header)?;
    let typ = header.typ.map(|typ| typ.to_ascii_lowercase());
    if typ.map_or(types.required, |typ| !types.allowed.contains(&typ.as_str())) {
        return Err(SignatureFault::Header);
    }
    // The key decides: only those whose type and own `alg` allow the algorithm are tried.
    let mut candidates = keys.candidates(header.kid.as_deref(), algorithm).peekable();
    if candidates.peek().is_none() {
        return Err(SignatureFault::UnknownKey);
    }
    let holds = candidates.any(|key| {
        key.verifier(algorithm).is_some_and(|key| key.verify(signed.as_bytes(), &signature).is_ok())
    });
    if holds { Ok(payload) } else { Err(SignatureFault::Signature) }
}

/// What an assertion says of itself, whoever made it. Proves nothing.
pub(crate) fn unverified<C: serde::de::DeserializeOwned>(assertion: &str) -> Option<C> {
    if assertion.len() > LONGEST {
        return None;
    }
    let payload = BASE64_URL_SAFE_NO_PAD.decode(assertion.split('.').nth(1)?).ok()?;
    serde_json::from_slice(&payload).ok()
}

/// One text, or a list of texts.
#[derive(Deserialize)]
#[serde(untagged)]
pub(crate) enum Texts {
    One(String),
    Several(Vec<String>),
}

impl Texts {
    pub(crate) fn all(&self) -> &[String] {
        match self {
            Self::One(text) => std::slice::from_ref(text),
            Self::Several(list) => list,
        }
    }
}

/// Seconds since the epoch, possibly with a fraction (RFC 7519 §2).
#[derive(Clone, Copy, Deserialize)]
pub(crate) struct NumericDate(f64);

impl NumericDate {
    /// Saturates: a date beyond all bounds stays beyond them.
    pub(crate) fn time(self) -> Timestamp {
        Timestamp::from_millis((self.0 * 1000.0) as i64)
    }
}
