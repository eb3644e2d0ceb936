//! The rules of the authorization server: no HTTP, no SQL, no time of its own.

pub mod audit;
pub mod authorization;
pub mod client;
pub mod device;
pub mod dpop;
pub mod grant;
pub mod interaction;
pub mod issuer;
pub mod pkce;
pub(crate) mod public_key;
pub mod redirect;
pub mod remembered;
pub mod secret;
pub mod session;
pub mod token;
