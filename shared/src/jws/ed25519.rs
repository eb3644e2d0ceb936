//! Ed25519 (RFC 8032 §5.1, in JOSE RFC 8037 and RFC 9864 §2.2). josekit knows the algorithm by its older name only, so its
//! keys are AWS-LC's.

use aws_lc_rs::{
    error::Unspecified,
    signature::{ED25519, Ed25519KeyPair, KeyPair as _, ParsedPublicKey, Signature},
};
use josekit::{JoseError, jwk::Jwk};
use serde_json::{Map, Value, json};

use super::{algorithm::Algorithm, encoding, pair::Pair};

/// An Ed25519 key.
pub(super) struct Key(Ed25519KeyPair);

impl Key {
    pub(super) fn generate() -> Result<Self, JoseError> {
        Ed25519KeyPair::generate().map(Self).map_err(unusable)
    }

    /// PKCS#8 (RFC 8410 §7).
    pub(super) fn from_der(der: &[u8]) -> Result<Self, JoseError> {
        Ed25519KeyPair::from_pkcs8(der).map(Self).map_err(|error| JoseError::InvalidKeyFormat(error.into()))
    }
}

fn unusable(error: Unspecified) -> JoseError {
    JoseError::InvalidKeyFormat(error.into())
}

impl Pair for Key {
    fn algorithm(&self) -> Algorithm {
        Algorithm::Ed25519
    }

    fn to_der(&self) -> Result<Vec<u8>, JoseError> {
        self.0.to_pkcs8v1().map(|der| der.as_ref().to_vec()).map_err(unusable)
    }

    fn public(&self) -> Map<String, Value> {
        let x = encoding::encoded(self.0.public_key());
        [("kty", json!("OKP")), ("crv", json!("Ed25519")), ("x", json!(x))]
            .map(|(name, value)| (name.to_owned(), value))
            .into_iter()
            .collect()
    }

    fn sign(&self, message: &[u8]) -> Result<Signature, JoseError> {
        self.0.try_sign(message).map_err(|error| JoseError::InvalidSignature(error.into()))
    }
}

/// The key of a JWK, if it is one to check such signatures with (RFC 7517 §4, RFC 8037 §2).
pub(super) fn public_key(jwk: &Jwk) -> Option<ParsedPublicKey> {
    let fits = jwk.curve() == Some("Ed25519")
        && jwk.key_use().is_none_or(|purpose| purpose == "sig")
        && jwk.algorithm().is_none_or(|algorithm| algorithm == Algorithm::Ed25519.name());
    ParsedPublicKey::new(&ED25519, encoding::coordinate(jwk, "x").filter(|_| fits)?).ok()
}
