//! What is examined: the URL that people paste.

use url::{Host, Url};

/// The URL of the protected resource, and the origin that it is on.
#[derive(Clone, Debug)]
pub struct Target {
    pub(super) resource: String,
    pub(super) origin: String,
    pub(super) url: Url,
}

/// The text is not such a URL.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
#[error("give the URL that people paste, such as https://mcp.example.com/mcp")]
pub struct NotATarget;

impl Target {
    /// From the URL that people paste, or its origin alone.
    ///
    /// # Errors
    /// If it is no web address, or carries more than scheme, host, port and path.
    pub fn parse(text: &str) -> Result<Self, NotATarget> {
        let mut url = Url::parse(text.trim()).map_err(|_| NotATarget)?;
        let bare = url.query().is_none()
            && url.fragment().is_none()
            && url.username().is_empty()
            && url.password().is_none();
        if !matches!(url.scheme(), "http" | "https") || !url.has_host() || !bare {
            return Err(NotATarget);
        }
        let path = match url.path().trim_end_matches('/') {
            "" => "/mcp".to_owned(),
            path => path.to_owned(),
        };
        url.set_path(&path);
        let origin = url.origin().ascii_serialization();
        Ok(Self { resource: format!("{origin}{path}"), origin, url })
    }

    /// An address on the same origin.
    pub(super) fn at(&self, path: &str) -> String {
        format!("{}{path}", self.origin)
    }

    /// Where its metadata is, with the resource's path inserted (RFC 9728 §3.1).
    pub(super) fn metadata(&self) -> String {
        self.at(&format!("/.well-known/oauth-protected-resource{}", self.url.path()))
    }

    pub(super) fn is_https(&self) -> bool {
        self.url.scheme() == "https"
    }

    /// Whether it is on the machine of whoever calls it.
    pub(super) fn is_loopback(&self) -> bool {
        is_loopback(&self.url)
    }
}

pub(super) fn is_loopback(url: &Url) -> bool {
    match url.host() {
        Some(Host::Domain(name)) => name == "localhost" || name.ends_with(".localhost"),
        Some(Host::Ipv4(ip)) => ip.is_loopback(),
        Some(Host::Ipv6(ip)) => ip.is_loopback(),
        None => false,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_url_that_people_paste_or_its_origin() {
        for text in ["https://mcp.example.com", "https://mcp.example.com/", "https://mcp.example.com/mcp/"] {
            let target = Target::parse(text).unwrap();
            assert_eq!(target.resource, "https://mcp.example.com/mcp");
            assert_eq!(target.metadata(), "https://mcp.example.com/.well-known/oauth-protected-resource/mcp");
        }
        for text in
            ["mcp.example.com", "ftp://mcp.example.com", "https://u:p@a.example", "https://a.example/?q"]
        {
            assert_eq!(Target::parse(text).unwrap_err(), NotATarget, "{text}");
        }
    }
}
