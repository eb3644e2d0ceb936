//! The two allowlists. A header that is not on them does not pass: neither the client's token nor a forged identity to
//! the backend, neither a cookie nor a challenge of the backend to the client.

use http::{HeaderMap, HeaderName, HeaderValue, header};
use shared::assertion;

use super::mcp_session;

// Statics: as constants they would be made and dropped anew for each header that is looked for.
static TO_BACKEND: [HeaderName; 7] = [
    header::ACCEPT,
    header::CONTENT_TYPE,
    HeaderName::from_static("mcp-protocol-version"),
    HeaderName::from_static("mcp-method"),
    HeaderName::from_static("mcp-name"),
    HeaderName::from_static("traceparent"),
    HeaderName::from_static("tracestate"),
];
pub(super) const TO_BACKEND_PREFIX: &str = "mcp-param-";

static FROM_BACKEND: [HeaderName; 5] = [
    header::CONTENT_TYPE,
    header::CONTENT_LENGTH,
    header::CACHE_CONTROL,
    header::RETRY_AFTER,
    HeaderName::from_static("mcp-protocol-version"),
];

/// What the backend tells the gateway; none of it goes to the client as it came.
static TO_GATEWAY: [HeaderName; 3] = [
    HeaderName::from_static(mcp_session::NAME),
    HeaderName::from_static(assertion::REQUIRED_SCOPE_HEADER),
    HeaderName::from_static(assertion::SIGN_IN_AGAIN_HEADER),
];

/// What the backend gets of a client's headers.
pub(crate) fn to_backend(client: &HeaderMap) -> impl Iterator<Item = (&HeaderName, &HeaderValue)> {
    client
        .iter()
        .filter(|(name, _)| TO_BACKEND.contains(name) || name.as_str().starts_with(TO_BACKEND_PREFIX))
}

/// Whether a header of the backend's is for the client, or a word to the gateway.
pub(super) fn is_read(name: &HeaderName) -> bool {
    FROM_BACKEND.contains(name) || TO_GATEWAY.contains(name)
}

/// What the client gets of the backend's headers.
pub(crate) fn from_backend(mut headers: HeaderMap) -> HeaderMap {
    let strange: Vec<_> = headers.keys().filter(|name| !FROM_BACKEND.contains(name)).cloned().collect();
    for name in strange {
        headers.remove(name);
    }
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
        let mut names: Vec<_> = to_backend(&client).map(|(name, _)| name.as_str()).collect();
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
        let headers = from_backend(backend);
        let mut names: Vec<_> = headers.keys().map(HeaderName::as_str).collect();
        names.sort_unstable();
        assert_eq!(names, ["cache-control", "content-type", "x-accel-buffering", "x-content-type-options"]);
    }
}
