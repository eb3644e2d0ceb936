//! One public key of a client, and what it may be used with.

use josekit::jws::{ES256, JwsVerifier, PS256, RS256};
use serde::Serialize;
use serde_json::{Map, Value};

use crate::domain::public_key::PublicKey;

/// A longer name is nobody's.
const LONGEST_KID: usize = 256;

/// How clients sign (RFC 7518 §3.1).
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize)]
pub enum SigningAlgorithm {
    /// ECDSA on P-256.
    #[serde(rename = "ES256")]
    Es256,
    /// RSASSA-PKCS1-v1_5.
    #[serde(rename = "RS256")]
    Rs256,
    /// RSASSA-PSS.
    #[serde(rename = "PS256")]
    Ps256,
}

impl SigningAlgorithm {
    /// All that are accepted. `none` and the symmetric ones have no place here.
    pub const ALL: [Self; 3] = [Self::Es256, Self::Rs256, Self::Ps256];

    /// The name on the wire.
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Es256 => "ES256",
            Self::Rs256 => "RS256",
            Self::Ps256 => "PS256",
        }
    }

    /// From the name on the wire.
    pub fn parse(name: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|algorithm| algorithm.as_str() == name)
    }
}

/// A public key. What it is decides what it verifies; what a signature says of itself never does.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub(crate) struct ClientKey {
    #[serde(skip_serializing_if = "Option::is_none")]
    kid: Option<String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    alg: Option<SigningAlgorithm>,
    #[serde(flatten)]
    material: PublicKey,
}

impl ClientKey {
    /// Reads a JWK (RFC 7517 §4); `None` if it is of no use here.
    pub(super) fn read(jwk: &Map<String, Value>) -> Option<Self> {
        let member = |name: &str| jwk.get(name).filter(|value| !value.is_null());
        let for_signing = member("use").is_none_or(|purpose| purpose == "sig")
            && member("key_ops").is_none_or(|list| {
                list.as_array().is_some_and(|list| list.iter().any(|operation| operation == "verify"))
            });
        if !for_signing {
            return None;
        }
        let kid = match member("kid") {
            None => None,
            Some(kid) => Some(kid.as_str().filter(|kid| kid.len() <= LONGEST_KID)?.to_owned()),
        };
        let alg = match member("alg") {
            None => None,
            Some(name) => Some(SigningAlgorithm::parse(name.as_str()?)?),
        };
        let key = Self { kid, alg, material: PublicKey::read(jwk)? };
        let usable = SigningAlgorithm::ALL.into_iter().any(|algorithm| key.verifier(algorithm).is_some());
        usable.then_some(key)
    }

    pub(super) fn kid(&self) -> Option<&str> {
        self.kid.as_deref()
    }

    /// Whether the key may be used with `algorithm`, by its type and by its own word.
    pub(super) fn allows(&self, algorithm: SigningAlgorithm) -> bool {
        let suits = match self.material {
            PublicKey::Ec { .. } => matches!(algorithm, SigningAlgorithm::Es256),
            PublicKey::Okp { .. } => false,
            PublicKey::Rsa { .. } => matches!(algorithm, SigningAlgorithm::Rs256 | SigningAlgorithm::Ps256),
        };
        suits && self.alg.is_none_or(|own| own == algorithm)
    }

    pub(super) fn pinned_to(self, algorithm: SigningAlgorithm) -> Option<Self> {
        self.allows(algorithm).then_some(Self { alg: Some(algorithm), ..self })
    }

    /// What checks signatures of this key with `algorithm`; `None` if the two do not go together.
    pub(crate) fn verifier(&self, algorithm: SigningAlgorithm) -> Option<Box<dyn JwsVerifier>> {
        if !self.allows(algorithm) {
            return None;
        }
        let jwk = self.material.jwk()?;
        match algorithm {
            SigningAlgorithm::Es256 => Some(Box::new(ES256.verifier_from_jwk(&jwk).ok()?)),
            SigningAlgorithm::Rs256 => Some(Box::new(RS256.verifier_from_jwk(&jwk).ok()?)),
            SigningAlgorithm::Ps256 => Some(Box::new(PS256.verifier_from_jwk(&jwk).ok()?)),
        }
    }
}
