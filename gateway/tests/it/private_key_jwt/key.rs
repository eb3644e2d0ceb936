//! A client's key, and what can be signed with it.

use base64::{Engine as _, prelude::BASE64_URL_SAFE_NO_PAD};
use josekit::{
    jwk::{
        Jwk,
        alg::{ec::EcCurve, ed::EdCurve, rsa::RsaKeyPair},
    },
    jws::{ES256, EdDSA, HS256, JwsSigner, PS256, RS256},
};
use serde_json::{Value, json};

#[derive(Clone)]
pub(crate) struct Key {
    kid: String,
    jwk: Jwk,
}

impl Key {
    pub(crate) fn ec(kid: &str) -> Self {
        Self { kid: kid.to_owned(), jwk: Jwk::generate_ec_key(EcCurve::P256).unwrap() }
    }

    pub(crate) fn ed(kid: &str) -> Self {
        Self { kid: kid.to_owned(), jwk: Jwk::generate_ed_key(EdCurve::Ed25519).unwrap() }
    }

    pub(crate) fn rsa(kid: &str) -> Self {
        Self { kid: kid.to_owned(), jwk: RsaKeyPair::generate(2048).unwrap().to_jwk_key_pair() }
    }

    /// The public half, as a set publishes it.
    pub(crate) fn public(&self) -> Value {
        let mut jwk = self.jwk.to_public_key().unwrap();
        jwk.set_key_id(&self.kid);
        jwk.set_key_use("sig");
        Value::Object(jwk.into())
    }

    pub(crate) fn private(&self) -> Value {
        Value::Object(self.jwk.clone().into())
    }

    pub(crate) fn header(&self, algorithm: &str) -> Value {
        json!({"alg": algorithm, "typ": "JWT", "kid": self.kid})
    }

    /// A JWS with this header, signed by the algorithm that it names.
    pub(crate) fn sign(&self, header: &Value, claims: &Value) -> String {
        match header["alg"].as_str().unwrap() {
            "ES256" => signed(header, claims, &ES256.signer_from_jwk(&self.jwk).unwrap()),
            "RS256" => signed(header, claims, &RS256.signer_from_jwk(&self.jwk).unwrap()),
            "PS256" => signed(header, claims, &PS256.signer_from_jwk(&self.jwk).unwrap()),
            "EdDSA" | "Ed25519" => signed(header, claims, &EdDSA.signer_from_jwk(&self.jwk).unwrap()),
            other => panic!("no signer for {other}"),
        }
    }

    /// A JWS that takes this text, known to all, for a symmetric key.
    pub(crate) fn confuse(&self, claims: &Value, text: &str) -> String {
        symmetric(&self.header("HS256"), claims, text)
    }
}

/// A JWS with a symmetric key.
pub(crate) fn symmetric(header: &Value, claims: &Value, text: &str) -> String {
    signed(header, claims, &HS256.signer_from_bytes(text.as_bytes()).unwrap())
}

/// A JWS without a signature.
pub(crate) fn unsigned(header: &Value, claims: &Value) -> String {
    format!("{}.{}.", encoded(header), encoded(claims))
}

fn signed(header: &Value, claims: &Value, signer: &dyn JwsSigner) -> String {
    let message = format!("{}.{}", encoded(header), encoded(claims));
    let signature = signer.sign(message.as_bytes()).unwrap();
    format!("{message}.{}", BASE64_URL_SAFE_NO_PAD.encode(signature))
}

fn encoded(part: &Value) -> String {
    BASE64_URL_SAFE_NO_PAD.encode(part.to_string())
}
