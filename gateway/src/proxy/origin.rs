//! Which web pages may call the resource (MCP, "Security warning" on DNS rebinding; CORS). Programs send no `Origin`.

use axum::response::Response;
use http::{HeaderMap, HeaderName, HeaderValue, StatusCode, header};
use url::{Host, Url};

use crate::{config::AllowedOrigins, domain::issuer::Issuer};

/// The page that calls is of an origin that may not.
#[derive(Clone, Copy, Debug)]
pub(super) struct Foreign;

/// The origin to be told that it may read the answer; `None` if there is none.
pub(super) fn judge(
    headers: &HeaderMap,
    issuer: &Issuer,
    allowed: &AllowedOrigins,
) -> Result<Option<HeaderValue>, Foreign> {
    let mut values = headers.get_all(header::ORIGIN).iter();
    let Some(value) = values.next() else { return Ok(None) };
    let origin = value.to_str().map_err(|_| Foreign)?;
    let listed = match allowed {
        AllowedOrigins::Any => true,
        AllowedOrigins::Only(origins) => origins.iter().any(|allowed| allowed == origin),
    };
    let may = values.next().is_none() && (listed || origin == issuer.as_str() || is_local(origin));
    if may { Ok(Some(value.clone())) } else { Err(Foreign) }
}

/// A page from the person's own machine, such as the MCP Inspector's.
fn is_local(origin: &str) -> bool {
    Url::parse(origin).is_ok_and(|url| {
        let loopback = match url.host() {
            Some(Host::Domain(name)) => name == "localhost",
            Some(Host::Ipv4(address)) => address.is_loopback(),
            Some(Host::Ipv6(address)) => address.is_loopback(),
            None => false,
        };
        loopback && matches!(url.scheme(), "http" | "https") && url.origin().ascii_serialization() == origin
    })
}

const ALLOWED_HEADERS: &str = "authorization, content-type, accept, mcp-protocol-version, mcp-method, mcp-name, \
     mcp-session-id, last-event-id, traceparent, tracestate, dpop";
const EXPOSED_HEADERS: &str =
    "www-authenticate, retry-after, mcp-protocol-version, mcp-session-id, dpop-nonce";

/// The answer to a preflight request: the headers that MCP clients send, and of those asked for the `Mcp-Param-*` ones,
/// which have no fixed names.
pub(super) fn preflight(request: &HeaderMap) -> Response {
    let mut response = Response::default();
    *response.status_mut() = StatusCode::NO_CONTENT;
    let headers = response.headers_mut();
    headers
        .insert(header::ACCESS_CONTROL_ALLOW_METHODS, HeaderValue::from_static("POST, GET, DELETE, OPTIONS"));
    let asked = request.get(header::ACCESS_CONTROL_REQUEST_HEADERS).and_then(|value| value.to_str().ok());
    let mut allowed = ALLOWED_HEADERS.to_owned();
    for name in asked.unwrap_or_default().split(',').filter_map(|name| name.trim().parse::<HeaderName>().ok())
    {
        if name.as_str().starts_with(super::headers::TO_BACKEND_PREFIX) {
            allowed.extend([", ", name.as_str()]);
        }
    }
    let allowed = HeaderValue::try_from(allowed).unwrap_or(HeaderValue::from_static(ALLOWED_HEADERS));
    headers.insert(header::ACCESS_CONTROL_ALLOW_HEADERS, allowed);
    headers.insert(header::ACCESS_CONTROL_MAX_AGE, HeaderValue::from_static("3600"));
    response
}

/// Lets the page read the answer, without credentials of the browser.
pub(super) fn expose(headers: &mut HeaderMap, origin: Option<HeaderValue>) {
    headers.append(header::VARY, HeaderValue::from_static("origin"));
    if let Some(origin) = origin {
        headers.insert(header::ACCESS_CONTROL_ALLOW_ORIGIN, origin);
        headers.insert(header::ACCESS_CONTROL_EXPOSE_HEADERS, HeaderValue::from_static(EXPOSED_HEADERS));
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn pages_of_others_may_not_call() {
        let issuer = Issuer::parse("https://mcp.example").unwrap();
        let allowed = AllowedOrigins::Only(vec!["https://app.example".to_owned()]);
        let may = |origin: &str| {
            let mut headers = HeaderMap::new();
            headers.insert(header::ORIGIN, origin.parse().unwrap());
            judge(&headers, &issuer, &allowed).is_ok()
        };
        for good in [
            "https://mcp.example",
            "https://app.example",
            "http://localhost:6274",
            "http://127.0.0.1",
            "http://[::1]:5",
        ] {
            assert!(may(good), "{good}");
        }
        for bad in [
            "https://evil",
            "null",
            "http://localhost.evil",
            "https://app.example.evil",
            "https://app.example:444",
            "https://mcp.example/",
            "http://localhost:6274/",
            "file://",
            "http://localhost@evil",
        ] {
            assert!(!may(bad), "{bad}");
        }
        assert!(judge(&HeaderMap::new(), &issuer, &allowed).is_ok_and(|origin| origin.is_none()));
    }
}
