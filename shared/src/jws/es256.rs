//! ES256 (RFC 7518 §3.4): the signature is R and S, one after the other. The keys are josekit's; AWS-LC makes and checks what
//! is made with them in a fraction of the time, and nothing else costs a cold token so much.

use aws_lc_rs::{
    rand::SystemRandom,
    signature::{
        ECDSA_P256_SHA256_FIXED, ECDSA_P256_SHA256_FIXED_SIGNING, EcdsaKeyPair, ParsedPublicKey, Signature,
    },
};
use josekit::{
    JoseError,
    jwk::{
        Jwk,
        alg::ec::{EcCurve, EcKeyPair},
    },
    jws,
};
use serde_json::{Map, Value};

use super::{algorithm::Algorithm, encoding, pair::Pair};

/// A P-256 key.
pub(super) struct Key {
    pair: EcKeyPair,
    signer: EcdsaKeyPair,
}

impl Key {
    pub(super) fn generate() -> Result<Self, JoseError> {
        Self::from_pair(EcKeyPair::generate(EcCurve::P256)?)
    }

    /// RFC 5915, or PKCS#8.
    pub(super) fn from_der(der: &[u8]) -> Result<Self, JoseError> {
        Self::from_pair(EcKeyPair::from_der(der, Some(EcCurve::P256))?)
    }

    fn from_pair(pair: EcKeyPair) -> Result<Self, JoseError> {
        let der = pair.to_der_private_key();
        let signer = EcdsaKeyPair::from_private_key_der(&ECDSA_P256_SHA256_FIXED_SIGNING, &der)
            .map_err(|error| JoseError::InvalidKeyFormat(error.into()))?;
        Ok(Self { pair, signer })
    }
}

impl Pair for Key {
    fn algorithm(&self) -> Algorithm {
        Algorithm::Es256
    }

    fn to_der(&self) -> Result<Vec<u8>, JoseError> {
        Ok(self.pair.to_der_private_key())
    }

    fn public(&self) -> Map<String, Value> {
        self.pair.to_jwk_public_key().into()
    }

    fn sign(&self, message: &[u8]) -> Result<Signature, JoseError> {
        let signature = self.signer.sign(&SystemRandom::new(), message);
        signature.map_err(|error| JoseError::InvalidSignature(error.into()))
    }
}

/// The key of a JWK, if it is one to check such signatures with (RFC 7517 §4, RFC 7518 §6.2.1).
pub(super) fn public_key(jwk: &Jwk) -> Option<ParsedPublicKey> {
    // What the key is for is josekit's to judge.
    jws::ES256.verifier_from_jwk(jwk).ok()?;
    let mut point = vec![4]; // uncompressed (SEC 1 §2.3.3)
    for name in ["x", "y"] {
        point.extend(encoding::coordinate(jwk, name)?);
    }
    ParsedPublicKey::new(&ECDSA_P256_SHA256_FIXED, point).ok()
}
