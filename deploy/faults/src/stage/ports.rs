//! Ports for programs that must be told theirs.

use std::{
    hash::{BuildHasher as _, RandomState},
    net::{Ipv4Addr, TcpListener},
};

use crate::Error;

/// A port that is free now, below the range from which the kernel hands out ports by itself: it has to stay free until
/// a program listens on it, and while a killed one starts again.
///
/// # Errors
///
/// If none was found.
pub(crate) fn free() -> Result<u16, Error> {
    among(12_000, is_free)
}

/// The same for a node of a Redis Cluster, which listens on the port 10,000 above it, too.
///
/// # Errors
///
/// If none was found.
pub(crate) fn free_for_a_node() -> Result<u16, Error> {
    among(2_700, |port| is_free(port) && is_free(port + 10_000))
}

fn among(most: u64, fits: impl Fn(u16) -> bool) -> Result<u16, Error> {
    let random = RandomState::new();
    let found = (0..1000_u32).map(|n| 20_000 + (random.hash_one(n) % most) as u16).find(|port| fits(*port));
    found.ok_or_else(|| "no port is free".into())
}

fn is_free(port: u16) -> bool {
    TcpListener::bind((Ipv4Addr::LOCALHOST, port)).is_ok()
}
