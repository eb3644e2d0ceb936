//! What was fetched already, shared by the replicas.

use std::sync::Arc;

use aws_lc_rs::digest;
use base64::{Engine, engine::general_purpose::URL_SAFE_NO_PAD};
use tracing::debug;

use super::{ClientIdUrl, fetcher::Fetched, published::Published};
use crate::ephemeral::Ephemeral;

/// Keeps what was fetched, not what was made of it: what comes back is read as critically as the first time.
pub(super) struct Cache(Arc<dyn Ephemeral>);

impl Cache {
    pub(super) fn new(ephemeral: Arc<dyn Ephemeral>) -> Self {
        Self(ephemeral)
    }

    pub(super) async fn get<T: Published>(&self, url: &ClientIdUrl) -> Option<T> {
        match self.0.get(&key::<T>(url)).await {
            Ok(body) => T::read(url, &body?).ok(),
            Err(error) => {
                debug!(%error, kind = T::KIND, "fetching without looking into the cache");
                None
            }
        }
    }

    pub(super) async fn put<T: Published>(&self, url: &ClientIdUrl, fetched: &Fetched) {
        let Some(ttl) = fetched.keep_for else { return };
        if let Err(error) = self.0.put(&key::<T>(url), &fetched.body, ttl).await {
            debug!(%error, kind = T::KIND, "what was fetched was not cached");
        }
    }
}

fn key<T: Published>(url: &ClientIdUrl) -> String {
    let hash = digest::digest(&digest::SHA256, url.as_str().as_bytes());
    format!("{}:{}", T::KIND, URL_SAFE_NO_PAD.encode(hash))
}

#[cfg(test)]
mod tests {
    use std::time::Duration;

    use shared::clock::SystemClock;

    use super::*;
    use crate::{cimd::ClientDocument, ephemeral::Memory};

    #[tokio::test]
    async fn what_the_store_holds_is_read_as_critically_as_what_a_host_sends() {
        let store = Arc::new(Memory::new(Arc::new(SystemClock)));
        let (cache, id) =
            (Cache::new(store.clone()), ClientIdUrl::parse("https://client.example/x").unwrap());
        let good =
            r#"{"client_id":"https://client.example/x","redirect_uris":["https://client.example/cb"]}"#;
        for (planted, usable) in [(good, true), (&good.replace("/x", "/y"), false), ("{", false)] {
            store
                .put(&key::<ClientDocument>(&id), planted.as_bytes(), Duration::from_secs(60))
                .await
                .unwrap();
            assert_eq!(cache.get::<ClientDocument>(&id).await.is_some(), usable, "{planted}");
        }
    }
}
