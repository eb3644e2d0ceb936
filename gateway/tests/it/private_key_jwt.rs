//! Clients that prove themselves with a key of their own (RFC 7523 §3), as ChatGPT does.

mod flow;
mod house;
pub(crate) mod key;
mod published;
mod refused;
mod replayed;
