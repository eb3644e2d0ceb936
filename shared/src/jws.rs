//! Compact JWS with one algorithm (ES256) and a strict header (RFC 7515, hardened as RFC 8725 asks): the
//! `typ` must be the expected one (§3.11), the `kid` must name a key of ours (§3.10), and a header that
//! tries to bring its own key or a critical extension is refused.

mod es256;

use std::collections::HashMap;

use josekit::{
    jwk::{Jwk, alg::ec::EcCurve, alg::ec::EcKeyPair},
    jws::JwsHeader,
};
use serde::{Serialize, de::DeserializeOwned};

use self::es256::{Signer, Verifier};

/// The longest token that is looked at, in bytes. Ours are under 1 KiB.
pub const MAX_TOKEN_BYTES: usize = 8 * 1024;

/// Why a token was refused, or could not be made. Says nothing of the token's content.
#[derive(Debug, thiserror::Error)]
pub enum JwsError {
    /// Longer than [`MAX_TOKEN_BYTES`].
    #[error("the token is too long")]
    TooLong,
    /// No key with this `kid` is known; a verifier whose keys come over the network may fetch them anew.
    #[error("no key with this key id is known")]
    UnknownKey,
    /// Not a JWS of the expected form, or its signature does not hold.
    #[error("not a valid signed token of the expected type")]
    Invalid,
    /// The signature holds, but the claims are not what this type of token must carry.
    #[error("the token's claims are not of the expected form")]
    Claims(#[source] serde_json::Error),
    /// The key could not be used.
    #[error("the key is unusable")]
    Key(#[source] josekit::JoseError),
}

/// An ES256 private key with its key id.
pub struct SigningKey {
    kid: String,
    pair: EcKeyPair,
    signer: Signer,
}

impl std::fmt::Debug for SigningKey {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("SigningKey").field("kid", &self.kid).finish_non_exhaustive()
    }
}

impl SigningKey {
    /// A fresh P-256 key.
    pub fn generate(kid: impl Into<String>) -> Result<Self, JwsError> {
        Self::from_pair(kid.into(), EcKeyPair::generate(EcCurve::P256).map_err(JwsError::Key)?)
    }

    /// From a DER document (RFC 5915, or PKCS#8).
    pub fn from_der(kid: impl Into<String>, der: &[u8]) -> Result<Self, JwsError> {
        Self::from_pair(kid.into(), EcKeyPair::from_der(der, Some(EcCurve::P256)).map_err(JwsError::Key)?)
    }

    fn from_pair(kid: String, pair: EcKeyPair) -> Result<Self, JwsError> {
        let signer = Signer::from_der(&pair.to_der_private_key()).map_err(JwsError::Key)?;
        Ok(Self { kid, pair, signer })
    }

    /// The key id.
    pub fn kid(&self) -> &str {
        &self.kid
    }

    /// The private key as DER (RFC 5915), to be sealed and stored.
    pub fn to_der(&self) -> Vec<u8> {
        self.pair.to_der_private_key()
    }

    /// The public half as a JWK (RFC 7517), with `kid`, `use` and `alg`.
    pub fn public_jwk(&self) -> serde_json::Value {
        let mut jwk = self.pair.to_jwk_public_key();
        jwk.set_key_id(&self.kid);
        jwk.set_key_use("sig");
        jwk.set_algorithm("ES256");
        serde_json::Value::Object(jwk.into())
    }

    /// Signs `claims` into a compact JWS of type `typ`.
    pub fn sign(&self, typ: &str, claims: &impl Serialize) -> Result<String, JwsError> {
        let mut header = JwsHeader::new();
        header.set_token_type(typ);
        header.set_key_id(&self.kid);
        let payload = serde_json::to_vec(claims).map_err(JwsError::Claims)?;
        josekit::jws::serialize_compact(&payload, &header, &self.signer).map_err(JwsError::Key)
    }
}

/// Public keys by key id.
#[derive(Clone, Debug, Default)]
pub struct VerificationKeys(HashMap<String, Verifier>);

impl VerificationKeys {
    /// From a JWK set (RFC 7517 §5). Keys of other types or without `kid` are passed over, as §5 asks.
    pub fn from_jwk_set(set: &serde_json::Value) -> Result<Self, JwsError> {
        let keys = set.get("keys").and_then(serde_json::Value::as_array).ok_or(JwsError::Invalid)?;
        let mut known = HashMap::new();
        for key in keys {
            let Some(map) = key.as_object() else { return Err(JwsError::Invalid) };
            let Ok(jwk) = Jwk::from_map(map.clone()) else { continue };
            let (Some(kid), "EC") = (jwk.key_id().map(ToOwned::to_owned), jwk.key_type()) else { continue };
            let Some(verifier) = Verifier::from_jwk(&jwk) else { continue };
            known.insert(kid, verifier);
        }
        Ok(Self(known))
    }

    /// Whether there is no key.
    pub fn is_empty(&self) -> bool {
        self.0.is_empty()
    }

    /// Whether this key is among them.
    pub(crate) fn has(&self, kid: &str) -> bool {
        self.0.contains_key(kid)
    }

    /// Checks form, type and signature and reads the claims. Dates, issuer and audience are the caller's to
    /// check: that they are present is what the claims type `C` says.
    pub fn verify<C: DeserializeOwned>(&self, typ: &str, token: &str) -> Result<C, JwsError> {
        self.verify_naming_key(typ, token).map(|(claims, _)| claims)
    }

    /// The same, with the id of the key that signed.
    pub(crate) fn verify_naming_key<C: DeserializeOwned>(
        &self,
        typ: &str,
        token: &str,
    ) -> Result<(C, String), JwsError> {
        if token.len() > MAX_TOKEN_BYTES {
            return Err(JwsError::TooLong);
        }
        let unknown_key = std::cell::Cell::new(false);
        let decoded = josekit::jws::deserialize_compact_with_selector(token, |header| {
            if header.token_type() != Some(typ) || !carries_only_ours(header) {
                return Ok(None);
            }
            let Some(kid) = header.key_id() else { return Ok(None) };
            let verifier = self.0.get(kid);
            unknown_key.set(verifier.is_none());
            Ok(verifier.map(|verifier| verifier as &dyn josekit::jws::JwsVerifier))
        });
        match decoded {
            Ok((payload, header)) => {
                let kid = header.key_id().unwrap_or_default().to_owned();
                serde_json::from_slice(&payload).map(|claims| (claims, kid)).map_err(JwsError::Claims)
            }
            Err(_) if unknown_key.get() => Err(JwsError::UnknownKey),
            Err(_) => Err(JwsError::Invalid),
        }
    }
}

/// Our own headers carry three members. One that carries another (`jwk`, `jku`, `x5u`, `crit`, `b64`, ...) was not
/// made by us, whatever it says.
fn carries_only_ours(header: &JwsHeader) -> bool {
    header.claims_set().keys().all(|name| matches!(name.as_str(), "alg" | "typ" | "kid"))
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    fn keys(key: &SigningKey) -> VerificationKeys {
        VerificationKeys::from_jwk_set(&json!({ "keys": [key.public_jwk()] })).unwrap()
    }

    #[test]
    fn a_signed_token_is_read_back_and_survives_storage() {
        let key = SigningKey::generate("k1").unwrap();
        let again = SigningKey::from_der("k1", &key.to_der()).unwrap();
        let token = again.sign("t+jwt", &json!({"a": 1})).unwrap();
        assert_eq!(keys(&key).verify::<serde_json::Value>("t+jwt", &token).unwrap(), json!({"a": 1}));
    }

    #[test]
    fn another_type_another_key_and_another_signature_are_refused() {
        let key = SigningKey::generate("k1").unwrap();
        let impostor = SigningKey::generate("k1").unwrap();
        let stranger = SigningKey::generate("k2").unwrap();
        let token = key.sign("t+jwt", &json!({})).unwrap();
        let verify = |token: &str| keys(&key).verify::<serde_json::Value>("t+jwt", token);
        assert!(matches!(
            keys(&key).verify::<serde_json::Value>("other+jwt", &token),
            Err(JwsError::Invalid)
        ));
        assert!(matches!(verify(&impostor.sign("t+jwt", &json!({})).unwrap()), Err(JwsError::Invalid)));
        assert!(matches!(verify(&stranger.sign("t+jwt", &json!({})).unwrap()), Err(JwsError::UnknownKey)));
        assert!(matches!(verify(&"a".repeat(MAX_TOKEN_BYTES + 1)), Err(JwsError::TooLong)));
        assert!(verify(&token[..token.len() - 2]).is_err());
    }

    #[test]
    fn a_header_that_brings_anything_of_its_own_is_refused() {
        let key = SigningKey::generate("k1").unwrap();
        for (name, value) in [
            ("jwk", key.public_jwk()),
            ("jku", json!("https://evil.example/keys")),
            ("x5u", json!("https://evil.example/cert")),
            ("crit", json!(["exp"])),
            ("b64", json!(false)),
        ] {
            let mut header = JwsHeader::new();
            header.set_token_type("t+jwt");
            header.set_key_id("k1");
            header.set_claim(name, Some(value)).unwrap();
            let token = josekit::jws::serialize_compact(b"{}", &header, &key.signer).unwrap();
            assert!(keys(&key).verify::<serde_json::Value>("t+jwt", &token).is_err(), "{name} was accepted");
        }
    }

    #[test]
    fn the_public_key_does_not_hold_the_private_one() {
        let jwk = SigningKey::generate("k1").unwrap().public_jwk();
        assert_eq!(jwk["kty"], "EC");
        assert_eq!(jwk["alg"], "ES256");
        assert!(jwk.get("d").is_none());
    }
}
