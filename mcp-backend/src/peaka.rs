//! The Partner API: what is sent, what comes back, and how it can fail.

mod client;
mod error;
mod ids;
mod path;
mod redact;
pub(crate) mod types;

pub(crate) use client::Client;
pub(crate) use error::{Code, PeakaError};
pub(crate) use ids::{CatalogId, Name, ProjectId, UpstreamId};
pub(crate) use path::ApiPath;

/// How this service names itself to others.
pub(crate) const USER_AGENT: &str = concat!("peaka-mcp-backend/", env!("CARGO_PKG_VERSION"));
