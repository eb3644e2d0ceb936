//! What passes is on a list, whatever comes.

use proptest::{collection::vec, prelude::*, test_runner::Config};

use super::*;

/// Names near the lists, and names that must never pass.
fn names() -> impl Strategy<Value = String> {
    let near = proptest::sample::select(
        &[
            "accept",
            "content-type",
            "content-length",
            "mcp-name",
            "mcp-method",
            "mcp-protocol-version",
            "mcp-param-a",
            "mcp-param",
            "mcp_name",
            "traceparent",
            "tracestate",
            "retry-after",
            "cache-control",
            "authorization",
            "cookie",
            "set-cookie",
            "connection",
            "keep-alive",
            "te",
            "trailer",
            "transfer-encoding",
            "upgrade",
            "proxy-authorization",
            "proxy-connection",
            "host",
            "forwarded",
            "x-forwarded-for",
            "x-forwarded-host",
            "x-peaka-identity",
            "x_peaka_identity",
            "x-peaka-required-scope",
            "x-peaka-sign-in-again",
            "mcp-session-id",
            "www-authenticate",
            "location",
            "server",
            "origin",
            "dpop",
            "expect",
        ][..],
    );
    prop_oneof![3 => near.prop_map(str::to_owned), 1 => "(mcp-param-|x-peaka-|)[a-z0-9_!#$%&'*+.^`|~-]{1,12}"]
}

fn headers() -> impl Strategy<Value = HeaderMap> {
    vec((names(), "[ -~]{0,20}"), 0..24).prop_map(|pairs| {
        let mut headers = HeaderMap::new();
        for (name, value) in pairs {
            headers.append(HeaderName::try_from(name).unwrap(), HeaderValue::try_from(value).unwrap());
        }
        headers
    })
}

fn passed(client: &HeaderMap) -> HeaderMap {
    let mut headers = HeaderMap::new();
    to_backend(client).for_each(|(name, value)| _ = headers.append(name.clone(), value.clone()));
    headers
}

fn values<'a>(headers: &'a HeaderMap, name: &HeaderName) -> Vec<&'a HeaderValue> {
    headers.get_all(name).iter().collect()
}

proptest! {
    #![proptest_config(Config { failure_persistence: None, ..Config::default() })]

    #[test]
    fn to_the_backend_goes_what_is_listed_as_it_came(came in headers()) {
        let sent = passed(&came);
        for name in came.keys().chain(sent.keys()) {
            let listed = TO_BACKEND.contains(name) || name.as_str().starts_with(TO_BACKEND_PREFIX);
            prop_assert_eq!(values(&sent, name), if listed { values(&came, name) } else { Vec::new() }, "{}", name);
        }
        for name in ["authorization", "cookie", "host", "connection", "te", "transfer-encoding", "x-peaka-identity", "dpop"] {
            prop_assert!(!sent.contains_key(name), "{}", name);
        }
        prop_assert_eq!(&passed(&sent), &sent);
    }

    #[test]
    fn to_the_client_goes_what_is_listed_and_three_of_ours(came in headers()) {
        let passed = from_backend(came.clone());
        for name in passed.keys() {
            let ours = ["cache-control", "x-accel-buffering", "x-content-type-options"].contains(&name.as_str());
            prop_assert!(ours || FROM_BACKEND.contains(name), "{}", name);
        }
        for name in FROM_BACKEND.iter().filter(|name| came.contains_key(*name)) {
            prop_assert_eq!(values(&passed, name), values(&came, name), "{}", name);
        }
        for name in ["set-cookie", "www-authenticate", "connection", "transfer-encoding", "x-peaka-sign-in-again"] {
            prop_assert!(!passed.contains_key(name), "{}", name);
        }
    }
}
