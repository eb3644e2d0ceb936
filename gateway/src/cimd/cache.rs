//! What was fetched already, shared by the replicas.

use std::{sync::Arc, time::Duration};

use aws_lc_rs::digest;
use base64::{Engine, engine::general_purpose::URL_SAFE_NO_PAD};
use http::{
    HeaderMap,
    header::{AGE, CACHE_CONTROL},
};
use tracing::debug;

use super::{ClientIdUrl, fetcher::Fetched, published::Published};
use crate::ephemeral::Ephemeral;

/// It is kept at least this long, or a client could have us fetch for each of its requests.
const FLOOR: Duration = Duration::from_secs(60);
/// And at most this long, so that a change gets through.
const CEILING: Duration = Duration::from_secs(24 * 3600);

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

/// How long an answer may be kept by a shared cache (RFC 9111 §4.2.1): `s-maxage` before `max-age`, less the age it
/// arrived with, within our bounds. `None` for `no-store` and `private`.
pub(super) fn keep_for(headers: &HeaderMap) -> Option<Duration> {
    let lines = headers.get_all(CACHE_CONTROL).into_iter().filter_map(|line| line.to_str().ok());
    let (mut shared, mut any, mut stale) = (None, None, false);
    for directive in lines.flat_map(|line| line.split(',')) {
        let (name, value) = directive.split_once('=').unwrap_or((directive, ""));
        let seconds = || value.trim().trim_matches('"').parse::<u64>().ok();
        match name.trim().to_ascii_lowercase().as_str() {
            "no-store" | "private" => return None,
            "no-cache" => stale = true,
            "s-maxage" => shared = shared.or_else(seconds),
            "max-age" => any = any.or_else(seconds),
            _ => {}
        }
    }
    let age = headers.get(AGE).and_then(|age| age.to_str().ok()?.trim().parse::<u64>().ok()).unwrap_or(0);
    let seconds = if stale { 0 } else { shared.or(any).unwrap_or(0).saturating_sub(age) };
    Some(Duration::from_secs(seconds).clamp(FLOOR, CEILING))
}

#[cfg(test)]
mod tests {
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
            store.put(&key::<ClientDocument>(&id), planted.as_bytes(), FLOOR).await.unwrap();
            assert_eq!(cache.get::<ClientDocument>(&id).await.is_some(), usable, "{planted}");
        }
    }

    fn seconds(headers: &[(&'static str, &'static str)]) -> Option<u64> {
        let headers =
            headers.iter().map(|(name, value)| (name.parse().unwrap(), value.parse().unwrap())).collect();
        keep_for(&headers).map(|duration| duration.as_secs())
    }

    #[test]
    fn freshness_follows_the_headers_within_a_minute_and_a_day() {
        assert_eq!(seconds(&[]), Some(60));
        assert_eq!(seconds(&[("cache-control", "public, Max-Age=600")]), Some(600));
        assert_eq!(seconds(&[("cache-control", "max-age=600, s-maxage=\"900\"")]), Some(900));
        assert_eq!(seconds(&[("cache-control", "public"), ("cache-control", "max-age=600")]), Some(600));
        assert_eq!(seconds(&[("cache-control", "max-age=600"), ("age", "500")]), Some(100));
        assert_eq!(seconds(&[("cache-control", "max-age=600"), ("age", "5000")]), Some(60));
        assert_eq!(seconds(&[("cache-control", "max-age=0")]), Some(60));
        assert_eq!(seconds(&[("cache-control", "no-cache, max-age=600")]), Some(60));
        assert_eq!(seconds(&[("cache-control", "max-age=31536000, immutable")]), Some(86400));
        assert_eq!(seconds(&[("cache-control", "max-age=99999999999999999999")]), Some(60));
        assert_eq!(seconds(&[("cache-control", "max-age=600, no-store")]), None);
        assert_eq!(seconds(&[("cache-control", "private, max-age=600")]), None);
    }
}
