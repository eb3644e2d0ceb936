//! Two processes of the gateway on one database: what one of them did, the other knows.

mod browser;
mod client;
mod cluster;
pub(crate) mod process;

mod codes;
mod crash;
mod hops;
mod limits;
mod refreshes;
mod revocation;
mod start;
