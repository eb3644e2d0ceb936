//! Tokens that are bound to a key of their client's (RFC 9449): whether that is done here, and what names the key.

use base64::{Engine as _, prelude::BASE64_URL_SAFE_NO_PAD};
use serde::{Deserialize, Serialize};

/// How far proofs of possession are gone into.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Mode {
    /// Not at all: what was bound before is not taken any more.
    Off,
    /// Whoever sends a proof gets a token that is bound to its key.
    #[default]
    On,
    /// And every proof must hold a nonce of this server (§8).
    Nonce,
}

/// The SHA-256 thumbprint of a public key (`jkt`, §6.1; RFC 7638), in base64url.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(try_from = "String")]
pub struct Thumbprint(String);

/// A text that no thumbprint is.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
#[error("not the SHA-256 thumbprint of a key in base64url")]
pub struct NotAThumbprint;

impl Thumbprint {
    /// As it is written.
    pub fn as_str(&self) -> &str {
        &self.0
    }
}

impl TryFrom<String> for Thumbprint {
    type Error = NotAThumbprint;

    fn try_from(text: String) -> Result<Self, NotAThumbprint> {
        let whole = BASE64_URL_SAFE_NO_PAD.decode(&text).is_ok_and(|hash| hash.len() == 32);
        if whole { Ok(Self(text)) } else { Err(NotAThumbprint) }
    }
}
