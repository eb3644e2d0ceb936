//! Paths of the Partner API, built from literals and checked identifiers only.

use std::fmt::Write as _;

use super::ids::Segment;

/// A path under the API's base URL, with its query.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct ApiPath {
    path: String,
    query: Vec<(&'static str, String)>,
}

impl ApiPath {
    /// Starts with `literal`, which may hold several segments.
    pub(crate) fn new(literal: &'static str) -> Self {
        Self { path: format!("/{literal}"), query: Vec::new() }
    }

    /// Adds literal segments.
    pub(crate) fn then(mut self, literal: &'static str) -> Self {
        self.path.push('/');
        self.path.push_str(literal);
        self
    }

    /// Adds an identifier as one segment.
    pub(crate) fn segment(mut self, id: &impl Segment) -> Self {
        self.path.push('/');
        percent_encode(id.text(), &mut self.path);
        self
    }

    /// Adds a parameter to the query.
    pub(crate) fn query(mut self, name: &'static str, value: impl Into<String>) -> Self {
        self.query.push((name, value.into()));
        self
    }

    /// The path, to be appended to the base URL as it is.
    pub(crate) fn path(&self) -> &str {
        &self.path
    }

    /// The query's parameters, not yet encoded.
    pub(crate) fn parameters(&self) -> &[(&'static str, String)] {
        &self.query
    }
}

/// Everything but the unreserved characters of RFC 3986 §2.3 is encoded, so no byte of an identifier can end its
/// segment. The two segments that would climb although they are unreserved, `.` and `..`, are no identifiers.
fn percent_encode(text: &str, out: &mut String) {
    for byte in text.bytes() {
        if byte.is_ascii_alphanumeric() || matches!(byte, b'-' | b'.' | b'_' | b'~') {
            out.push(char::from(byte));
        } else {
            // Writing to a string does not fail.
            let _ = write!(out, "%{byte:02X}");
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::peaka::{CatalogId, Name, ProjectId};

    fn name(text: &str) -> Result<Name, String> {
        Name::try_from(text.to_owned()).map_err(|malformed| malformed.to_string())
    }

    #[test]
    fn whatever_the_name_the_path_keeps_its_shape() {
        for (text, encoded) in [
            ("orders", "orders"),
            ("../catalogs", "..%2Fcatalogs"),
            ("a/b?c#d%e;f\\g", "a%2Fb%3Fc%23d%25e%3Bf%5Cg"),
            ("%2e%2e", "%252e%252e"),
            ("ö x", "%C3%B6%20x"),
            ("...", "..."),
        ] {
            let path = ApiPath::new("data").segment(&name(text).unwrap()).then("tables");
            assert_eq!(path.path(), format!("/data/{encoded}/tables"));
            let url = url::Url::parse(&format!("https://peaka.example/api/v1{}", path.path())).unwrap();
            assert_eq!(url.path(), format!("/api/v1/data/{encoded}/tables"), "the URL library changed it");
        }
    }

    #[test]
    fn what_would_climb_is_no_identifier() {
        for text in ["", ".", "..", "a\nb", "a\0", &"x".repeat(257)] {
            assert!(name(text).is_err(), "{text:?}");
        }
        for text in ["", "..", "a/b", "a b", "a%2f", "ä", &"x".repeat(65)] {
            assert!(ProjectId::try_from(text.to_owned()).is_err(), "{text:?}");
        }
        for text in ["", "-1", "1.0", "１", "1/2", &"1".repeat(21)] {
            assert!(CatalogId::try_from(text.to_owned()).is_err(), "{text:?}");
        }
    }
}
