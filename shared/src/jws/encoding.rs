//! Bytes as base64url without padding (RFC 7515 §2), in one spelling.

use base64::{DecodeError, Engine as _, engine::general_purpose::URL_SAFE_NO_PAD};
use josekit::jwk::Jwk;

/// Of a coordinate of a public key, in bytes. Both curves have the same.
const COORDINATE: usize = 32;

pub(super) fn decoded(part: &str) -> Result<Vec<u8>, DecodeError> {
    URL_SAFE_NO_PAD.decode(part)
}

pub(super) fn encoded(bytes: impl AsRef<[u8]>) -> String {
    URL_SAFE_NO_PAD.encode(bytes)
}

/// The same behind `text`.
pub(super) fn append(text: &mut String, bytes: impl AsRef<[u8]>) {
    URL_SAFE_NO_PAD.encode_string(bytes, text);
}

/// How many characters so many bytes become.
pub(super) const fn length(bytes: usize) -> usize {
    (4 * bytes).div_ceil(3)
}

/// The member of a public key that holds this coordinate.
pub(super) fn coordinate(jwk: &Jwk, name: &str) -> Option<Vec<u8>> {
    let bytes = decoded(jwk.parameter(name)?.as_str()?).ok()?;
    (bytes.len() == COORDINATE).then_some(bytes)
}
