//! Peaka's authorization server: metadata, sign-in page, consent page, token endpoint.

pub(crate) mod access_token;
pub(crate) mod authorize;
pub(crate) mod consent;
pub(crate) mod discovery;
pub(crate) mod grants;
pub(crate) mod login;
pub(crate) mod pages;
pub(crate) mod pending;
pub(crate) mod token;
