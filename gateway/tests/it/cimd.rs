//! Client ID Metadata Documents, fetched over TLS from hosts that behave and hosts that do not.

mod addresses;
mod answers;
pub(crate) mod host;
mod policy;
mod sharing;
pub(crate) mod site;
mod syntax;
