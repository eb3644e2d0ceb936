//! A proof of possession. None proves anything but the one that the key signed, for the request that it names, and that
//! once; what is made of whole cloth proves its own key at most.
#![no_main]

use std::sync::{
    LazyLock,
    atomic::{AtomicBool, Ordering},
};

use base64::{Engine as _, prelude::BASE64_URL_SAFE_NO_PAD};
use gateway::domain::secret::hash;
use gateway_fuzz::{HOUSE, mutated};
use http::{HeaderMap, HeaderValue};
use josekit::{jwk::alg::ec::{EcCurve, EcKeyPair}, jws::{ES256, JwsSigner as _}};
use libfuzzer_sys::fuzz_target;
use serde_json::{Value, json};

const PATH: &str = "/mcp";

/// The thumbprint of the key, and the proof for the house's token.
static GOOD: LazyLock<(String, String)> = LazyLock::new(|| {
    let pair = EcKeyPair::generate(EcCurve::P256).unwrap();
    let mut jwk: Value = Value::Object(pair.to_jwk_public_key().into());
    jwk.as_object_mut().unwrap().retain(|name, _| ["kty", "crv", "x", "y"].contains(&name.as_str()));
    let text = |name: &str| jwk[name].as_str().unwrap().to_owned();
    let thumbprint =
        hash(&format!(r#"{{"crv":"P-256","kty":"EC","x":"{}","y":"{}"}}"#, text("x"), text("y")));
    let header = json!({"typ": "dpop+jwt", "alg": "ES256", "jwk": jwk});
    let claims = json!({
        "jti": "j",
        "htm": "POST",
        "htu": "https://mcp.example/mcp",
        "iat": 1_800_000_000,
        "ath": hash(&HOUSE.token),
    });
    let signed = [header, claims].map(|part| BASE64_URL_SAFE_NO_PAD.encode(part.to_string())).join(".");
    let signature = ES256.signer_from_jwk(&pair.to_jwk_key_pair()).unwrap().sign(signed.as_bytes()).unwrap();
    (thumbprint, format!("{signed}.{}", BASE64_URL_SAFE_NO_PAD.encode(signature)))
});
static USED: AtomicBool = AtomicBool::new(false);

fuzz_target!(|script: &[u8]| {
    let (thumbprint, good) = &*GOOD;
    let presented = mutated(good, script);
    let Ok(value) = HeaderValue::from_str(&presented) else { return };
    let headers = HeaderMap::from_iter([(http::HeaderName::from_static("dpop"), value.clone())]);
    // Made for another request, or for another token.
    assert_eq!(HOUSE.possesses(&headers, "/oauth/token", None), None);
    assert_eq!(HOUSE.possesses(&headers, PATH, Some("another")), None);
    let mut twice = headers.clone();
    twice.append("dpop", value);
    assert_eq!(HOUSE.possesses(&twice, PATH, Some(&HOUSE.token)), None);
    let first = presented == *good && !USED.swap(true, Ordering::Relaxed);
    let proven = HOUSE.possesses(&headers, PATH, Some(&HOUSE.token));
    assert_eq!(proven, first.then(|| thumbprint.clone()));
});
