//! The stand-in from outside, over real sockets.

#![expect(
    clippy::unwrap_used,
    clippy::expect_used,
    reason = "a test ends where it fails; clippy knows tests, not their helpers"
)]

mod caches;
mod catalogs;
mod control;
mod faults;
mod keys;
mod metadata;
mod queries;
mod rights;
mod sign_in;
mod sql;
mod support;
mod tokens;
