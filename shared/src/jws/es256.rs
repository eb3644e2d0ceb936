//! The signatures themselves (RFC 7518 §3.4), as R and S one after the other. The keys are josekit's; AWS-LC makes and checks
//! what is made with them in a fraction of the time, and nothing else costs a cold token so much.

use std::sync::Arc;

use aws_lc_rs::{
    rand::SystemRandom,
    signature::{
        ECDSA_P256_SHA256_FIXED, ECDSA_P256_SHA256_FIXED_SIGNING, EcdsaKeyPair, ParsedPublicKey, Signature,
    },
};
use base64::{Engine as _, engine::general_purpose::URL_SAFE_NO_PAD};
use josekit::{JoseError, jwk::Jwk, jws::ES256};

/// Of a coordinate, in bytes.
const COORDINATE: usize = 32;

/// Signs.
#[derive(Debug)]
pub(super) struct Signer(EcdsaKeyPair);

impl Signer {
    /// From the DER document of a P-256 key (RFC 5915, or PKCS#8).
    pub(super) fn from_der(der: &[u8]) -> Result<Self, JoseError> {
        EcdsaKeyPair::from_private_key_der(&ECDSA_P256_SHA256_FIXED_SIGNING, der)
            .map(Self)
            .map_err(|error| JoseError::InvalidKeyFormat(error.into()))
    }

    pub(super) fn sign(&self, message: &[u8]) -> Result<Signature, JoseError> {
        self.0.sign(&SystemRandom::new(), message).map_err(|error| JoseError::InvalidSignature(error.into()))
    }
}

/// Checks.
#[derive(Clone, Debug)]
pub(super) struct Verifier(Arc<ParsedPublicKey>);

impl Verifier {
    /// The key of a JWK, if it is one to check such signatures with (RFC 7517 §4, RFC 7518 §6.2.1).
    pub(super) fn from_jwk(jwk: &Jwk) -> Option<Self> {
        let says = |name| jwk.parameter(name).and_then(serde_json::Value::as_str);
        // What the key is for is josekit's to judge.
        ES256.verifier_from_jwk(jwk).ok()?;
        let mut point = vec![4]; // uncompressed (SEC 1 §2.3.3)
        for name in ["x", "y"] {
            let coordinate = URL_SAFE_NO_PAD.decode(says(name)?).ok()?;
            if coordinate.len() != COORDINATE {
                return None;
            }
            point.extend(coordinate);
        }
        ParsedPublicKey::new(&ECDSA_P256_SHA256_FIXED, point).ok().map(|key| Self(Arc::new(key)))
    }

    pub(super) fn verify(&self, message: &[u8], signature: &[u8]) -> bool {
        self.0.verify_sig(message, signature).is_ok()
    }
}
