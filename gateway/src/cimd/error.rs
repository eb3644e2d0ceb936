//! How a document can be unusable, and what of that may be told.

use std::net::IpAddr;

use super::{ClientIdSyntax, InvalidDocument};

const PUBLIC: &str =
    "the client's metadata document could not be fetched from its client_id, or is not valid";
const PUBLIC_KEY_SET: &str =
    "the client's keys could not be fetched from the jwks_uri in its metadata document, or are not valid";

/// Why there is no document for a client id.
#[derive(Clone, Debug, thiserror::Error)]
pub enum CimdError {
    /// The text is no client id of this kind: `invalid_client`.
    #[error("the client_id is not acceptable: {0}")]
    Syntax(#[from] ClientIdSyntax),
    /// The client id points where it may not: `invalid_client`.
    #[error(transparent)]
    NotAllowed(#[from] NotAllowed),
    /// The document cannot be had at present; nothing is known against it. A copy that was stored earlier may be
    /// used.
    #[error(transparent)]
    Unreachable(#[from] Unreachable),
    /// The host answered, and what it says is not a usable document. A stored copy is no longer good.
    #[error(transparent)]
    Invalid(#[from] InvalidDocument),
    /// The document is good, and one of the above holds for the key set at its `jwks_uri`.
    #[error("the jwks_uri: {0}")]
    KeySet(Box<CimdError>),
}

/// What the policy refuses.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum NotAllowed {
    /// The operator lets no client with a document in.
    #[error("clients with a metadata document are not let in")]
    Documents,
    /// The operator's list does not name it.
    #[error("{host} is not on this server's list of clients that are let in")]
    Unlisted {
        /// The host of the client id.
        host: String,
    },
    /// A port that documents are not fetched from.
    #[error("documents are not fetched from port {0}")]
    Port(u16),
    /// The host's name leads to an address that is not public.
    #[error("the host {host} leads to {address}, which is not a public address")]
    Address {
        /// The name.
        host: String,
        /// The first such address.
        address: IpAddr,
    },
}

/// Why a document cannot be had at present.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum Unreachable {
    /// Not there within the deadline.
    #[error("the document did not arrive in time")]
    Timeout,
    /// An answer other than 200, redirects among them; 404 and 410 are [`InvalidDocument::Gone`].
    #[error("the host answered with status {0}")]
    Status(u16),
    /// The name was not found, or connecting, TLS or HTTP failed.
    #[error("fetching failed: {0}")]
    Failed(String),
    /// Too many documents are being fetched.
    #[error("too many documents are being fetched")]
    Busy,
    /// The fetch ended without a result; only a defect or shutdown does that.
    #[error("the fetch was broken off")]
    Broken,
}

impl CimdError {
    /// Whether nothing is known against the client, so that a copy that was stored earlier may be used.
    pub fn is_outage(&self) -> bool {
        match self {
            Self::Unreachable(_) => true,
            Self::KeySet(error) => error.is_outage(),
            Self::Syntax(_) | Self::NotAllowed(_) | Self::Invalid(_) => false,
        }
    }

    /// What may be told to whoever sent the client id. Everything that depends on what was found where the URL
    /// leads has one wording, or the gateway could be used to look around in networks that only it can reach. What
    /// a document says that names its own URL may be answered in detail: its author wrote it for us.
    pub fn public_message(&self) -> String {
        match self {
            Self::Syntax(_)
            | Self::NotAllowed(NotAllowed::Port(_) | NotAllowed::Documents | NotAllowed::Unlisted { .. }) => {
                self.to_string()
            }
            Self::Invalid(invalid) if invalid.is_between_us() => self.to_string(),
            Self::NotAllowed(NotAllowed::Address { .. }) | Self::Unreachable(_) | Self::Invalid(_) => {
                PUBLIC.to_owned()
            }
            // A key set does not say whose it is, so it may be anything that answers: no detail of it is told.
            Self::KeySet(error) => match **error {
                Self::NotAllowed(NotAllowed::Port(_)) => self.to_string(),
                _ => PUBLIC_KEY_SET.to_owned(),
            },
        }
    }
}
