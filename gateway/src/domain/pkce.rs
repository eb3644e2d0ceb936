//! Proof Key for Code Exchange (RFC 7636), S256 only.

use aws_lc_rs::{constant_time::verify_slices_are_equal, digest};
use base64::{Engine as _, prelude::BASE64_URL_SAFE_NO_PAD};
use serde::{Deserialize, Serialize};

/// A code challenge of method S256: 43 base64url characters (RFC 7636 §4.2).
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(try_from = "String", into = "String")]
pub struct CodeChallenge(String);

/// The challenge does not look like an S256 one.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
#[error("code_challenge must be the 43 base64url characters of a SHA-256 hash")]
pub struct NotAChallenge;

impl CodeChallenge {
    /// Checks the form.
    pub fn parse(text: &str) -> Result<Self, NotAChallenge> {
        match BASE64_URL_SAFE_NO_PAD.decode(text) {
            Ok(hash) if hash.len() == digest::SHA256_OUTPUT_LEN => Ok(Self(text.to_owned())),
            _ => Err(NotAChallenge),
        }
    }

    /// Whether `verifier` is of the right form (RFC 7636 §4.1) and hashes to this challenge.
    pub fn is_met_by(&self, verifier: &str) -> bool {
        let unreserved = |b: u8| b.is_ascii_alphanumeric() || matches!(b, b'-' | b'.' | b'_' | b'~');
        let well_formed = (43..=128).contains(&verifier.len()) && verifier.bytes().all(unreserved);
        let hash = BASE64_URL_SAFE_NO_PAD.encode(digest::digest(&digest::SHA256, verifier.as_bytes()));
        well_formed && verify_slices_are_equal(hash.as_bytes(), self.0.as_bytes()).is_ok()
    }
}

impl TryFrom<String> for CodeChallenge {
    type Error = NotAChallenge;

    fn try_from(text: String) -> Result<Self, NotAChallenge> {
        Self::parse(&text)
    }
}

impl From<CodeChallenge> for String {
    fn from(challenge: CodeChallenge) -> Self {
        challenge.0
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_example_of_the_specification() {
        // RFC 7636 appendix B
        let challenge = CodeChallenge::parse("E9Melhoa2OwvFrEMTJguCHaoeK1t8URWbuGJSstw-cM").unwrap();
        assert!(challenge.is_met_by("dBjftJeZ4CVP-mB92K27uhbUJU1p1r_wW1gFWFOEjXk"));
        for wrong in ["", "dBjftJeZ4CVP-mB92K27uhbUJU1p1r_wW1gFWFOEjXK", "short", &"a".repeat(129)] {
            assert!(!challenge.is_met_by(wrong));
        }
        assert_eq!(CodeChallenge::parse("plain-text"), Err(NotAChallenge));
        assert_eq!(CodeChallenge::parse(&"a".repeat(44)), Err(NotAChallenge));
    }
}
