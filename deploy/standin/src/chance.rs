//! Random texts, digests, and the comparison of secrets.

use aws_lc_rs::{constant_time, digest, rand};
use base64::{Engine as _, engine::general_purpose::URL_SAFE_NO_PAD};

/// 256 random bits in base64url. The generator of the operating system does not fail once it is seeded; if it ever
/// did, a predictable secret would be worse than none, so the text is then empty and no look-up finds it.
pub(crate) fn token() -> String {
    let mut bytes = [0; 32];
    match rand::fill(&mut bytes) {
        Ok(()) => URL_SAFE_NO_PAD.encode(bytes),
        Err(_) => String::new(),
    }
}

/// A random UUID (version 4).
pub(crate) fn uuid() -> String {
    crate::world::ids::uuid(&token())
}

/// SHA-256 in base64url, as PKCE's S256 wants it (RFC 7636 §4.2).
pub(crate) fn sha256(text: &str) -> String {
    URL_SAFE_NO_PAD.encode(digest::digest(&digest::SHA256, text.as_bytes()))
}

/// Whether two secrets are equal, in a time that tells nothing of where they differ.
pub(crate) fn same(left: &str, right: &str) -> bool {
    constant_time::verify_slices_are_equal(left.as_bytes(), right.as_bytes()).is_ok()
}
