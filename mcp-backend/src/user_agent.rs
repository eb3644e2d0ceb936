//! How this program names itself to those it calls.

/// The value of `User-Agent`.
pub(crate) const USER_AGENT: &str = concat!("peaka-mcp-backend/", env!("CARGO_PKG_VERSION"));
