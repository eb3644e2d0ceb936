//! HTTP Basic credentials (RFC 6749 §2.3.1).

use base64::{Engine as _, prelude::BASE64_STANDARD};
use http::{HeaderMap, header};
use secrecy::SecretString;

use super::OAuthError;

/// Reads HTTP Basic credentials, each part form-encoded before (RFC 6749 §2.3.1).
pub(crate) fn basic(headers: &HeaderMap) -> Result<Option<(String, SecretString)>, OAuthError> {
    let mut values = headers.get_all(header::AUTHORIZATION).iter();
    let Some(value) = values.next() else { return Ok(None) };
    if values.next().is_some() {
        return Err(OAuthError::InvalidRequest("there are two Authorization headers; send one".into()));
    }
    let malformed = || OAuthError::InvalidClient {
        description: "the Authorization header is not well-formed HTTP Basic",
        basic: true,
    };
    let (scheme, encoded) =
        value.to_str().ok().and_then(|text| text.split_once(' ')).ok_or_else(malformed)?;
    if !scheme.eq_ignore_ascii_case("basic") {
        return Err(malformed());
    }
    let decoded = BASE64_STANDARD.decode(encoded.trim()).map_err(|_| malformed())?;
    let text = String::from_utf8(decoded).map_err(|_| malformed())?;
    let (id, secret) = text.split_once(':').ok_or_else(malformed)?;
    Ok(Some((form_decode(id).ok_or_else(malformed)?, form_decode(secret).ok_or_else(malformed)?.into())))
}

fn form_decode(text: &str) -> Option<String> {
    let bytes = text.as_bytes();
    let well_formed = bytes.iter().enumerate().filter(|(_, byte)| **byte == b'%').all(|(at, _)| {
        bytes.get(at + 1..at + 3).is_some_and(|digits| digits.iter().all(u8::is_ascii_hexdigit))
    });
    if !well_formed {
        return None;
    }
    let mut pairs = url::form_urlencoded::parse(bytes);
    match (pairs.next(), pairs.next()) {
        (Some((name, value)), None) if value.is_empty() => Some(name.into_owned()),
        (None, None) => Some(String::new()),
        _ => None,
    }
}

#[cfg(test)]
mod tests {
    use secrecy::ExposeSecret as _;

    use super::*;

    fn read(value: &str) -> Result<Option<(String, SecretString)>, OAuthError> {
        let mut headers = HeaderMap::new();
        headers.insert(header::AUTHORIZATION, value.parse().unwrap());
        basic(&headers)
    }

    #[test]
    fn basic_credentials() {
        let encoded = BASE64_STANDARD.encode("a%3Ab:s%2Bx+y");
        let (id, secret) = read(&format!("bAsIc {encoded}")).unwrap().unwrap();
        assert_eq!((id.as_str(), secret.expose_secret()), ("a:b", "s+x y"));
        assert!(basic(&HeaderMap::new()).unwrap().is_none());
        for wrong in ["Basic", "Basic !!", "Bearer x", &format!("Basic {}", BASE64_STANDARD.encode("%ZZ:x"))]
        {
            assert!(matches!(read(wrong), Err(OAuthError::InvalidClient { basic: true, .. })), "{wrong}");
        }
    }
}
