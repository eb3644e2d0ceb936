//! Client ID Metadata Documents (draft-ietf-oauth-client-id-metadata-document): a client whose `client_id` is the
//! URL of a document that describes it. The URL comes from a stranger and we fetch it, so this is the one place
//! where a stranger chooses whom the gateway talks to. In order:
//!
//! 1. [`ClientIdUrl`] refuses by looking at the text alone, and [`Admission`] whom the operator does not let in;
//! 2. [`FetchPolicy`] says which ports and, for an operator's own hosts, which addresses;
//! 3. the resolver hands out a name's addresses only if every one of them is public ([`is_public`]), and the
//!    connection goes to what it handed out;
//! 4. the fetcher follows no redirect and reads 5 KiB at most, in 5 seconds at most;
//! 5. [`ClientDocument`] must name its own URL.
//!
//! A client that proves itself with a key (`private_key_jwt`) has its public keys in the document, or at a `jwks_uri`
//! that the document names: a second address of a stranger's choice, so it goes through all of this again.
//!
//! What was fetched is kept as long as its headers allow, within bounds; a failure is never kept.

mod address;
mod admission;
mod cache;
mod client_id;
mod document;
mod error;
mod fetcher;
mod flights;
mod freshness;
mod invalid;
mod key_source;
mod members;
mod policy;
mod published;
mod resolver;
mod slots;

use std::{fmt, sync::Arc};

pub use self::{
    address::is_public,
    admission::Admission,
    client_id::{ClientIdSyntax, ClientIdUrl},
    document::ClientDocument,
    error::{CimdError, NotAllowed, Unreachable},
    fetcher::UnusablePolicy,
    invalid::InvalidDocument,
    key_source::KeySource,
    policy::FetchPolicy,
    resolver::{Lookup, SystemLookup},
};
use self::{cache::Cache, fetcher::Fetcher, flights::Flights};
use crate::{domain::client::ClientKeys, ephemeral::Ephemeral};

/// The documents of clients, and the key sets that these point at.
#[derive(Clone)]
pub struct ClientDocuments(Arc<Inner>);

struct Inner {
    policy: FetchPolicy,
    fetcher: Fetcher,
    cache: Cache,
    documents: Flights<Result<ClientDocument, CimdError>>,
    key_sets: Flights<Result<ClientKeys, CimdError>>,
}

impl fmt::Debug for ClientDocuments {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("ClientDocuments").field("policy", &self.0.policy).finish_non_exhaustive()
    }
}

impl ClientDocuments {
    /// Documents fetched as `policy` allows and remembered in `ephemeral`.
    ///
    /// # Errors
    /// [`UnusablePolicy`] if no client can be made of the policy, which its certificates can cause.
    pub fn new(policy: FetchPolicy, ephemeral: Arc<dyn Ephemeral>) -> Result<Self, UnusablePolicy> {
        let fetcher = Fetcher::new(&policy)?;
        Ok(Self(Arc::new(Inner {
            policy,
            fetcher,
            cache: Cache::new(ephemeral),
            documents: Flights::default(),
            key_sets: Flights::default(),
        })))
    }

    /// The document of the client `id`, from the cache or from its host.
    ///
    /// # Errors
    /// See [`CimdError`]; tell outsiders only [`CimdError::public_message`].
    pub async fn fetch(&self, id: &ClientIdUrl) -> Result<ClientDocument, CimdError> {
        self.0.policy.admission.admits(id)?;
        self.0.get(id).await
    }

    /// Whether documents are understood at all.
    pub(crate) fn are_understood(&self) -> bool {
        self.0.policy.admission.understands_documents()
    }

    /// The key set at an address that the operator wrote down, asked for anew.
    ///
    /// # Errors
    /// See [`CimdError`].
    pub async fn fetch_keys(&self, url: &ClientIdUrl) -> Result<ClientKeys, CimdError> {
        self.0.get_anew(url).await
    }

    /// The keys of a client whose document names `private_key_jwt`; `None` for a public client. The same rules hold
    /// for fetching a key set as for a document, but for its size: 16 KiB.
    ///
    /// # Errors
    /// See [`CimdError`]; tell outsiders only [`CimdError::public_message`].
    pub async fn keys(&self, document: &ClientDocument) -> Result<Option<ClientKeys>, CimdError> {
        let Some(source) = &document.keys else { return Ok(None) };
        match source {
            KeySource::Inline(keys) => Ok(Some(keys.clone())),
            KeySource::At { url, algorithm } => {
                let fetched = self.0.get::<ClientKeys>(url).await;
                let pinned = fetched.and_then(|keys| match algorithm {
                    Some(algorithm) => Ok(keys.pinned_to(*algorithm).map_err(InvalidDocument::from)?),
                    None => Ok(keys),
                });
                pinned.map(Some).map_err(|error| CimdError::KeySet(Box::new(error)))
            }
        }
    }
}
