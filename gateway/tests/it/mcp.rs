//! The protected resource.

mod answers;
mod body;
mod capacity;
mod challenge;
mod forge;
mod forged;
mod headers;
mod identity;
mod origin;
mod paths;
mod replicas;
mod sessions;
mod streams;

use base64::prelude::*;
use serde_json::Value;

pub(crate) use self::forge::Forge;

/// The claims of a JWS, unverified.
pub(crate) fn claims(token: &str) -> Value {
    let payload = token.split('.').nth(1).unwrap();
    serde_json::from_slice(&BASE64_URL_SAFE_NO_PAD.decode(payload).unwrap()).unwrap()
}
