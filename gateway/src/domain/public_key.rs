//! Public keys that others show (RFC 7517, RFC 7518 §6, RFC 8037 §2): of which kinds, and how large. What a key is decides
//! what it verifies; what a signature says of itself never does.

use base64::{Engine as _, prelude::BASE64_URL_SAFE_NO_PAD};
use josekit::jwk::Jwk;
use serde::Serialize;
use serde_json::{Map, Value};

use super::secret::hash;

const RSA_BITS: std::ops::RangeInclusive<usize> = 2048..=4096;
/// The bytes of a number of P-256, and of a public key of Ed25519.
const CURVE_BYTES: usize = 32;

/// Members of a JWK that its owner alone may know (RFC 7518 §6.2.2, §6.3.2, §6.4.1).
const PRIVATE: [&str; 8] = ["d", "p", "q", "dp", "dq", "qi", "oth", "k"];

/// The members that make the key, written as a JWK has them; all others are left out.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
#[serde(tag = "kty")]
pub(crate) enum PublicKey {
    #[serde(rename = "EC")]
    Ec { crv: &'static str, x: String, y: String },
    #[serde(rename = "OKP")]
    Okp { crv: &'static str, x: String },
    #[serde(rename = "RSA")]
    Rsa { n: String, e: String },
}

/// Whether a JWK shows what its owner should have kept.
pub(crate) fn is_private(jwk: &Map<String, Value>) -> bool {
    let symmetric = jwk.get("kty").and_then(Value::as_str) == Some("oct");
    symmetric || PRIVATE.iter().any(|name| jwk.contains_key(*name))
}

impl PublicKey {
    /// Reads a JWK; `None` if it is of another kind or not of a good size.
    pub(crate) fn read(jwk: &Map<String, Value>) -> Option<Self> {
        let text = |name: &str| jwk.get(name)?.as_str().map(str::to_owned);
        let key = match (text("kty")?.as_str(), text("crv").as_deref()) {
            ("EC", Some("P-256")) => Self::Ec { crv: "P-256", x: text("x")?, y: text("y")? },
            ("OKP", Some("Ed25519")) => Self::Okp { crv: "Ed25519", x: text("x")? },
            ("RSA", _) => Self::Rsa { n: text("n")?, e: text("e")? },
            _ => return None,
        };
        key.is_of_good_size().then_some(key)
    }

    /// As the library reads it.
    pub(crate) fn jwk(&self) -> Option<Jwk> {
        let Ok(Value::Object(members)) = serde_json::to_value(self) else { return None };
        Jwk::from_map(members).ok()
    }

    /// The hash that names the key (RFC 7638 §3): of its members alone, in the order of the alphabet, without spaces. None
    /// of them holds anything that JSON would escape.
    pub(crate) fn thumbprint(&self) -> String {
        hash(&match self {
            Self::Ec { crv, x, y } => format!(r#"{{"crv":"{crv}","kty":"EC","x":"{x}","y":"{y}"}}"#),
            Self::Okp { crv, x } => format!(r#"{{"crv":"{crv}","kty":"OKP","x":"{x}"}}"#),
            Self::Rsa { n, e } => format!(r#"{{"e":"{e}","kty":"RSA","n":"{n}"}}"#),
        })
    }

    /// Neither so small that it can be broken nor so large that checking it is work. With the public exponent 1
    /// everyone could sign.
    fn is_of_good_size(&self) -> bool {
        let is_wide = |text: &String| decoded(text).is_some_and(|bytes| bytes.len() == CURVE_BYTES);
        match self {
            // Fixed widths (RFC 7518 §6.2.1.2); that the point lies on the curve is checked where it is used.
            Self::Ec { x, y, .. } => is_wide(x) && is_wide(y),
            Self::Okp { x, .. } => is_wide(x),
            Self::Rsa { n, e } => {
                let (Some(n), Some(e)) = (number(n), number(e)) else { return false };
                let bits = n.len() * 8 - n.first().map_or(0, |first| first.leading_zeros() as usize);
                let odd = e.last().is_some_and(|last| last % 2 == 1);
                RSA_BITS.contains(&bits) && odd && e.len() <= 4 && e != [1]
            }
        }
    }
}

fn decoded(text: &str) -> Option<Vec<u8>> {
    BASE64_URL_SAFE_NO_PAD.decode(text).ok()
}

/// The bytes of a positive number without leading zeros.
fn number(text: &str) -> Option<Vec<u8>> {
    Some(decoded(text)?.into_iter().skip_while(|byte| *byte == 0).collect())
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    fn read(jwk: Value) -> Option<PublicKey> {
        PublicKey::read(jwk.as_object().unwrap())
    }

    /// The examples of RFC 7638 §3.1 and RFC 8037 §A.3.
    #[test]
    fn thumbprints_are_those_of_the_specifications() {
        let n = "0vx7agoebGcQSuuPiLJXZptN9nndrQmbXEps2aiAFbWhM78LhWx4cbbfAAtVT86zwu1RK7aPFFxuhDR1L6tSoc_BJECPebWKRXjBZCiFV\
                 4n3oknjhMstn64tZ_2W-5JsGY4Hc5n9yBXArwl93lqt7_RN5w6Cf0h4QyQ5v-65YGjQR0_FDW2QvzqY368QQMicAtaSqzs8KJZgnYb9c7d0z\
                 gdAZHzu6qMQvRL5hajrn1n91CbOpbISD08qNLyrdkt-bFTWhAI4vMQFh6WeZu0fM4lFd2NcRwr3XPksINHaQ-G_xBniIqbw0Ls1jF44-csFC\
                 ur-kEgU8awapJzKnqDKgw";
        let rsa = read(json!({"kty": "RSA", "n": n, "e": "AQAB", "alg": "RS256", "kid": "2011-04-29"}));
        assert_eq!(rsa.unwrap().thumbprint(), "NzbLsXh8uDCcd-6MNwXF4W_7noWXFZAfHkxZsRGC9Xs");
        let x = "11qYAYKxCrfVS_7TyWQHOg7hcvPapiMlrwIaaPcHURo";
        let okp = read(json!({"kty": "OKP", "crv": "Ed25519", "x": x}));
        assert_eq!(okp.unwrap().thumbprint(), "kPrK_qmxVWaYVA9wwBF6Iuo3vVzz7TxHCTwXBygrS4k");
    }
}
