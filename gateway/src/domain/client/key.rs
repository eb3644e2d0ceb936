//! One public key of a client, and what it may be used with.

use base64::{Engine as _, prelude::BASE64_URL_SAFE_NO_PAD};
use josekit::{
    jwk::Jwk,
    jws::{ES256, JwsVerifier, PS256, RS256},
};
use serde::Serialize;
use serde_json::{Map, Value};

/// A longer name is nobody's.
const LONGEST_KID: usize = 256;
const RSA_BITS: std::ops::RangeInclusive<usize> = 2048..=4096;

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
    material: Material,
}

#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
#[serde(tag = "kty")]
enum Material {
    #[serde(rename = "EC")]
    Ec { crv: &'static str, x: String, y: String },
    #[serde(rename = "RSA")]
    Rsa { n: String, e: String },
}

impl ClientKey {
    /// Reads a JWK (RFC 7517 §4); `None` if it is of no use here.
    pub(super) fn read(jwk: &Map<String, Value>) -> Option<Self> {
        let member = |name: &str| jwk.get(name).filter(|value| !value.is_null());
        let text = |name: &str| member(name)?.as_str().map(str::to_owned);
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
        let material = match text("kty")?.as_str() {
            "EC" if text("crv")? == "P-256" => Material::Ec { crv: "P-256", x: text("x")?, y: text("y")? },
            "RSA" => Material::Rsa { n: text("n")?, e: text("e")? },
            _ => return None,
        };
        let key = Self { kid, alg, material };
        let usable = key.is_of_good_size()
            && SigningAlgorithm::ALL.into_iter().any(|algorithm| key.verifier(algorithm).is_some());
        usable.then_some(key)
    }

    pub(super) fn kid(&self) -> Option<&str> {
        self.kid.as_deref()
    }

    /// Whether the key may be used with `algorithm`, by its type and by its own word.
    pub(super) fn allows(&self, algorithm: SigningAlgorithm) -> bool {
        let suits = match self.material {
            Material::Ec { .. } => matches!(algorithm, SigningAlgorithm::Es256),
            Material::Rsa { .. } => matches!(algorithm, SigningAlgorithm::Rs256 | SigningAlgorithm::Ps256),
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
        let Ok(Value::Object(members)) = serde_json::to_value(self) else { return None };
        let jwk = Jwk::from_map(members).ok()?;
        match algorithm {
            SigningAlgorithm::Es256 => Some(Box::new(ES256.verifier_from_jwk(&jwk).ok()?)),
            SigningAlgorithm::Rs256 => Some(Box::new(RS256.verifier_from_jwk(&jwk).ok()?)),
            SigningAlgorithm::Ps256 => Some(Box::new(PS256.verifier_from_jwk(&jwk).ok()?)),
        }
    }

    /// Neither so small that it can be broken nor so large that checking it is work. With the public exponent 1
    /// everyone could sign.
    fn is_of_good_size(&self) -> bool {
        match &self.material {
            // Fixed widths (RFC 7518 §6.2.1.2); that the point lies on the curve is checked where it is used.
            Material::Ec { x, y, .. } => {
                [x, y].into_iter().all(|part| decoded(part).is_some_and(|part| part.len() == 32))
            }
            Material::Rsa { n, e } => {
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
