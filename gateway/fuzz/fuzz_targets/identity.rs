//! The identity header, as the backend reads it. One that is taken is one that the gateway signed, byte for byte.
#![no_main]

use std::sync::LazyLock;

use gateway_fuzz::mutated;
use libfuzzer_sys::fuzz_target;
use serde_json::json;
use shared::{
    assertion::{Identity, Minter, Projects, verify},
    clock::Timestamp,
    jws::{Algorithm, SigningKey, VerificationKeys},
    scope::Scopes,
};

const NOW: Timestamp = Timestamp::from_seconds(1_800_000_000);
const ISSUER: &str = "https://mcp.example";

static GOOD: LazyLock<(VerificationKeys, String)> = LazyLock::new(|| {
    let key = SigningKey::generate(Algorithm::Ed25519, "k").unwrap();
    let text = |text: &str| text.to_owned();
    let identity = Identity {
        subject: text("u"),
        session_id: text("s"),
        client_id: text("c"),
        scopes: Scopes::ALL,
        projects: Projects::Only([text("p")].into()),
    };
    let minted = Minter { key: &key, issuer: ISSUER }.mint(&identity, NOW, text("j")).unwrap();
    (VerificationKeys::from_jwk_set(&json!({ "keys": [key.public_jwk()] })).unwrap(), minted)
});

fuzz_target!(|script: &[u8]| {
    let (keys, good) = &*GOOD;
    let presented = mutated(good, script);
    assert_eq!(verify(&presented, keys, ISSUER, NOW).is_ok(), presented == *good);
});
