//! The two allowlists. A header that is not on them does not pass: neither the client's token nor a forged identity to
//! the backend, neither a cookie nor a challenge of the backend to the client.

use http::{HeaderMap, HeaderName, HeaderValue, header};

const TO_BACKEND: [HeaderName; 7] = [
    header::ACCEPT,
    header::CONTENT_TYPE,
    HeaderName::from_static("mcp-protocol-version"),
    HeaderName::from_static("mcp-method"),
    HeaderName::from_static("mcp-name"),
    HeaderName::from_static("traceparent"),
    HeaderName::from_static("tracestate"),
];
pub(super) const TO_BACKEND_PREFIX: &str = "mcp-param-";

const FROM_BACKEND: [HeaderName; 5] = [
    header::CONTENT_TYPE,
    header::CONTENT_LENGTH,
    header::CACHE_CONTROL,
    header::RETRY_AFTER,
    HeaderName::from_static("mcp-protocol-version"),
];

fn copy(from: &HeaderMap, to: &mut HeaderMap, passes: impl Fn(&HeaderName) -> bool) {
    for (name, value) in from.iter().filter(|(name, _)| passes(name)) {
        to.append(name.clone(), value.clone());
    }
}

/// What the backend gets of a client's headers.
pub(crate) fn to_backend(client: &HeaderMap) -> HeaderMap {
    let mut headers = HeaderMap::with_capacity(12);
    copy(client, &mut headers, |name| {
        TO_BACKEND.contains(name) || name.as_str().starts_with(TO_BACKEND_PREFIX)
    });
    headers
}

/// What the client gets of the backend's headers.
pub(crate) fn from_backend(backend: &HeaderMap) -> HeaderMap {
    let mut headers = HeaderMap::with_capacity(8);
    copy(backend, &mut headers, |name| FROM_BACKEND.contains(name));
    if are_of_a_stream(&headers) {
        // A proxy in front must hand on each event as it comes.
        headers.insert(HeaderName::from_static("x-accel-buffering"), HeaderValue::from_static("no"));
        // Comments may be put into it.
        headers.remove(header::CONTENT_LENGTH);
    }
    headers.entry(header::CACHE_CONTROL).or_insert(HeaderValue::from_static("no-store"));
    headers.insert(header::X_CONTENT_TYPE_OPTIONS, HeaderValue::from_static("nosniff"));
    headers
}

/// Whether the answer is a stream of events.
pub(super) fn are_of_a_stream(headers: &HeaderMap) -> bool {
    headers.get(header::CONTENT_TYPE).is_some_and(|kind| kind.as_bytes().starts_with(b"text/event-stream"))
}

#[cfg(test)]
mod properties;

#[cfg(test)]
mod tests {
    use super::*;

    fn map(pairs: &[(&str, &str)]) -> HeaderMap {
        pairs
            .iter()
            .map(|(name, value)| (name.parse::<HeaderName>().unwrap(), value.parse::<HeaderValue>().unwrap()))
            .collect()
    }

    #[test]
    fn only_what_is_listed_reaches_the_backend() {
        let client = map(&[
            ("authorization", "Bearer secret"),
            ("cookie", "a=b"),
            ("x-peaka-identity", "forged"),
            ("x_peaka_identity", "forged"),
            ("connection", "x-peaka-identity"),
            ("te", "trailers"),
            ("x-forwarded-for", "1.2.3.4"),
            ("host", "evil"),
            ("content-type", "application/json"),
            ("mcp-name", "t"),
            ("mcp-param-x", "1"),
            ("mcp-paramx", "1"),
            ("mcp-session-id", "s"),
        ]);
        let headers = to_backend(&client);
        let mut names: Vec<_> = headers.keys().map(HeaderName::as_str).collect();
        names.sort_unstable();
        assert_eq!(names, ["content-type", "mcp-name", "mcp-param-x"]);
    }

    #[test]
    fn only_what_is_listed_reaches_the_client() {
        let backend = map(&[
            ("set-cookie", "a=b"),
            ("www-authenticate", "Bearer"),
            ("server", "x"),
            ("x-peaka-required-scope", "s"),
            ("access-control-allow-origin", "*"),
            ("content-type", "text/event-stream"),
            ("transfer-encoding", "chunked"),
        ]);
        let headers = from_backend(&backend);
        let mut names: Vec<_> = headers.keys().map(HeaderName::as_str).collect();
        names.sort_unstable();
        assert_eq!(names, ["cache-control", "content-type", "x-accel-buffering", "x-content-type-options"]);
    }
}
