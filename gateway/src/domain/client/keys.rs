//! The public keys that a client signs with (`jwks`, RFC 7591 §2).

use serde::{Deserialize, Serialize};
use serde_json::Value;

use super::key::{ClientKey, SigningAlgorithm};
use crate::domain::public_key::is_private;

/// More would make every check of a signature longer.
const MOST: usize = 8;

/// The public keys of a client, one to eight, each usable. Written as a JWK set (RFC 7517 §5) without the members
/// that are not used here, and read from storage as critically as from the client.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(try_from = "Value")]
pub struct ClientKeys {
    keys: Vec<ClientKey>,
}

/// Why a client's keys are not taken.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
pub enum UnusableKeys {
    /// Not an object with a list of objects.
    #[error("a JWK set is an object whose member \"keys\" is a list of keys")]
    NotASet,
    /// More than eight.
    #[error("there are more than {MOST} keys")]
    TooMany,
    /// A key that only its owner may know was shown to all.
    #[error(
        "a key is private or symmetric; it is known to everyone now, so replace it and publish public keys only"
    )]
    Private,
    /// None of a kind that is accepted.
    #[error(
        "no key is usable; publish an EC key on P-256 (ES256), or an RSA key of 2048 to 4096 bits (RS256, PS256), for \
         signing"
    )]
    NoneUsable,
}

impl ClientKeys {
    /// Reads a JWK set. Keys that are of no use here (other types or curves, for encryption) are passed over, as RFC
    /// 7517 §5 asks.
    ///
    /// # Errors
    /// [`UnusableKeys`], naming what is wrong.
    pub fn parse(set: &Value) -> Result<Self, UnusableKeys> {
        let keys = set.get("keys").and_then(Value::as_array).ok_or(UnusableKeys::NotASet)?;
        if keys.len() > MOST {
            return Err(UnusableKeys::TooMany);
        }
        let mut usable = Vec::new();
        for key in keys {
            let key = key.as_object().ok_or(UnusableKeys::NotASet)?;
            if is_private(key) {
                return Err(UnusableKeys::Private);
            }
            usable.extend(ClientKey::read(key));
        }
        Self::some(usable)
    }

    /// Those that can be used with `algorithm`, and with no other (`token_endpoint_auth_signing_alg`).
    ///
    /// # Errors
    /// [`UnusableKeys::NoneUsable`] if there is none.
    pub fn pinned_to(self, algorithm: SigningAlgorithm) -> Result<Self, UnusableKeys> {
        Self::some(self.keys.into_iter().filter_map(|key| key.pinned_to(algorithm)).collect())
    }

    /// The keys that a signature with this `kid` and `alg` may be of; all that suit the algorithm if it names none.
    pub(crate) fn candidates<'a>(
        &'a self,
        kid: Option<&'a str>,
        algorithm: SigningAlgorithm,
    ) -> impl Iterator<Item = &'a ClientKey> {
        self.keys
            .iter()
            .filter(move |key| kid.is_none_or(|kid| key.kid() == Some(kid)) && key.allows(algorithm))
    }

    fn some(keys: Vec<ClientKey>) -> Result<Self, UnusableKeys> {
        if keys.is_empty() { Err(UnusableKeys::NoneUsable) } else { Ok(Self { keys }) }
    }
}

impl TryFrom<Value> for ClientKeys {
    type Error = UnusableKeys;

    fn try_from(set: Value) -> Result<Self, UnusableKeys> {
        Self::parse(&set)
    }
}

#[cfg(test)]
mod tests {
    use josekit::jwk::{
        Jwk,
        alg::{ec::EcCurve, rsa::RsaKeyPair},
    };
    use serde_json::json;

    use super::*;

    fn ec() -> Value {
        public(&Jwk::generate_ec_key(EcCurve::P256).unwrap())
    }

    fn rsa(bits: u32) -> Value {
        Value::Object(RsaKeyPair::generate(bits).unwrap().to_jwk_public_key().into())
    }

    fn public(key: &Jwk) -> Value {
        Value::Object(key.to_public_key().unwrap().into())
    }

    fn with(mut key: Value, name: &str, value: Value) -> Value {
        key[name] = value;
        key
    }

    fn parse(keys: impl Into<Vec<Value>>) -> Result<ClientKeys, UnusableKeys> {
        ClientKeys::parse(&json!({ "keys": keys.into() }))
    }

    #[test]
    fn what_is_stored_is_a_set_that_is_read_back() {
        let key = with(with(ec(), "kid", json!("a")), "x5c", json!(["long"]));
        let keys = parse([key, rsa(2048)]).unwrap();
        let stored = serde_json::to_string(&keys).unwrap();
        assert!(!stored.contains("\"x5c\""), "{stored}");
        assert_eq!(serde_json::from_str::<ClientKeys>(&stored).unwrap(), keys);
        let planted = stored.replace("\"EC\"", "\"oct\"");
        assert!(serde_json::from_str::<ClientKeys>(&planted).is_err());
    }

    #[test]
    fn a_set_with_a_secret_in_it_is_refused_whatever_else_it_holds() {
        let secret = Jwk::generate_ec_key(EcCurve::P256).unwrap();
        for key in [
            Value::Object(secret.into()),
            json!({"kty": "oct", "k": "AAAA"}),
            json!({"kty": "oct"}),
            with(rsa(2048), "dq", json!(null)),
            with(ec(), "k", json!("AAAA")),
        ] {
            assert_eq!(parse([ec(), key]), Err(UnusableKeys::Private));
        }
    }

    #[test]
    fn keys_of_no_use_are_passed_over_and_one_must_remain() {
        let p256 = ec();
        for useless in [
            public(&Jwk::generate_ec_key(EcCurve::P384).unwrap()),
            json!({"kty": "OKP", "crv": "Ed25519", "x": "AAAA"}),
            with(p256.clone(), "use", json!("enc")),
            with(p256.clone(), "key_ops", json!(["encrypt"])),
            with(p256.clone(), "alg", json!("ES384")),
            with(p256.clone(), "alg", json!("RS256")),
            with(p256.clone(), "kid", json!(1)),
            with(p256.clone(), "y", p256["x"].clone()),
            with(rsa(2048), "alg", json!("RS512")),
            with(rsa(2048), "alg", json!("HS256")),
            with(rsa(2048), "alg", json!("ES256")),
            with(rsa(2048), "e", json!("AQ")),
            with(rsa(2048), "e", json!("")),
            rsa(1024),
            rsa(2040),
            with(rsa(2048), "n", json!("_".repeat(900))),
        ] {
            assert_eq!(parse([useless.clone()]), Err(UnusableKeys::NoneUsable), "{useless}");
            assert_eq!(parse([useless, p256.clone()]), parse([p256.clone()]));
        }
        assert_eq!(parse([]), Err(UnusableKeys::NoneUsable));
        assert!(parse(vec![p256.clone(); 8]).is_ok());
        assert_eq!(parse(vec![p256; 9]), Err(UnusableKeys::TooMany));
        for wrong in [json!({}), json!([]), json!({"keys": {}}), json!({"keys": ["x"]})] {
            assert_eq!(ClientKeys::parse(&wrong), Err(UnusableKeys::NotASet));
        }
    }

    #[test]
    fn a_key_goes_with_its_own_algorithms_only() {
        let keys = parse([with(ec(), "kid", json!("e")), with(rsa(2048), "kid", json!("r"))]).unwrap();
        let count = |keys: &ClientKeys, kid, algorithm| keys.candidates(kid, algorithm).count();
        assert_eq!(count(&keys, Some("e"), SigningAlgorithm::Es256), 1);
        assert_eq!(count(&keys, Some("e"), SigningAlgorithm::Rs256), 0);
        assert_eq!(count(&keys, Some("r"), SigningAlgorithm::Ps256), 1);
        assert_eq!(count(&keys, Some("x"), SigningAlgorithm::Ps256), 0);
        assert_eq!(count(&keys, None, SigningAlgorithm::Rs256), 1);
        let pinned = keys.pinned_to(SigningAlgorithm::Rs256).unwrap();
        assert_eq!(count(&pinned, Some("r"), SigningAlgorithm::Ps256), 0);
        assert_eq!(count(&pinned, Some("r"), SigningAlgorithm::Rs256), 1);
        assert_eq!(pinned.pinned_to(SigningAlgorithm::Ps256), Err(UnusableKeys::NoneUsable));
    }
}
