use aws_lc_rs::signature::Signature;
use josekit::JoseError;
use serde_json::{Map, Value};

use super::algorithm::Algorithm;

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
