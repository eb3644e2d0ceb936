//! Which client makes a token or revocation request, and whether it proved so (RFC 6749 §2.3).

use base64::{Engine as _, prelude::BASE64_STANDARD};
use http::{HeaderMap, header};
use secrecy::SecretString;

use super::{error::OAuthError, params::Params};
use crate::{clients::Clients, domain::client::AuthMethod};

const UNKNOWN: &str = "this client is not registered here; register it again";

/// The id of the client that made the request.
pub(super) fn authenticate(
    clients: &Clients,
    headers: &HeaderMap,
    params: &Params,
) -> Result<String, OAuthError> {
    let posted = params.get("client_secret");
    let basic = basic(headers)?;
    if basic.is_some() && posted.is_some() {
        return Err(OAuthError::InvalidRequest(
            "the client authenticates twice; use HTTP Basic or client_secret, not both".into(),
        ));
    }
    let via_basic = basic.is_some();
    let refused = |description| OAuthError::InvalidClient { description, basic: via_basic };
    let (id, secret) = match basic {
        Some((id, secret)) => {
            if params.get("client_id").is_some_and(|posted| posted != id) {
                return Err(OAuthError::InvalidRequest(
                    "client_id differs from the one in HTTP Basic".into(),
                ));
            }
            (id, Some(secret))
        }
        None => (params.require("client_id")?.to_owned(), posted.map(SecretString::from)),
    };
    let method = clients.auth_method(&id).ok_or_else(|| refused(UNKNOWN))?;
    // Which of the two ways a secret comes by is the client's choice: some send it in the form whatever was agreed.
    match (method, secret) {
        (AuthMethod::None, None) => Ok(id),
        (AuthMethod::None, Some(_)) => Err(refused("this client has no secret; send client_id alone")),
        (AuthMethod::Basic | AuthMethod::Post, None) => Err(refused("this client must send its secret")),
        (AuthMethod::Basic | AuthMethod::Post, Some(secret)) => {
            if clients.secret_is(&id, &secret) {
                Ok(id)
            } else {
                Err(refused("the client secret is wrong"))
            }
        }
    }
}

/// Reads HTTP Basic credentials, each part form-encoded before (RFC 6749 §2.3.1).
fn basic(headers: &HeaderMap) -> Result<Option<(String, SecretString)>, OAuthError> {
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
