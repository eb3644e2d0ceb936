//! What the store makes of a primary and its standby, of a server that takes no writes, and of certificates; on servers
//! of its own, which a test may kill.

mod crowd;
mod failover;
mod server;
mod tls;
