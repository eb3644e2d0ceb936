//! The token endpoint (RFC 6749 §4.1.3 and §6, RFC 7636, RFC 8707).

mod ceiling;
mod client_auth;
mod code;
mod forms;
mod outage;
mod refresh;
mod resource;
