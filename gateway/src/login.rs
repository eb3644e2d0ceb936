//! From the button of our page over Peaka's sign-in and back to the consent and the code.

pub(crate) mod begin;
pub(crate) mod callback;
mod code;
pub(crate) mod consent;
pub(crate) mod device;
