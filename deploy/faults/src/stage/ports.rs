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
    let random = RandomState::new();
    let free = (0..1000_u32)
        .map(|n| 20_000 + (random.hash_one(n) % 12_000) as u16)
        .find(|port| TcpListener::bind((Ipv4Addr::LOCALHOST, *port)).is_ok());
    free.ok_or_else(|| "no port is free".into())
}
