//! The issuer and the resource it protects: one value each, from configuration, never from a request.

use std::fmt;

use url::{Host, Url};

/// The issuer identifier (RFC 8414 §2): an origin without a trailing slash. Metadata, `iss` parameters and tokens carry
/// it byte for byte.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Issuer(String);

/// Why a text cannot be the issuer.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
#[error(
    "should be an https origin without a path, such as https://mcp.example.com (plain http only for localhost)"
)]
pub struct NotAnIssuer;

impl Issuer {
    /// Takes an origin, with or without its trailing slash.
    pub fn parse(text: &str) -> Result<Self, NotAnIssuer> {
        let origin = text.strip_suffix('/').unwrap_or(text);
        let url = Url::parse(origin).map_err(|_| NotAnIssuer)?;
        let secure = match url.scheme() {
            "https" => true,
            "http" => is_loopback(&url),
            _ => false,
        };
        // What the parser would write differently is not taken: the value is compared byte for byte everywhere.
        if secure && url.origin().ascii_serialization() == origin {
            Ok(Self(origin.to_owned()))
        } else {
            Err(NotAnIssuer)
        }
    }

    /// The identifier.
    pub fn as_str(&self) -> &str {
        &self.0
    }

    /// Whether browsers reach it over TLS.
    pub fn is_https(&self) -> bool {
        self.0.starts_with("https:")
    }

    /// An address below it. `path` starts with a slash.
    pub fn join(&self, path: &str) -> String {
        format!("{}{path}", self.0)
    }

    /// The protected resource's canonical identifier.
    pub fn resource(&self) -> String {
        self.join("/mcp")
    }

    /// Whether `indicator` names the one resource (RFC 8707 §2). Clients are known to send the origin instead of the
    /// path, and either with a slash too many: these spellings, and no other, mean the same.
    pub fn names_resource(&self, indicator: &str) -> bool {
        let bare = indicator.strip_suffix('/').unwrap_or(indicator);
        bare == self.0 || bare == self.resource()
    }
}

impl fmt::Display for Issuer {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}

fn is_loopback(url: &Url) -> bool {
    match url.host() {
        Some(Host::Domain(name)) => name == "localhost" || name.ends_with(".localhost"),
        Some(Host::Ipv4(address)) => address.is_loopback(),
        Some(Host::Ipv6(address)) => address.is_loopback(),
        None => false,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_an_origin_over_tls_or_loopback() {
        assert_eq!(Issuer::parse("https://mcp.example.com/").unwrap().as_str(), "https://mcp.example.com");
        assert_eq!(Issuer::parse("http://localhost:8080").unwrap().as_str(), "http://localhost:8080");
        for wrong in [
            "http://mcp.example.com",
            "https://mcp.example.com/x",
            "https://mcp.example.com//",
            "https://MCP.example.com",
            "https://mcp.example.com:443",
            "https://u@mcp.example.com",
            "https://mcp.example.com?x",
            "ftp://localhost",
            "",
        ] {
            assert_eq!(Issuer::parse(wrong), Err(NotAnIssuer), "{wrong}");
        }
    }

    #[test]
    fn the_resource_has_four_spellings() {
        let issuer = Issuer::parse("https://a.example").unwrap();
        for same in
            ["https://a.example/mcp", "https://a.example/mcp/", "https://a.example", "https://a.example/"]
        {
            assert!(issuer.names_resource(same), "{same}");
        }
        for other in ["https://a.example/mcp//", "https://a.example/MCP", "https://b.example/mcp", "", "/"] {
            assert!(!issuer.names_resource(other), "{other}");
        }
    }
}
