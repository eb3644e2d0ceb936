//! An assertion of a client (`private_key_jwt`). None proves anything but the one that the client signed, and that once.
#![no_main]

use std::sync::{
    LazyLock,
    atomic::{AtomicBool, Ordering},
};

use gateway::domain::client::ClientKeys;
use gateway_fuzz::{HOUSE, client, mutated};
use libfuzzer_sys::fuzz_target;
use serde_json::json;
use shared::jws::{Algorithm, SigningKey};

static GOOD: LazyLock<(ClientKeys, String)> = LazyLock::new(|| {
    let key = SigningKey::generate(Algorithm::Es256, "k").unwrap();
    let claims = json!({"iss": "client", "sub": "client", "aud": "https://mcp.example", "exp": 1_800_000_060, "jti": "j"});
    let keys = ClientKeys::parse(&json!({ "keys": [key.public_jwk()] })).unwrap();
    (keys, key.sign("JWT", &claims).unwrap())
});
static USED: AtomicBool = AtomicBool::new(false);

fuzz_target!(|script: &[u8]| {
    let (keys, good) = &*GOOD;
    let presented = mutated(good, script);
    let first = presented == *good && !USED.swap(true, Ordering::Relaxed);
    assert_eq!(HOUSE.proves(&client(), keys, &presented), first);
});
