//! What clients publish and we fetch: their documents, and the key sets that these point at. Both go the same way:
//! the policy, the cache, one flight for all who ask, the guarded fetcher.

use std::sync::Arc;

use serde_json::Value;
use tokio::time::{Instant, sleep_until};
use tracing::info;

use super::{
    CimdError, ClientDocument, ClientIdUrl, Inner, InvalidDocument, Unreachable, flights::Flights,
    members::Members,
};
use crate::domain::client::ClientKeys;

/// One kind of what is published.
pub(super) trait Published: Clone + Send + Sync + 'static {
    /// Keeps kinds apart in the cache.
    const KIND: &'static str;
    /// Bytes that are read at most.
    const LARGEST: usize;
    /// What the host is asked for.
    const ACCEPT: &'static str;

    /// Reads what was found at `url`.
    fn read(url: &ClientIdUrl, body: &[u8]) -> Result<Self, InvalidDocument>;

    /// Where its flights are listed.
    fn flights(inner: &Inner) -> &Flights<Result<Self, CimdError>>;
}

impl Published for ClientDocument {
    const KIND: &'static str = "cimd";
    /// §6.6 of the draft.
    const LARGEST: usize = 5 * 1024;
    const ACCEPT: &'static str = "application/json";

    fn read(url: &ClientIdUrl, body: &[u8]) -> Result<Self, InvalidDocument> {
        Self::parse(url, body)
    }

    fn flights(inner: &Inner) -> &Flights<Result<Self, CimdError>> {
        &inner.documents
    }
}

impl Published for ClientKeys {
    const KIND: &'static str = "jwks";
    /// Eight RSA keys with their certificates fit.
    const LARGEST: usize = 16 * 1024;
    const ACCEPT: &'static str = "application/jwk-set+json, application/json";

    fn read(_: &ClientIdUrl, body: &[u8]) -> Result<Self, InvalidDocument> {
        let Members(set) =
            serde_json::from_slice(body).map_err(|error| InvalidDocument::Json(error.to_string()))?;
        Ok(Self::parse(&Value::Object(set))?)
    }

    fn flights(inner: &Inner) -> &Flights<Result<Self, CimdError>> {
        &inner.key_sets
    }
}

impl Inner {
    /// What is published at `url`, from the cache or from its host. However many ask for it at the same time, this
    /// process fetches it once, and goes on when those who asked have left.
    pub(super) async fn get<T: Published>(self: &Arc<Self>, url: &ClientIdUrl) -> Result<T, CimdError> {
        self.policy.allows(url)?;
        // Asked before joining, so that a flood of unknown ids does not keep known clients out.
        if let Some(known) = self.cache.get(url).await {
            return Ok(known);
        }
        let (inner, wanted) = (self.clone(), url.clone());
        let flight = T::flights(self).join(url.as_str(), move || async move { inner.obtain(&wanted).await });
        match flight {
            Some(landing) => landing.await.unwrap_or(Err(CimdError::Unreachable(Unreachable::Broken))),
            None => Err(CimdError::Unreachable(Unreachable::Busy)),
        }
    }

    /// What is published at `url`, from its host, whatever is known of it. Its callers see to it that this is rare.
    pub(super) async fn get_anew<T: Published>(self: &Arc<Self>, url: &ClientIdUrl) -> Result<T, CimdError> {
        self.policy.allows(url)?;
        let (inner, wanted) = (self.clone(), url.clone());
        let flight =
            T::flights(self).join(url.as_str(), move || async move { inner.fetch_now(&wanted).await });
        match flight {
            Some(landing) => landing.await.unwrap_or(Err(CimdError::Unreachable(Unreachable::Broken))),
            None => Err(CimdError::Unreachable(Unreachable::Busy)),
        }
    }

    async fn obtain<T: Published>(&self, url: &ClientIdUrl) -> Result<T, CimdError> {
        // An earlier flight may have landed since this one's caller looked.
        if let Some(known) = self.cache.get(url).await {
            return Ok(known);
        }
        let earliest_failure = Instant::now() + self.policy.failure_floor;
        match self.fetch_now(url).await {
            Ok(published) => Ok(published),
            Err(error) => {
                info!(url = url.as_str(), kind = T::KIND, %error, "what a client publishes cannot be used");
                // How fast a failure comes would tell a closed port from an open one.
                sleep_until(earliest_failure).await;
                Err(error)
            }
        }
    }

    async fn fetch_now<T: Published>(&self, url: &ClientIdUrl) -> Result<T, CimdError> {
        let fetched = self.fetcher.get::<T>(url).await?;
        let published = T::read(url, &fetched.body)?;
        self.cache.put::<T>(url, &fetched).await;
        Ok(published)
    }
}
