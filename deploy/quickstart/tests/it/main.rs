//! The whole of it, from outside.

#![allow(clippy::unwrap_used, clippy::expect_used, reason = "a failing step of a test should end it there")]

mod identity;
mod images;
mod machine;
mod observability;
mod restart;
mod tour;
mod traces;
