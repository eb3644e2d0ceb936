//! The authorization server's endpoints, one per file.

pub(crate) mod authorize;
pub(crate) mod client_auth;
pub(crate) mod device;
mod dpop;
pub(crate) mod error;
pub(crate) mod introspect;
pub(crate) mod metadata;
pub(crate) mod par;
pub(crate) mod params;
pub(crate) mod register;
pub(crate) mod request;
pub(crate) mod revoke;
mod scopes;
pub(crate) mod token;
