//! The gateway's internal listener, as this service uses it: keys to verify identities with, and the exchange of
//! an identity for that person's Peaka token.

mod exchange;
mod keys;

use std::time::Duration;

use shared::http_client::{self, Deadlines};

pub(crate) use exchange::{Exchange, Fault, PeakaToken};
pub(crate) use keys::{IdentityKeys, Unverified};

/// How long a caller is asked to wait where the gateway did not say.
pub(crate) const RETRY_AFTER: Duration = Duration::from_secs(5);

/// The most bytes that an answer of the gateway may have.
const MAX_ANSWER_BYTES: usize = 256 * 1024;

/// The client for the gateway: it is near, so it answers soon or not at all.
pub(crate) fn http_client() -> Result<reqwest::Client, reqwest::Error> {
    builder().build()
}

/// The same, with a new connection for each request.
pub(crate) fn http_client_keeping_nothing() -> Result<reqwest::Client, reqwest::Error> {
    builder().pool_max_idle_per_host(0).build()
}

fn builder() -> reqwest::ClientBuilder {
    let deadlines = Deadlines { connect: Duration::from_secs(2), total: Some(Duration::from_secs(10)) };
    http_client::builder(crate::user_agent::USER_AGENT, deadlines)
}
