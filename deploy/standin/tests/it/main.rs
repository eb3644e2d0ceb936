//! The stand-in from outside, over real sockets.

mod catalogs;
mod control;
mod faults;
mod keys;
mod rights;
mod sign_in;
mod sql;
mod support;
mod tokens;
