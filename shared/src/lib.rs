#![doc = include_str!("../README.md")]

pub mod assertion;
pub mod chain;
pub mod clock;
pub mod env;
pub mod http_client;
pub mod jws;
pub mod scope;
pub mod serve;
pub mod telemetry;
