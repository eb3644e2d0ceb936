//! Random values that only their holder knows, and the hashes under which the store knows them.

use aws_lc_rs::{
    digest,
    rand::{SecureRandom as _, SystemRandom},
};
use base64::{Engine as _, prelude::BASE64_URL_SAFE_NO_PAD};

/// The machine's random source failed. Nothing can be issued then.
#[derive(Clone, Copy, Debug, thiserror::Error)]
#[error("the random source failed")]
pub struct NoRandomness;

/// `N` random bytes.
pub fn random<const N: usize>() -> Result<[u8; N], NoRandomness> {
    let mut bytes = [0; N];
    SystemRandom::new().fill(&mut bytes).map_err(|_| NoRandomness)?;
    Ok(bytes)
}

/// A random value of 192 bits as 32 base64url characters.
pub fn random_text() -> Result<String, NoRandomness> {
    Ok(BASE64_URL_SAFE_NO_PAD.encode(random::<24>()?))
}

/// The hash under which a high-entropy secret is stored and looked up: SHA-256, base64url.
pub fn hash(secret: &str) -> String {
    BASE64_URL_SAFE_NO_PAD.encode(sha256(secret))
}

/// SHA-256.
pub fn sha256(text: impl AsRef<[u8]>) -> [u8; 32] {
    let mut bytes = [0; 32];
    bytes.copy_from_slice(digest::digest(&digest::SHA256, text.as_ref()).as_ref());
    bytes
}
