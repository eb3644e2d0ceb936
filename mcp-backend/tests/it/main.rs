//! The service from outside: real sockets, a double of the gateway's internal listener and one of the Partner API.
#![expect(clippy::unwrap_used, reason = "a test that cannot go on should stop where it is")]

mod bodies;
mod cases;
mod catalogue;
mod conforms;
mod errors;
mod exchange;
mod harness;
mod identity;
mod journey;
mod lifecycle;
mod local_http;
mod logs;
mod metrics;
mod paths;
mod projects;
mod protocol;
mod retries;
mod scopes;
mod sql;
mod stdio;
mod texts;
mod tools;
mod versions;
