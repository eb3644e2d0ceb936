//! How long what was fetched may be used again.

use std::time::Duration;

use http::{
    HeaderMap,
    header::{AGE, CACHE_CONTROL},
};

/// It is kept at least this long, or a client could have us fetch for each of its requests.
const FLOOR: Duration = Duration::from_secs(60);
/// And at most this long, so that a change gets through.
const CEILING: Duration = Duration::from_secs(24 * 3600);

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
    use super::*;

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
