//! What is wrong with a document.

use super::ClientIdSyntax;
use crate::domain::client::UnusableKeys;

/// Why a document is not usable.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum InvalidDocument {
    /// Status 404 or 410.
    #[error("there is no document at the client_id (status {0})")]
    Gone(u16),
    /// Not `application/json` or `application/…+json`.
    #[error("the document is not declared as JSON")]
    ContentType,
    /// More than 5 KiB (§6.6 of the draft), a key set more than 16.
    #[error("the document is larger than 5 KiB, or the key set than 16")]
    TooLarge,
    /// Not a JSON object, or one with a member twice.
    #[error("the document is not a JSON object: {0}")]
    Json(String),
    /// The document is about another client (§4.1 of the draft).
    #[error("the client_id in the document is not the URL it was fetched from")]
    OtherClient,
    /// Anyone can read the document, so a secret in it is none.
    #[error("the document contains {0}; a public document cannot hold a secret")]
    Secret(String),
    /// Clients are public or prove themselves with a key.
    #[error(
        "token_endpoint_auth_method {0:?} is not supported for clients with a metadata document; use \"none\" or \
         \"private_key_jwt\""
    )]
    Authentication(String),
    /// An algorithm that is not accepted.
    #[error("token_endpoint_auth_signing_alg should be ES256, RS256 or PS256")]
    SigningAlgorithm,
    /// No keys, or two places for them.
    #[error("private_key_jwt needs the client's public keys, in exactly one of jwks and jwks_uri")]
    KeySource,
    /// The address of the key set.
    #[error("the jwks_uri is not acceptable: {0}")]
    KeySetUrl(ClientIdSyntax),
    /// The keys.
    #[error("the client's keys are not usable: {0}")]
    Keys(#[from] UnusableKeys),
    /// A member is missing or has the wrong type.
    #[error("the document is incomplete or has a member of the wrong type: {0}")]
    Members(String),
}

impl InvalidDocument {
    /// Whether the document is one about the client id it was found at, so that nobody else's is given away.
    pub(super) fn is_between_us(&self) -> bool {
        match self {
            Self::Gone(_) | Self::ContentType | Self::TooLarge | Self::Json(_) | Self::OtherClient => false,
            Self::Secret(_)
            | Self::Authentication(_)
            | Self::SigningAlgorithm
            | Self::KeySource
            | Self::KeySetUrl(_)
            | Self::Keys(_)
            | Self::Members(_) => true,
        }
    }
}
