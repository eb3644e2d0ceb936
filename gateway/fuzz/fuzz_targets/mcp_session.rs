//! `Mcp-Session-Id`, which goes out sealed: what is opened is what was sealed for this session.
#![no_main]

use std::sync::LazyLock;

use gateway_fuzz::{HOUSE, mutated};
use http::{HeaderMap, HeaderName, HeaderValue};
use libfuzzer_sys::fuzz_target;

const NAME: HeaderName = HeaderName::from_static("mcp-session-id");
static GOOD: LazyLock<String> = LazyLock::new(|| sealed(b"the backend's own id").unwrap());

fn one(value: HeaderValue) -> HeaderMap {
    HeaderMap::from_iter([(NAME, value)])
}

fn sealed(id: &[u8]) -> Option<String> {
    HOUSE.sealed_mcp_session(&one(HeaderValue::from_bytes(id).ok()?))
}

fuzz_target!(|script: &[u8]| {
    let presented = mutated(&GOOD, script);
    if let Ok(value) = HeaderValue::try_from(&presented) {
        let opened = HOUSE.mcp_session(&one(value));
        assert_eq!(opened.as_deref(), (presented == *GOOD).then_some(&b"the backend's own id"[..]));
    }
    // Whatever a backend gives out comes back to it.
    if let Some(sealed) = sealed(script) {
        let back = HOUSE.mcp_session(&one(sealed.parse().unwrap()));
        assert_eq!(back.as_deref(), Some(script));
    }
});
