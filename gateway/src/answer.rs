//! What many answers have in common.

use http::{HeaderMap, HeaderValue, header};

/// Seconds after which a caller may try again when something is away.
pub(crate) const RETRY_AFTER_OUTAGE: u64 = 2;

/// Answers that hold tokens, or say anything of them, are never stored on the way (RFC 6749 §5.1).
pub(crate) fn no_store(headers: &mut HeaderMap) {
    headers.insert(header::CACHE_CONTROL, HeaderValue::from_static("no-store"));
    headers.insert(header::PRAGMA, HeaderValue::from_static("no-cache"));
}
