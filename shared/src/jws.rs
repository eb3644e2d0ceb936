//! Compact JWS with the algorithm of its key and a strict header (RFC 7515, hardened as RFC 8725 asks): the
//! `typ` must be the expected one (§3.11), the `kid` must name a key of ours (§3.10), the `alg` must be that
//! key's (§3.1), and a header that tries to bring its own key or a critical extension is refused.

mod algorithm;
mod ed25519;
mod encoding;
mod es256;
mod pair;

use std::{borrow::Cow, collections::HashMap, sync::Arc};

use aws_lc_rs::signature::ParsedPublicKey;
use josekit::{JoseError, jwk::Jwk};
use serde::{Deserialize, Serialize, de::DeserializeOwned};

pub use self::algorithm::Algorithm;
use self::pair::Pair;

/// The longest token that is looked at, in bytes. Ours are under 1 KiB.
pub const MAX_TOKEN_BYTES: usize = 8 * 1024;

/// Of a signature, in bytes. Both algorithms have the same.
const SIGNATURE: usize = 64;

/// What our own headers carry. One that brings another member (`jwk`, `jku`, `x5u`, `crit`, `b64`, ...) was not made by
/// us, whatever it says.
#[derive(Debug, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
struct Header<'a> {
    #[serde(borrow)]
    alg: Cow<'a, str>,
    #[serde(borrow)]
    typ: Cow<'a, str>,
    #[serde(borrow)]
    kid: Cow<'a, str>,
}

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

/// A private key with its key id.
pub struct SigningKey {
    kid: String,
    pair: Box<dyn Pair>,
}

impl std::fmt::Debug for SigningKey {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("SigningKey").field("kid", &self.kid).finish_non_exhaustive()
    }
}

impl SigningKey {
    /// A fresh key.
    pub fn generate(algorithm: Algorithm, kid: impl Into<String>) -> Result<Self, JwsError> {
        Ok(Self { kid: kid.into(), pair: fresh(algorithm).map_err(JwsError::Key)? })
    }

    /// From what [`SigningKey::to_der`] gave, whatever its algorithm.
    pub fn from_der(kid: impl Into<String>, der: &[u8]) -> Result<Self, JwsError> {
        Ok(Self { kid: kid.into(), pair: restored(der).map_err(JwsError::Key)? })
    }

    /// The key id.
    pub fn kid(&self) -> &str {
        &self.kid
    }

    /// The private key as DER (RFC 5915, or PKCS#8), to be sealed and stored.
    pub fn to_der(&self) -> Result<Vec<u8>, JwsError> {
        self.pair.to_der().map_err(JwsError::Key)
    }

    /// The public half as a JWK (RFC 7517), with `kid`, `use` and `alg`.
    pub fn public_jwk(&self) -> serde_json::Value {
        let mut jwk = self.pair.public();
        for (name, value) in [("kid", self.kid()), ("use", "sig"), ("alg", self.pair.algorithm().name())] {
            jwk.insert(name.to_owned(), value.into());
        }
        serde_json::Value::Object(jwk)
    }

    /// Signs `claims` into a compact JWS of type `typ`.
    pub fn sign(&self, typ: &str, claims: &impl Serialize) -> Result<String, JwsError> {
        let alg = self.pair.algorithm().name();
        let header = Header { alg: alg.into(), typ: typ.into(), kid: (&self.kid).into() };
        let written = |value: serde_json::Result<Vec<u8>>| value.map_err(JwsError::Claims);
        self.sign_under(&written(serde_json::to_vec(&header))?, &written(serde_json::to_vec(claims))?)
    }

    fn sign_under(&self, header: &[u8], payload: &[u8]) -> Result<String, JwsError> {
        // Of just the length that it needs: it may be kept for as long as a session.
        let length = [header.len(), payload.len(), SIGNATURE].map(encoding::length).iter().sum::<usize>() + 2;
        let mut token = String::with_capacity(length);
        encoding::append(&mut token, header);
        token.push('.');
        encoding::append(&mut token, payload);
        let signature = self.pair.sign(token.as_bytes()).map_err(JwsError::Key)?;
        token.push('.');
        encoding::append(&mut token, signature);
        Ok(token)
    }
}

/// A public key and the one algorithm that it is for.
#[derive(Clone, Debug)]
struct Verifier {
    algorithm: Algorithm,
    key: Arc<ParsedPublicKey>,
}

impl Verifier {
    fn from_jwk(jwk: &Jwk) -> Option<Self> {
        let (algorithm, key) = match jwk.key_type() {
            "EC" => (Algorithm::Es256, es256::public_key(jwk)?),
            "OKP" => (Algorithm::Ed25519, ed25519::public_key(jwk)?),
            _ => return None,
        };
        Some(Self { algorithm, key: Arc::new(key) })
    }

    fn verify(&self, message: &[u8], signature: &[u8]) -> bool {
        self.key.verify_sig(message, signature).is_ok()
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
            let Some(kid) = jwk.key_id().map(ToOwned::to_owned) else { continue };
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
        // RFC 7515 §5.2, for the one form that ours have.
        let (signed, signature) = token.rsplit_once('.').ok_or(JwsError::Invalid)?;
        let (header, payload) = signed.split_once('.').ok_or(JwsError::Invalid)?;
        // An array would pass for the members in their order.
        let header = Some(decoded(header)?).filter(|json| json.starts_with(b"{")).ok_or(JwsError::Invalid)?;
        let header: Header<'_> = serde_json::from_slice(&header).map_err(|_| JwsError::Invalid)?;
        let algorithm =
            Algorithm::named(&header.alg).filter(|_| header.typ == typ).ok_or(JwsError::Invalid)?;
        let verifier = self.0.get(header.kid.as_ref()).ok_or(JwsError::UnknownKey)?;
        if verifier.algorithm != algorithm || !verifier.verify(signed.as_bytes(), &decoded(signature)?) {
            return Err(JwsError::Invalid);
        }
        let claims = serde_json::from_slice(&decoded(payload)?).map_err(JwsError::Claims)?;
        Ok((claims, header.kid.into_owned()))
    }
}

fn fresh(algorithm: Algorithm) -> Result<Box<dyn Pair>, JoseError> {
    match algorithm {
        Algorithm::Es256 => es256::Key::generate().map(boxed),
        Algorithm::Ed25519 => ed25519::Key::generate().map(boxed),
    }
}

/// The DER tells which kind of key it is.
fn restored(der: &[u8]) -> Result<Box<dyn Pair>, JoseError> {
    ed25519::Key::from_der(der).map(boxed).or_else(|_| es256::Key::from_der(der).map(boxed))
}

fn boxed(key: impl Pair + 'static) -> Box<dyn Pair> {
    Box::new(key)
}

fn decoded(part: &str) -> Result<Vec<u8>, JwsError> {
    encoding::decoded(part).map_err(|_| JwsError::Invalid)
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    fn keys(key: &SigningKey) -> VerificationKeys {
        VerificationKeys::from_jwk_set(&json!({ "keys": [key.public_jwk()] })).unwrap()
    }

    const ALGORITHMS: [Algorithm; 2] = [Algorithm::Es256, Algorithm::Ed25519];

    fn key(kid: &str) -> SigningKey {
        SigningKey::generate(Algorithm::Es256, kid).unwrap()
    }

    #[test]
    fn a_signed_token_is_read_back_and_survives_storage() {
        for algorithm in ALGORITHMS {
            let key = SigningKey::generate(algorithm, "k1").unwrap();
            let again = SigningKey::from_der("k1", &key.to_der().unwrap()).unwrap();
            let token = again.sign("t+jwt", &json!({"a": 1})).unwrap();
            assert_eq!(token.capacity(), token.len(), "what is kept is no larger than it must be");
            assert_eq!(keys(&key).verify::<serde_json::Value>("t+jwt", &token).unwrap(), json!({"a": 1}));
        }
    }

    #[test]
    fn another_type_another_key_and_another_signature_are_refused() {
        for algorithm in ALGORITHMS {
            refuses_others(algorithm);
        }
    }

    fn refuses_others(algorithm: Algorithm) {
        let [key, impostor, stranger] =
            ["k1", "k1", "k2"].map(|kid| SigningKey::generate(algorithm, kid).unwrap());
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
    fn the_algorithm_is_the_keys_to_say() {
        let [es256, ed25519] = ALGORITHMS.map(|algorithm| SigningKey::generate(algorithm, "k1").unwrap());
        for (key, other) in [(&es256, &ed25519), (&ed25519, &es256)] {
            let alg = other.public_jwk()["alg"].clone();
            let header = json!({"alg": alg, "typ": "t+jwt", "kid": "k1"}).to_string();
            let token = key.sign_under(header.as_bytes(), b"{}").unwrap();
            for keys in [keys(key), keys(other)] {
                let refused = keys.verify::<serde_json::Value>("t+jwt", &token);
                assert!(matches!(refused, Err(JwsError::Invalid)), "{alg}");
            }
            // Nor does a key serve another purpose or algorithm than it says.
            for (name, value) in [("use", json!("enc")), ("alg", alg), ("crv", json!("X25519"))] {
                let mut jwk = key.public_jwk();
                jwk[name] = value;
                let set = json!({ "keys": [jwk] });
                assert!(VerificationKeys::from_jwk_set(&set).unwrap().is_empty(), "{set}");
            }
        }
    }

    #[test]
    fn a_header_that_brings_anything_of_its_own_is_refused() {
        let key = key("k1");
        for (name, value) in [
            ("jwk", key.public_jwk()),
            ("jku", json!("https://evil.example/keys")),
            ("x5u", json!("https://evil.example/cert")),
            ("crit", json!(["exp"])),
            ("b64", json!(false)),
        ] {
            let mut header = json!({"alg": "ES256", "typ": "t+jwt", "kid": "k1"});
            header[name] = value;
            let token = key.sign_under(header.to_string().as_bytes(), b"{}").unwrap();
            let refused = keys(&key).verify::<serde_json::Value>("t+jwt", &token);
            assert!(matches!(refused, Err(JwsError::Invalid)), "{name} was accepted");
        }
    }

    #[test]
    fn a_header_must_say_the_one_algorithm_the_type_and_the_key_once() {
        let key = key("k1");
        let verify = |header: &str, payload: &[u8]| {
            let token = key.sign_under(header.as_bytes(), payload).unwrap();
            keys(&key).verify::<serde_json::Value>("t+jwt", &token)
        };
        // In whatever order.
        assert!(verify(r#"{"kid":"k1", "typ":"t+jwt", "alg":"ES256"}"#, b"{}").is_ok());
        for header in [
            r#"{"alg":"none","typ":"t+jwt","kid":"k1"}"#,
            r#"{"alg":"HS256","typ":"t+jwt","kid":"k1"}"#,
            r#"{"alg":"EdDSA","typ":"t+jwt","kid":"k1"}"#,
            r#"{"alg":"es256","typ":"t+jwt","kid":"k1"}"#,
            r#"{"alg":"ES256","typ":"T+JWT","kid":"k1"}"#,
            r#"{"alg":"ES256","typ":"t+jwt"}"#,
            r#"{"alg":"ES256","kid":"k1"}"#,
            r#"{"typ":"t+jwt","kid":"k1"}"#,
            r#"{"alg":"ES256","typ":"t+jwt","kid":["k1"]}"#,
            r#"{"alg":"ES256","typ":"t+jwt","kid":"k1","kid":"k1"}"#,
            r#"["ES256","t+jwt","k1"]"#,
            r#""ES256""#,
        ] {
            assert!(matches!(verify(header, b"{}"), Err(JwsError::Invalid)), "{header} was accepted");
        }
        let good = r#"{"alg":"ES256","typ":"t+jwt","kid":"k1"}"#;
        assert!(matches!(verify(good, b"no JSON"), Err(JwsError::Claims(_))));
    }

    #[test]
    fn a_token_has_three_parts_and_one_spelling() {
        let key = key("k1");
        let token = key.sign("t+jwt", &json!({"a": 1})).unwrap();
        let refused = |token: &str| {
            matches!(keys(&key).verify::<serde_json::Value>("t+jwt", token), Err(JwsError::Invalid))
        };
        let (signed, signature) = token.rsplit_once('.').unwrap();
        let (header, payload) = signed.split_once('.').unwrap();
        for malformed in [
            String::new(),
            "..".to_owned(),
            signed.to_owned(),
            format!("{token}."),
            format!("{token}.{signature}"),
            format!(".{token}"),
            format!("{header}..{signature}"),
            format!("{header}.{payload}."),
            format!("{token}="),
            format!("{token} "),
            format!("{header}.{payload}.{}", &signature[..84]),
            token.replace(signature, &format!("{}{signature}", "AAAA")),
        ] {
            assert!(refused(&malformed), "{malformed} was accepted");
        }
        // 64 bytes end in four bits that say nothing and must be zero: one signature, one token.
        let last = signature.chars().next_back().unwrap();
        for other in ('A'..='Z').chain('a'..='z').chain('0'..='9').filter(|other| *other != last) {
            let respelt = format!("{}{other}", &token[..token.len() - 1]);
            assert!(refused(&respelt), "{respelt} was accepted");
        }
    }

    #[test]
    fn the_public_key_does_not_hold_the_private_one() {
        let jwk = key("k1").public_jwk();
        assert_eq!(jwk["kty"], "EC");
        assert_eq!(jwk["alg"], "ES256");
        assert!(jwk.get("d").is_none());
    }
}
