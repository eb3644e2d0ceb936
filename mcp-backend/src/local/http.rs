//! The tools on a loopback address, for programs of the one person who started this. A web page must not reach
//! them, so requests are held against DNS rebinding: the `Host` must be this machine's, and so must an `Origin`.

use axum::{
    Router,
    extract::{Request, State},
    middleware::{Next, from_fn_with_state},
    response::{IntoResponse, Response},
    routing::{any, get},
};
use http::{HeaderMap, StatusCode, header, uri::Authority};
use serde_json::Value;
use url::Url;

use super::LocalConfig;
use crate::{
    envelope::{self, code},
    key::KeyHolder,
    mcp::{self, Endpoint},
    router::{BuildError, nothing_here, rmcp},
};

/// The whole service, to be served on a loopback address.
///
/// # Errors
///
/// When it cannot be put together.
pub fn router(config: &LocalConfig) -> Result<Router, BuildError> {
    let (server, catalogue) = super::server(config)?;
    let endpoint = Endpoint {
        rmcp: rmcp(server, config.max_body_bytes),
        catalogue,
        max_body_bytes: config.max_body_bytes,
    };
    Ok(Router::new()
        .route("/mcp", any(mcp::answer))
        .with_state(endpoint)
        .route("/healthz", get(|| async { "ok" }))
        .fallback(nothing_here)
        .layer(from_fn_with_state(KeyHolder::new(config.api_key.clone()), require_this_machine)))
}

async fn require_this_machine(State(holder): State<KeyHolder>, mut request: Request, next: Next) -> Response {
    if !is_asked_by_this_machine(request.headers()) {
        let sentence =
            "This server answers programs on this machine only, under localhost or a loopback address.";
        return envelope::error(StatusCode::FORBIDDEN, Value::Null, code::INVALID_REQUEST, sentence)
            .into_response();
    }
    request.extensions_mut().insert(holder.caller());
    next.run(request).await
}

/// There is exactly one `Host` (the listener sees to that); an `Origin` is sent by browsers only.
fn is_asked_by_this_machine(headers: &HeaderMap) -> bool {
    let text = |name| headers.get(name).map(|value: &http::HeaderValue| value.to_str().unwrap_or_default());
    let host = text(header::HOST)
        // A name before an `@` is not a part of any host.
        .filter(|host| !host.contains('@'))
        .and_then(|host| host.parse::<Authority>().ok());
    let origin = text(header::ORIGIN).map(|origin| Url::parse(origin).ok());
    host.is_some_and(|host| is_loopback(host.host()))
        && origin.is_none_or(|origin| {
            origin.is_some_and(|origin| {
                matches!(origin.scheme(), "http" | "https") && origin.host_str().is_some_and(is_loopback)
            })
        })
}

fn is_loopback(host: &str) -> bool {
    let address = host.trim_start_matches('[').trim_end_matches(']').parse::<std::net::IpAddr>();
    host.eq_ignore_ascii_case("localhost") || address.is_ok_and(|address| address.is_loopback())
}

#[cfg(test)]
mod tests {
    use super::*;

    fn asked(host: &str, origin: Option<&str>) -> bool {
        let mut headers = HeaderMap::new();
        headers.insert(header::HOST, host.parse().unwrap());
        if let Some(origin) = origin {
            headers.insert(header::ORIGIN, origin.parse().unwrap());
        }
        is_asked_by_this_machine(&headers)
    }

    #[test]
    fn only_this_machine() {
        for host in ["localhost", "LOCALHOST:8090", "127.0.0.1:8090", "[::1]:8090"] {
            assert!(asked(host, None), "{host}");
            assert!(asked(host, Some("http://localhost:5173")), "{host}");
            for origin in ["https://evil.example", "null", "http://localhost.evil.example", "file:///x", ""] {
                assert!(!asked(host, Some(origin)), "{origin}");
            }
        }
        for host in [
            "evil.example",
            "localhost.evil.example:8090",
            "0.0.0.0:8090",
            "192.168.1.2",
            "",
            "a@127.0.0.1:1",
        ] {
            assert!(!asked(host, None), "{host}");
        }
        assert!(!is_asked_by_this_machine(&HeaderMap::new()));
    }
}
