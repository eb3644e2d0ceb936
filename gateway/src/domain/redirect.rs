//! Redirect URIs. They are kept and compared as raw text (RFC 9700 §4.1.3): a URL parser would call many texts
//! equal that are not. Only the port of a loopback URI may differ (RFC 8252 §7.3).

use std::net::Ipv4Addr;

use serde::{Deserialize, Serialize};
use url::Url;

/// Longer ones are refused.
const MAX_BYTES: usize = 1024;

/// Private-use schemes without a dot that well-known clients have registered for themselves. Others must be a
/// reversed domain name, as RFC 8252 §7.1 asks.
const VENDOR_SCHEMES: [&str; 8] =
    ["cursor", "vscode", "vscode-insiders", "vscodium", "windsurf", "zed", "goose", "raycast"];

/// A redirect URI of a form that a client may register.
#[derive(Clone, Debug, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(try_from = "String", into = "String")]
pub struct RedirectUri(String);

/// Why a text cannot be a redirect URI.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
pub enum NotARedirectUri {
    /// Empty, too long, or with characters that a URI does not have.
    #[error("is not a URI of at most 1024 printable ASCII characters")]
    Form,
    /// RFC 6749 §3.1.2 forbids fragments.
    #[error("has a fragment")]
    Fragment,
    /// A numeric or punycode host that a browser would read as another, or not at all: the person is told the text.
    #[error("has a host that browsers do not read as it is written")]
    Host,
    /// A user name before the host misleads people.
    #[error("has a user name before its host")]
    UserInfo,
    /// Plain http is for the person's own machine only.
    #[error("uses plain http for a host other than localhost, 127.0.0.0/8 or [::1]")]
    PlainHttp,
    /// A scheme that runs or reads something, or that any application could claim.
    #[error("uses a scheme that is neither https nor a reversed domain name such as com.example.app")]
    Scheme,
}

/// Where a redirect URI leads.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Destination<'a> {
    /// A web site, by host.
    Web(&'a str),
    /// The person's own machine, by the name it was given.
    Loopback(&'a str),
    /// An application that claimed the scheme.
    Application(&'a str),
}

struct Parts<'a> {
    scheme: &'a str,
    host: &'a str,
    rest: &'a str,
}

impl RedirectUri {
    /// Checks the form.
    pub fn parse(raw: &str) -> Result<Self, NotARedirectUri> {
        let forbidden =
            |b: u8| !b.is_ascii_graphic() || matches!(b, b'\\' | b'"' | b'<' | b'>' | b'`' | b'{' | b'}');
        if raw.is_empty() || raw.len() > MAX_BYTES || raw.bytes().any(forbidden) {
            return Err(NotARedirectUri::Form);
        }
        if raw.contains('#') {
            return Err(NotARedirectUri::Fragment);
        }
        let (scheme, _) = raw.split_once(':').ok_or(NotARedirectUri::Form)?;
        if scheme != scheme.to_ascii_lowercase() {
            return Err(NotARedirectUri::Form);
        }
        match scheme {
            "https" | "http" => {
                let parts = parts(raw)?;
                if parts.scheme != scheme {
                    return Err(NotARedirectUri::Form);
                }
                if scheme == "http" && !is_loopback(parts.host) {
                    return Err(NotARedirectUri::PlainHttp);
                }
                // The person is told the host's text; a browser goes where it reads one.
                if !Url::parse(raw).is_ok_and(|url| url.host_str() == Some(parts.host)) {
                    return Err(NotARedirectUri::Host);
                }
            }
            // What is no URL, or none any more with an answer in it, would leave the person on our page.
            application if is_application_scheme(application) => {
                let uri = Self(raw.to_owned());
                let authority = raw.split_once("://").and_then(|(_, rest)| rest.split(['/', '?']).next());
                let names_somebody = authority.is_some_and(|authority| authority.contains('@'));
                if names_somebody || [raw, &uri.with(&[])].iter().any(|text| Url::parse(text).is_err()) {
                    return Err(NotARedirectUri::Form);
                }
            }
            _ => return Err(NotARedirectUri::Scheme),
        }
        Ok(Self(raw.to_owned()))
    }

    /// The raw text.
    pub fn as_str(&self) -> &str {
        &self.0
    }

    /// Whether a request that presents `presented` means this registered URI.
    pub fn accepts(&self, presented: &Self) -> bool {
        if self.0 == presented.0 {
            return true;
        }
        let (Ok(registered), Ok(presented)) = (parts(&self.0), parts(&presented.0)) else { return false };
        registered.scheme == "http"
            && presented.scheme == "http"
            && is_loopback(registered.host)
            && registered.host == presented.host
            && registered.rest == presented.rest
    }

    /// Where it leads, to be told to the person.
    pub fn destination(&self) -> Destination<'_> {
        match parts(&self.0) {
            Ok(parts) if parts.scheme == "http" => Destination::Loopback(parts.host),
            Ok(parts) if parts.scheme == "https" => Destination::Web(parts.host),
            _ => Destination::Application(self.0.split(':').next().unwrap_or_default()),
        }
    }

    /// The URI with `parameters` added to its query (RFC 6749 §4.1.2).
    pub fn with(&self, parameters: &[(&str, &str)]) -> String {
        let mut query = url::form_urlencoded::Serializer::new(String::new());
        query.extend_pairs(parameters);
        let joint = if self.0.contains('?') { '&' } else { '?' };
        format!("{}{joint}{}", self.0, query.finish())
    }
}

/// Splits an http or https URI without normalising anything.
fn parts(raw: &str) -> Result<Parts<'_>, NotARedirectUri> {
    let (scheme, after) = raw.split_once("://").ok_or(NotARedirectUri::Form)?;
    let end = after.find(['/', '?']).unwrap_or(after.len());
    let (authority, rest) = after.split_at(end);
    if authority.contains('@') {
        return Err(NotARedirectUri::UserInfo);
    }
    let (host, port) = match authority.rfind(':') {
        Some(colon) if !authority.ends_with(']') => (&authority[..colon], Some(&authority[colon + 1..])),
        _ => (authority, None),
    };
    let port_is_number =
        port.is_none_or(|port| port.parse::<u16>().is_ok_and(|n| n > 0 && port == n.to_string()));
    if !port_is_number || !is_host(host) {
        return Err(NotARedirectUri::Form);
    }
    Ok(Parts { scheme, host, rest })
}

fn is_host(host: &str) -> bool {
    if let Some(address) = host.strip_prefix('[').and_then(|h| h.strip_suffix(']')) {
        return address.parse::<std::net::Ipv6Addr>().is_ok();
    }
    !host.is_empty()
        && host
            .bytes()
            .all(|b| b.is_ascii_lowercase() || b.is_ascii_digit() || matches!(b, b'.' | b'-' | b'_'))
}

fn is_loopback(host: &str) -> bool {
    host == "localhost"
        || host == "[::1]"
        || host.parse::<Ipv4Addr>().is_ok_and(|address| address.is_loopback())
}

fn is_application_scheme(scheme: &str) -> bool {
    let well_formed = scheme.starts_with(|c: char| c.is_ascii_lowercase())
        && scheme
            .bytes()
            .all(|b| b.is_ascii_lowercase() || b.is_ascii_digit() || matches!(b, b'.' | b'-' | b'+'));
    let reversed_domain = scheme.contains('.') && scheme.split('.').all(|label| !label.is_empty());
    well_formed && (reversed_domain || VENDOR_SCHEMES.contains(&scheme))
}

impl TryFrom<String> for RedirectUri {
    type Error = NotARedirectUri;

    fn try_from(raw: String) -> Result<Self, NotARedirectUri> {
        Self::parse(&raw)
    }
}

impl From<RedirectUri> for String {
    fn from(uri: RedirectUri) -> Self {
        uri.0
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn accepts(registered: &str, presented: &str) -> bool {
        let registered = RedirectUri::parse(registered).unwrap();
        RedirectUri::parse(presented).is_ok_and(|presented| registered.accepts(&presented))
    }

    #[test]
    fn nothing_is_normalised() {
        let registered = "https://client.example/cb";
        assert!(accepts(registered, registered));
        for other in [
            "https://client.example/x/../cb",
            "https://client.example/./cb",
            "https://client.example/%2e/cb",
            "https://client.example\\cb",
            "https://client.exa\tmple/cb",
            " https://client.example/cb",
            "https://client.example/cb ",
            "https://client.example:443/cb",
            "HTTPS://client.example/cb",
            "https://CLIENT.example/cb",
            "https://client.exam\u{ad}ple/cb",
            "https://client\u{ff0e}example/cb",
            "https://client.example/cb/",
            "https://client.example/cbx",
            "https://client.example/cb?x=1",
            "https://client.example/cb;x",
            "https://client.example.evil/cb",
            "https://evil/.client.example/cb",
            "https://client.example@evil/cb",
            "https://user@client.example/cb",
            "https://client.example:8443/cb",
            "https://client.example/cb#",
        ] {
            assert!(!accepts(registered, other), "{other}");
        }
    }

    #[test]
    fn only_the_port_of_a_loopback_uri_may_differ() {
        for (registered, presented, accepted) in [
            ("http://127.0.0.1:3000/callback", "http://127.0.0.1:51004/callback", true),
            ("http://127.0.0.1:3000/callback", "http://127.0.0.1:51004/other", false),
            ("http://127.0.0.1:3000/callback", "http://127.0.0.2:51004/callback", false),
            ("http://127.0.0.1:3000/callback", "https://127.0.0.1:51004/callback", false),
            ("http://127.0.0.1:3000/callback", "http://127.0.0.1.evil:1/callback", false),
            ("http://127.0.0.1:3000/callback", "http://0.0.0.0:1/callback", false),
            ("http://localhost/cb", "http://localhost:7/cb", true),
            ("http://localhost/cb", "http://127.0.0.1:7/cb", false),
            ("http://[::1]/cb", "http://[::1]:1024/cb", true),
            ("http://[::1]/cb", "http://[::ffff:127.0.0.1]:1/cb", false),
            ("http://127.0.0.1", "http://127.0.0.1:80", true),
            ("http://127.0.0.1", "http://127.0.0.1:0", false),
            ("http://127.0.0.1", "http://127.0.0.1:99999", false),
        ] {
            assert_eq!(accepts(registered, presented), accepted, "{registered} and {presented}");
        }
    }

    #[test]
    fn a_host_is_what_a_browser_reads() {
        for odd in [
            "https://0x7f.1/cb",
            "https://127.1/cb",
            "https://2130706433/cb",
            "https://client.example.4/cb",
            "https://1.2.3.04/cb",
            "https://xn--n.4/cb",
            "https://xn--a/cb",
            "https://[0:0::1]/cb",
        ] {
            assert_eq!(RedirectUri::parse(odd), Err(NotARedirectUri::Host), "{odd}");
        }
        // A browser reads one slash as two, and the other host after it as a path.
        for late in ["http:/localhost/x://localhost/cb", "https:/evil.example/x://client.example/cb"] {
            assert_eq!(RedirectUri::parse(late), Err(NotARedirectUri::Form), "{late}");
        }
        // No URL, or none with an answer in it.
        for none in ["com.example.app://[cb", "com.example.app://@", "com.example.app://me@host/cb"] {
            assert_eq!(RedirectUri::parse(none), Err(NotARedirectUri::Form), "{none}");
        }
        for good in
            ["https://1.2.3.4/cb", "https://[2001:db8::1]/cb", "https://xn--n3h.example/cb", "https://a_b/"]
        {
            assert!(RedirectUri::parse(good).is_ok(), "{good}");
        }
    }

    #[test]
    fn schemes() {
        for good in
            ["cursor://anysphere.cursor-retrieval/oauth/callback", "com.example.app:/cb", "vscode://x/y"]
        {
            assert!(RedirectUri::parse(good).is_ok(), "{good}");
        }
        for bad in [
            "javascript:alert(1)",
            "data:text/html,x",
            "file:///etc/passwd",
            "vbscript:x",
            "blob:x",
            "myapp:/cb",
            "http://c.example/cb",
            "\tjavascript:x",
            "com..app:/cb",
            ".app:/cb",
            "//host/cb",
            "cb",
            "",
            "https://",
            "https:///cb",
            "https://host:/cb",
        ] {
            assert!(RedirectUri::parse(bad).is_err(), "{bad}");
        }
    }

    #[test]
    fn parameters_join_an_existing_query() {
        let uri = RedirectUri::parse("https://c.example/cb?a=1").unwrap();
        assert_eq!(uri.with(&[("state", "\r\nX: y")]), "https://c.example/cb?a=1&state=%0D%0AX%3A+y");
    }
}
