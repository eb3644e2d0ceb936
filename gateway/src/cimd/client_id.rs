//! A client id that is a URL, judged by its text alone, before anything is fetched.

use std::fmt;

use url::{Host, Url};

const LONGEST: usize = 2048;
const SCHEME: &str = "https://";

/// A `client_id` that is the URL of a metadata document (§3 of the draft). The text is kept as it came, byte for
/// byte: it is what the client is known by. Only text that is in normal form already is accepted, so whatever two
/// URL parsers may disagree about (`\`, tabs, upper case, full-width dots, `:443`, IP addresses in odd spellings)
/// never gets here.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub struct ClientIdUrl(Url);

/// Why a text is not a client id of this kind.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
pub enum ClientIdSyntax {
    /// Longer than 2048 bytes.
    #[error("it is longer than {LONGEST} characters")]
    TooLong,
    /// Not printable ASCII.
    #[error("it has a character that must be percent-encoded, or punycode in the host")]
    Characters,
    /// Not `https://`.
    #[error("it does not start with https://")]
    Scheme,
    /// `#`.
    #[error("it has a fragment")]
    Fragment,
    /// `?`. The draft advises against it; we refuse it.
    #[error("it has a query")]
    Query,
    /// `@` before the path.
    #[error("it has a user name or password")]
    UserInfo,
    /// No path, or nothing but `/`.
    #[error("it has no path; a bare origin does not name a document")]
    NoPath,
    /// `.` or `..` as a segment, percent-encoded or not.
    #[error("its path has a segment . or ..")]
    DotSegment,
    /// An IP address, a single label, a name that means this machine, or no name at all.
    #[error("its host is not a full public domain name")]
    Host,
    /// Readable only after correction.
    #[error("it is not in normal form (lower-case host, no default port, no backslash)")]
    NotNormal,
}

impl ClientIdUrl {
    /// Reads a client id.
    ///
    /// # Errors
    /// [`ClientIdSyntax`], which may be told to anyone: it says nothing the text does not.
    pub fn parse(text: &str) -> Result<Self, ClientIdSyntax> {
        if text.len() > LONGEST {
            return Err(ClientIdSyntax::TooLong);
        }
        if !text.bytes().all(|byte| byte.is_ascii_graphic()) {
            return Err(ClientIdSyntax::Characters);
        }
        let rest = text.strip_prefix(SCHEME).ok_or(ClientIdSyntax::Scheme)?;
        if rest.contains('#') {
            return Err(ClientIdSyntax::Fragment);
        }
        if rest.contains('?') {
            return Err(ClientIdSyntax::Query);
        }
        let (authority, path) = rest.split_once('/').unwrap_or((rest, ""));
        if authority.contains('@') {
            return Err(ClientIdSyntax::UserInfo);
        }
        if path.is_empty() {
            return Err(ClientIdSyntax::NoPath);
        }
        if path.split(['/', '\\']).any(is_dot_segment) {
            return Err(ClientIdSyntax::DotSegment);
        }
        let url = Url::parse(text).map_err(|_| ClientIdSyntax::Host)?;
        match url.host() {
            Some(Host::Domain(name)) if is_full_name(name) => {}
            _ => return Err(ClientIdSyntax::Host),
        }
        if url.as_str() == text { Ok(Self(url)) } else { Err(ClientIdSyntax::NotNormal) }
    }

    /// The text, as it came.
    pub fn as_str(&self) -> &str {
        self.0.as_str()
    }

    /// The host's name: what a person should be shown to know who this client is.
    pub fn host(&self) -> &str {
        self.0.host_str().unwrap_or_default()
    }

    /// The port, if it is not 443.
    pub fn port(&self) -> Option<u16> {
        self.0.port()
    }

    pub(super) fn url(&self) -> &Url {
        &self.0
    }
}

impl fmt::Display for ClientIdUrl {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.as_str())
    }
}

fn is_dot_segment(segment: &str) -> bool {
    let plain = segment.to_ascii_lowercase().replace("%2e", ".");
    plain == "." || plain == ".."
}

/// Two labels or more, each of letters, digits and inner hyphens; not `localhost` or below it (RFC 6761 §6.3). A
/// trailing dot makes an empty label.
fn is_full_name(name: &str) -> bool {
    let is_label = |label: &str| {
        (1..=63).contains(&label.len())
            && label.bytes().all(|byte| byte.is_ascii_alphanumeric() || byte == b'-')
            && !label.starts_with('-')
            && !label.ends_with('-')
    };
    name.len() <= 253 && name.contains('.') && name.split('.').all(is_label) && !name.ends_with(".localhost")
}
