use aws_lc_rs::signature::Signature;
use josekit::JoseError;
use serde_json::{Map, Value};

use super::{Algorithm, ed25519, es256};

/// A private key with its public one.
pub(super) trait Pair: Send + Sync {
    /// How it signs.
    fn algorithm(&self) -> Algorithm;
    /// The private key as DER.
    fn to_der(&self) -> Result<Vec<u8>, JoseError>;
    /// The members of its public half that tell the key (RFC 7517 §4).
    fn public(&self) -> Map<String, Value>;
    /// As RFC 7518 §3.4 and RFC 8037 §3.1 write it.
    fn sign(&self, message: &[u8]) -> Result<Signature, JoseError>;
}

/// A fresh one.
pub(super) fn generate(algorithm: Algorithm) -> Result<Box<dyn Pair>, JoseError> {
    match algorithm {
        Algorithm::Es256 => es256::Key::generate().map(boxed),
        Algorithm::Ed25519 => ed25519::Key::generate().map(boxed),
    }
}

/// From the DER of either kind, which tells which it is.
pub(super) fn from_der(der: &[u8]) -> Result<Box<dyn Pair>, JoseError> {
    ed25519::Key::from_der(der).map(boxed).or_else(|_| es256::Key::from_der(der).map(boxed))
}

fn boxed(key: impl Pair + 'static) -> Box<dyn Pair> {
    Box::new(key)
}
