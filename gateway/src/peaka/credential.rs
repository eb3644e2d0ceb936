//! What a sign-in gives the gateway: a person's pair of tokens at Peaka.

use std::time::Duration;

use oauth2::{TokenResponse as _, basic::BasicTokenResponse, basic::BasicTokenType};
use secrecy::{ExposeSecret as _, SecretString, zeroize::Zeroizing};
use serde::{Deserialize, Serialize};
use shared::clock::Timestamp;

use super::error::Outage;

/// How long an access token lives when Peaka does not say (RFC 6749 §5.1 leaves that to the documentation).
const ASSUMED_LIFE: Duration = Duration::from_secs(300);

/// A person's credential at Peaka. `Debug` hides both tokens.
#[derive(Clone, Debug)]
pub struct Credential {
    /// Opaque, whatever it looks like.
    pub access_token: SecretString,
    /// Without one the credential ends at `expires_at`.
    pub refresh_token: Option<SecretString>,
    /// When the access token ends, reckoned from before it was asked for, so never too late.
    pub expires_at: Timestamp,
}

/// The form that is sealed and stored.
#[derive(Serialize)]
struct Written<'a> {
    access_token: &'a str,
    #[serde(skip_serializing_if = "Option::is_none")]
    refresh_token: Option<&'a str>,
    expires_at_ms: i64,
}

#[derive(Deserialize)]
struct Read {
    access_token: String,
    refresh_token: Option<String>,
    expires_at_ms: i64,
}

/// The bytes are not those of a credential.
#[derive(Debug, thiserror::Error)]
#[error("the stored Peaka credential is malformed")]
pub struct MalformedCredential;

impl Credential {
    /// The bytes to seal. They hold both tokens in the clear.
    pub fn to_json(&self) -> Zeroizing<Vec<u8>> {
        let written = Written {
            access_token: self.access_token.expose_secret(),
            refresh_token: self.refresh_token.as_ref().map(|token| token.expose_secret()),
            expires_at_ms: self.expires_at.millis(),
        };
        // Two strings and a number: there is nothing in it that serialisation could fail on.
        Zeroizing::new(serde_json::to_vec(&written).unwrap_or_default())
    }

    /// Reads what [`to_json`](Self::to_json) wrote.
    pub fn from_json(bytes: &[u8]) -> Result<Self, MalformedCredential> {
        let Read { access_token, refresh_token, expires_at_ms } =
            serde_json::from_slice(bytes).map_err(|_| MalformedCredential)?;
        Ok(Self {
            access_token: access_token.into(),
            refresh_token: refresh_token.map(SecretString::from),
            expires_at: Timestamp::from_millis(expires_at_ms),
        })
    }

    /// From an answer of the token endpoint to a request that was sent at `sent_at`.
    pub(super) fn from_answer(answer: &BasicTokenResponse, sent_at: Timestamp) -> Result<Self, Outage> {
        if *answer.token_type() != BasicTokenType::Bearer {
            return Err(Outage::Malformed("the token is not a bearer token"));
        }
        let access_token = answer.access_token().secret();
        if access_token.is_empty() || !access_token.bytes().all(|byte| byte.is_ascii_graphic()) {
            return Err(Outage::Malformed("the access token cannot be put into a header"));
        }
        let refresh_token = answer.refresh_token().map(|token| token.secret().as_str());
        Ok(Self {
            access_token: access_token.as_str().into(),
            refresh_token: refresh_token.filter(|token| !token.is_empty()).map(SecretString::from),
            expires_at: sent_at.plus(answer.expires_in().unwrap_or(ASSUMED_LIFE)),
        })
    }
}
