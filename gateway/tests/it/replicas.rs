//! Two processes of the gateway on one database: what one of them did, the other knows.

pub(crate) mod browser;
pub(crate) mod client;
pub(crate) mod cluster;
pub(crate) mod process;

mod codes;
mod crash;
mod hops;
mod limits;
mod refreshes;
mod revocation;
mod start;
