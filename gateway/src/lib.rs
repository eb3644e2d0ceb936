#![doc = include_str!("../README.md")]

pub mod cimd;
pub mod ephemeral;
pub mod peaka;
pub mod rate_limit;
