//! Client ID Metadata Documents (draft-ietf-oauth-client-id-metadata-document): a client whose `client_id` is the
//! URL of a document that describes it. The URL comes from a stranger and we fetch it, so this is the one place
//! where a stranger chooses whom the gateway talks to. In order:
//!
//! 1. [`ClientIdUrl`] refuses by looking at the text alone;
//! 2. [`FetchPolicy`] says which ports and, for an operator's own hosts, which addresses;
//! 3. the resolver hands out a name's addresses only if every one of them is public ([`is_public`]), and the
//!    connection goes to what it handed out;
//! 4. the fetcher follows no redirect and reads 5 KiB at most, in 5 seconds at most;
//! 5. [`ClientDocument`] must name its own URL.
//!
//! A document is kept as long as its headers allow, within bounds; a failure is never kept.

mod address;
mod cache;
mod client_id;
mod document;
mod error;
mod fetcher;
mod flights;
mod policy;
mod resolver;
mod slots;

use std::{fmt, sync::Arc};

use tokio::time::{Instant, sleep_until};
use tracing::info;

pub use self::{
    address::is_public,
    client_id::{ClientIdSyntax, ClientIdUrl},
    document::{ClientDocument, InvalidDocument},
    error::{CimdError, NotAllowed, Unreachable},
    fetcher::UnusablePolicy,
    policy::FetchPolicy,
    resolver::{Lookup, SystemLookup},
};
use self::{cache::Cache, fetcher::Fetcher, flights::Flights};
use crate::ephemeral::Ephemeral;

/// The documents of clients.
#[derive(Clone)]
pub struct ClientDocuments(Arc<Inner>);

struct Inner {
    policy: FetchPolicy,
    fetcher: Fetcher,
    cache: Cache,
    flights: Flights<Result<ClientDocument, CimdError>>,
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
            flights: Flights::default(),
        })))
    }

    /// The document of the client `id`, from the cache or from its host. However many ask for one document at the
    /// same time, this process fetches it once, and goes on when those who asked have left.
    ///
    /// # Errors
    /// See [`CimdError`]; tell outsiders only [`CimdError::public_message`].
    pub async fn fetch(&self, id: &ClientIdUrl) -> Result<ClientDocument, CimdError> {
        self.0.policy.allows(id)?;
        // Asked before joining, so that a flood of unknown ids does not keep known clients out.
        if let Some(document) = self.0.cache.get(id).await {
            return Ok(document);
        }
        let (inner, wanted) = (self.0.clone(), id.clone());
        let flight = self.0.flights.join(id.as_str(), move || async move { inner.obtain(&wanted).await });
        match flight {
            Some(landing) => landing.await.unwrap_or(Err(CimdError::Unreachable(Unreachable::Broken))),
            None => Err(CimdError::Unreachable(Unreachable::Busy)),
        }
    }
}

impl Inner {
    async fn obtain(&self, id: &ClientIdUrl) -> Result<ClientDocument, CimdError> {
        // An earlier flight may have landed since this one's caller looked.
        if let Some(document) = self.cache.get(id).await {
            return Ok(document);
        }
        let earliest_failure = Instant::now() + self.policy.failure_floor;
        match self.fetch_now(id).await {
            Ok(document) => Ok(document),
            Err(error) => {
                info!(client_id = id.as_str(), %error, "a client's metadata document cannot be used");
                // How fast a failure comes would tell a closed port from an open one.
                sleep_until(earliest_failure).await;
                Err(error)
            }
        }
    }

    async fn fetch_now(&self, id: &ClientIdUrl) -> Result<ClientDocument, CimdError> {
        let fetched = self.fetcher.get(id).await?;
        let document = ClientDocument::parse(id, &fetched.body)?;
        self.cache.put(id, &fetched).await;
        Ok(document)
    }
}
