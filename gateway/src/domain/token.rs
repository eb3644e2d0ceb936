//! The opaque tokens: authorization codes and refresh tokens. Each is `pkm_<kind>_` + base64url(body + checksum): the
//! prefix lets secret scanners find a leaked one, the checksum refuses garbage before anything is asked of a store.

use aws_lc_rs::{constant_time::verify_slices_are_equal, digest, hmac};
use base64::{Engine as _, prelude::BASE64_URL_SAFE_NO_PAD};

use super::secret::{NoRandomness, random};

const CHECKSUM_BYTES: usize = 4;
const MAC_BYTES: usize = 16;

const CODE_PREFIX: &str = "pkm_ac_";
const DEVICE_CODE_PREFIX: &str = "pkm_dc_";
const REFRESH_PREFIX: &str = "pkm_rt_";

/// Bytes in a key id.
pub const KEY_ID_BYTES: usize = 8;
/// Bytes in a session id.
pub const SESSION_ID_BYTES: usize = 16;

fn checksum(prefix: &str, body: &[u8]) -> [u8; CHECKSUM_BYTES] {
    let mut context = digest::Context::new(&digest::SHA256);
    context.update(prefix.as_bytes());
    context.update(body);
    let mut sum = [0; CHECKSUM_BYTES];
    sum.copy_from_slice(&context.finish().as_ref()[..CHECKSUM_BYTES]);
    sum
}

fn encode(prefix: &str, body: &[u8]) -> String {
    let mut bytes = body.to_vec();
    bytes.extend_from_slice(&checksum(prefix, body));
    format!("{prefix}{}", BASE64_URL_SAFE_NO_PAD.encode(bytes))
}

fn decode<const N: usize>(prefix: &str, text: &str) -> Option<[u8; N]> {
    let bytes = BASE64_URL_SAFE_NO_PAD.decode(text.strip_prefix(prefix)?).ok()?;
    let (body, sum) = bytes.split_last_chunk::<CHECKSUM_BYTES>()?;
    let body: [u8; N] = body.try_into().ok()?;
    (checksum(prefix, &body) == *sum).then_some(body)
}

/// A fresh authorization code: 160 random bits.
pub fn new_code() -> Result<String, NoRandomness> {
    Ok(encode(CODE_PREFIX, &random::<20>()?))
}

/// Whether `text` has the form of an authorization code.
pub fn is_code(text: &str) -> bool {
    decode::<20>(CODE_PREFIX, text).is_some()
}

/// A fresh device code (RFC 8628 §3.2): 160 random bits.
pub fn new_device_code() -> Result<String, NoRandomness> {
    Ok(encode(DEVICE_CODE_PREFIX, &random::<20>()?))
}

/// Whether `text` has the form of a device code.
pub fn is_device_code(text: &str) -> bool {
    decode::<20>(DEVICE_CODE_PREFIX, text).is_some()
}

/// What a refresh token says: a session, a generation of it, and the proof that one of our keys said so.
#[derive(Clone, Copy, PartialEq, Eq)]
pub struct RefreshToken {
    /// The key of the refresh ring that made the proof.
    pub key_id: [u8; KEY_ID_BYTES],
    /// The session.
    pub session_id: [u8; SESSION_ID_BYTES],
    /// The generation.
    pub generation: u32,
    mac: [u8; MAC_BYTES],
}

impl std::fmt::Debug for RefreshToken {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("RefreshToken").field("generation", &self.generation).finish_non_exhaustive()
    }
}

impl RefreshToken {
    /// The one refresh token of this generation: every replica derives the same.
    pub fn derive(
        key_id: [u8; KEY_ID_BYTES],
        key: &[u8],
        session_id: [u8; SESSION_ID_BYTES],
        generation: u32,
    ) -> Self {
        Self { key_id, session_id, generation, mac: mac(key, session_id, generation) }
    }

    /// Reads the text; says nothing yet about the proof.
    pub fn parse(text: &str) -> Option<Self> {
        let body: [u8; KEY_ID_BYTES + SESSION_ID_BYTES + 4 + MAC_BYTES] = decode(REFRESH_PREFIX, text)?;
        let (key_id, rest) = body.split_first_chunk()?;
        let (session_id, rest) = rest.split_first_chunk()?;
        let (generation, rest) = rest.split_first_chunk()?;
        Some(Self {
            key_id: *key_id,
            session_id: *session_id,
            generation: u32::from_be_bytes(*generation),
            mac: rest.try_into().ok()?,
        })
    }

    /// Whether the key it names made it.
    pub fn is_proven_by(&self, key: &[u8]) -> bool {
        verify_slices_are_equal(&mac(key, self.session_id, self.generation), &self.mac).is_ok()
    }

    /// The text for the client.
    pub fn encode(&self) -> String {
        let mut body = Vec::with_capacity(KEY_ID_BYTES + SESSION_ID_BYTES + 4 + MAC_BYTES);
        body.extend_from_slice(&self.key_id);
        body.extend_from_slice(&self.session_id);
        body.extend_from_slice(&self.generation.to_be_bytes());
        body.extend_from_slice(&self.mac);
        encode(REFRESH_PREFIX, &body)
    }
}

fn mac(key: &[u8], session_id: [u8; SESSION_ID_BYTES], generation: u32) -> [u8; MAC_BYTES] {
    let mut context = hmac::Context::with_key(&hmac::Key::new(hmac::HMAC_SHA256, key));
    context.update(b"refresh token\0");
    context.update(&session_id);
    context.update(&generation.to_be_bytes());
    let mut mac = [0; MAC_BYTES];
    mac.copy_from_slice(&context.sign().as_ref()[..MAC_BYTES]);
    mac
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn codes_carry_a_checksum() {
        let code = new_code().unwrap();
        assert!(is_code(&code) && code.starts_with(CODE_PREFIX));
        let mut other = code.clone().into_bytes();
        let last = other.len() - 8;
        other[last] = if other[last] == b'A' { b'B' } else { b'A' };
        assert!(!is_code(std::str::from_utf8(&other).unwrap()));
        assert!(!is_code(&code.replace(CODE_PREFIX, REFRESH_PREFIX)));
        assert!(!is_code(""));
    }

    #[test]
    fn a_refresh_token_is_bound_to_key_session_and_generation() {
        let token = RefreshToken::derive([1; 8], b"key", [2; 16], 7);
        assert_eq!(token, RefreshToken::derive([1; 8], b"key", [2; 16], 7));
        let read = RefreshToken::parse(&token.encode()).unwrap();
        assert_eq!(read, token);
        assert!(read.is_proven_by(b"key") && !read.is_proven_by(b"yek"));
        assert!(!RefreshToken { generation: 8, ..read }.is_proven_by(b"key"));
        assert!(!RefreshToken { session_id: [3; 16], ..read }.is_proven_by(b"key"));
        assert!(RefreshToken::parse("pkm_rt_AAAA").is_none());
    }
}
