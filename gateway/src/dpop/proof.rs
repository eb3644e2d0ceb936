//! One proof: a JWS whose key is in its header (RFC 9449 §4.2), and what has to be checked of it (§4.3).

use std::time::Duration;

use base64::{Engine as _, prelude::BASE64_URL_SAFE_NO_PAD};
use josekit::jws::{ES256, EdDSA, JwsVerifier, RS256};
use serde::Deserialize;
use serde_json::{Map, Value};
use shared::clock::Timestamp;
use url::Url;

use super::BadProof;
use crate::{
    domain::{
        dpop::Thumbprint,
        public_key::{PublicKey, is_private},
        secret::hash,
    },
    signed_assertion::{LONGEST, NumericDate},
};

const TYPE: &str = "dpop+jwt";
const LONGEST_JTI: usize = 256;
/// A proof is taken for so long after it was made.
const LIFE: Duration = Duration::from_secs(120);
/// A client's clock may be ahead by so much.
const LEEWAY: Duration = Duration::from_secs(60);

/// How proofs may be signed. `none` and the symmetric ones have no place here (§4.3, item 5).
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum ProofAlgorithm {
    /// ECDSA on P-256.
    Es256,
    /// Ed25519, by its older name (RFC 8037 §3.1).
    EdDsa,
    /// Ed25519, by its own name (RFC 9864 §2.2).
    Ed25519,
    /// RSASSA-PKCS1-v1_5.
    Rs256,
}

impl ProofAlgorithm {
    /// All that are accepted.
    pub(crate) const ALL: [Self; 4] = [Self::Es256, Self::EdDsa, Self::Ed25519, Self::Rs256];

    /// The name on the wire.
    pub(crate) const fn as_str(self) -> &'static str {
        match self {
            Self::Es256 => "ES256",
            Self::EdDsa => "EdDSA",
            Self::Ed25519 => "Ed25519",
            Self::Rs256 => "RS256",
        }
    }

    /// What checks signatures of `key`; `None` if the two do not go together, or the key is none.
    fn verifier(self, key: &PublicKey) -> Option<Box<dyn JwsVerifier>> {
        let jwk = key.jwk()?;
        match (self, key) {
            (Self::Es256, PublicKey::Ec { .. }) => Some(Box::new(ES256.verifier_from_jwk(&jwk).ok()?)),
            (Self::EdDsa | Self::Ed25519, PublicKey::Okp { .. }) => {
                Some(Box::new(EdDSA.verifier_from_jwk(&jwk).ok()?))
            }
            (Self::Rs256, PublicKey::Rsa { .. }) => Some(Box::new(RS256.verifier_from_jwk(&jwk).ok()?)),
            _ => None,
        }
    }
}

/// All that a header may hold. One that points to a key elsewhere (`jku`, `x5u`, `x5c`) or asks for an extension (`crit`,
/// `b64`) is refused for having the member, whatever its value.
#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Header {
    typ: String,
    alg: String,
    jwk: Map<String, Value>,
    #[serde(rename = "kid")]
    _kid: Option<String>,
}

/// The claims that are looked at; others are passed over. One that is there twice is an error.
#[derive(Deserialize)]
struct Claims {
    jti: String,
    htm: String,
    htu: String,
    iat: NumericDate,
    ath: Option<String>,
    nonce: Option<String>,
}

/// A proof whose signature holds.
pub(super) struct Proof {
    key: Thumbprint,
    claims: Claims,
}

impl Proof {
    /// Reads one, and checks that the key in it made it.
    pub(super) fn read(text: &str) -> Result<Self, BadProof> {
        if text.len() > LONGEST {
            return Err(BadProof::Malformed);
        }
        let (signed, signature) = text.rsplit_once('.').ok_or(BadProof::Malformed)?;
        let (header, payload) = signed.split_once('.').ok_or(BadProof::Malformed)?;
        let decoded = |part| BASE64_URL_SAFE_NO_PAD.decode(part).map_err(|_| BadProof::Malformed);
        // A second dot in what is left is no character of base64url.
        let (header, payload, signature) = (decoded(header)?, decoded(payload)?, decoded(signature)?);
        let header: Header = serde_json::from_slice(&header).map_err(|_| BadProof::Header)?;
        let algorithm = ProofAlgorithm::ALL.into_iter().find(|known| known.as_str() == header.alg);
        let algorithm = algorithm.filter(|_| header.typ == TYPE).ok_or(BadProof::Header)?;
        if is_private(&header.jwk) {
            return Err(BadProof::Key);
        }
        let key = PublicKey::read(&header.jwk).ok_or(BadProof::Key)?;
        let verifier = algorithm.verifier(&key).ok_or(BadProof::Key)?;
        verifier.verify(signed.as_bytes(), &signature).map_err(|_| BadProof::Signature)?;
        let claims: Claims = serde_json::from_slice(&payload).map_err(|_| BadProof::Claims)?;
        if claims.jti.is_empty() || claims.jti.chars().count() > LONGEST_JTI {
            return Err(BadProof::Claims);
        }
        let key = Thumbprint::try_from(key.thumbprint()).map_err(|_| BadProof::Key)?;
        Ok(Self { key, claims })
    }

    /// Whether it was made for this request, and for the access token in it.
    pub(super) fn is_for(&self, method: &str, address: &str, token: Option<&str>) -> Result<(), BadProof> {
        if self.claims.htm != method {
            return Err(BadProof::Method);
        }
        if !is_same_address(&self.claims.htu, address) {
            return Err(BadProof::Address);
        }
        // At the authorization server there is no token yet, and `ath` says nothing.
        match token {
            Some(token) if self.claims.ath.as_deref() != Some(hash(token).as_str()) => Err(BadProof::Token),
            _ => Ok(()),
        }
    }

    /// Until when it is taken, by what it says of its making.
    pub(super) fn ends(&self, now: Timestamp) -> Result<Timestamp, BadProof> {
        let made = self.claims.iat.time();
        let ends = made.plus(LIFE);
        if now >= ends || made > now.plus(LEEWAY) { Err(BadProof::Time) } else { Ok(ends) }
    }

    pub(super) fn nonce(&self) -> Option<&str> {
        self.claims.nonce.as_deref()
    }

    pub(super) fn jti(&self) -> &str {
        &self.claims.jti
    }

    pub(super) const fn key(&self) -> &Thumbprint {
        &self.key
    }

    pub(super) fn into_key(self) -> Thumbprint {
        self.key
    }
}

/// Whether both mean the same, but for query and fragment, once they are written in the same way (§4.3, item 9).
fn is_same_address(claimed: &str, address: &str) -> bool {
    let plain = |text| {
        let mut url = Url::parse(text).ok()?;
        url.set_query(None);
        url.set_fragment(None);
        Some(url)
    };
    plain(claimed).is_some_and(|claimed| Some(claimed) == plain(address))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn addresses_are_compared_without_what_does_not_count() {
        let address = "https://mcp.example/oauth/token";
        for same in [
            address,
            "https://mcp.example/oauth/token?a=b#c",
            "HTTPS://MCP.example:443/oauth/./token",
            "https://mcp.example/oauth/%74oken/../token",
        ] {
            assert!(is_same_address(same, address), "{same}");
        }
        for other in [
            "",
            "/oauth/token",
            "http://mcp.example/oauth/token",
            "https://mcp.example/oauth/token/",
            "https://mcp.example/oauth/Token",
            "https://mcp.example:8443/oauth/token",
            "https://u@mcp.example/oauth/token",
            "https://mcp.example.evil/oauth/token",
        ] {
            assert!(!is_same_address(other, address), "{other}");
        }
    }
}
