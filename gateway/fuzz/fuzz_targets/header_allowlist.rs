//! The headers that pass the proxy, in both directions: those on the list, as often and as they came, and no other.
#![no_main]

use gateway::fuzzing::{from_backend, to_backend};
use gateway_fuzz::headers;
use http::HeaderMap;
use libfuzzer_sys::fuzz_target;

const TO_BACKEND: [&str; 7] =
    ["accept", "content-type", "mcp-protocol-version", "mcp-method", "mcp-name", "traceparent", "tracestate"];
const FROM_BACKEND: [&str; 5] = ["content-type", "content-length", "cache-control", "retry-after", "mcp-protocol-version"];
/// What the gateway adds by itself.
const OURS: [&str; 3] = ["cache-control", "x-accel-buffering", "x-content-type-options"];

fn are_the_same(a: &HeaderMap, b: &HeaderMap, name: &str) -> bool {
    a.get_all(name).iter().eq(b.get_all(name).iter())
}

fuzz_target!(|lines: &[u8]| {
    let came = headers(lines);
    let passed = to_backend(&came);
    let is_listed = |name: &str| TO_BACKEND.contains(&name) || name.starts_with("mcp-param-");
    for name in came.keys().chain(passed.keys()).map(http::HeaderName::as_str) {
        assert_eq!(passed.contains_key(name), is_listed(name), "{name}");
        assert!(!is_listed(name) || are_the_same(&came, &passed, name), "{name}");
    }

    let passed = from_backend(&came);
    for name in came.keys().chain(passed.keys()).map(http::HeaderName::as_str) {
        if FROM_BACKEND.contains(&name) && came.contains_key(name) {
            assert!(are_the_same(&came, &passed, name), "{name}");
        } else {
            assert_eq!(passed.contains_key(name), OURS.contains(&name) && passed.get_all(name).iter().count() == 1, "{name}");
        }
    }
    assert_eq!(passed["x-content-type-options"], "nosniff");
});
