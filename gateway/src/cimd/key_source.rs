//! Where a document has its client's keys.

use serde_json::{Map, Value};

use super::{ClientIdUrl, invalid::InvalidDocument, members::text};
use crate::domain::client::{ClientKeys, SigningAlgorithm};

/// Where a client has its public keys (RFC 7591 §2: `jwks` or `jwks_uri`).
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum KeySource {
    /// In the document.
    Inline(ClientKeys),
    /// At an address of its own, which is as strange as the document's.
    At {
        /// The address.
        url: ClientIdUrl,
        /// `token_endpoint_auth_signing_alg`: the only algorithm the client will use.
        algorithm: Option<SigningAlgorithm>,
    },
}

impl KeySource {
    /// Of a document that names `private_key_jwt`.
    pub(super) fn read(members: &Map<String, Value>) -> Result<Self, InvalidDocument> {
        let algorithm = match text(members, "token_endpoint_auth_signing_alg")? {
            None => None,
            Some(name) => Some(SigningAlgorithm::parse(name).ok_or(InvalidDocument::SigningAlgorithm)?),
        };
        match (members.get("jwks"), text(members, "jwks_uri")?) {
            (Some(set), None) => {
                let keys = ClientKeys::parse(set)?;
                Ok(Self::Inline(match algorithm {
                    Some(algorithm) => keys.pinned_to(algorithm)?,
                    None => keys,
                }))
            }
            (None, Some(url)) => {
                let url = ClientIdUrl::parse(url).map_err(InvalidDocument::KeySetUrl)?;
                Ok(Self::At { url, algorithm })
            }
            _ => Err(InvalidDocument::KeySource),
        }
    }
}
