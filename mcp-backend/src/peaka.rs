//! The Partner API: what is sent, what comes back, and how it can fail.

mod call;
mod client;
mod error;
mod ids;
pub(crate) mod json;
mod path;
mod redact;
mod retry;
pub(crate) mod types;

pub(crate) use client::Client;
pub(crate) use error::{Code, PeakaError};
pub(crate) use ids::{CacheId, CatalogId, ConnectionId, Name, ProjectId, QueryId, TableId, UpstreamId};
pub(crate) use path::ApiPath;
pub(crate) use redact::{message as redacted, value as redacted_value};
