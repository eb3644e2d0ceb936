//! Tokens that are bound to a key of their client's (RFC 9449).

mod code;
mod holder;
mod machines;
mod nonce;
mod off;
mod refresh;
mod refused;
mod required;
mod resource;
mod time;
mod tokens;

pub(crate) use self::holder::{Holder, connect, present, redeem};
