//! The one way to make an outgoing HTTP client. Redirects are not followed and the proxy variables of the
//! environment are not honoured: both would send a credential where the configuration did not.

use std::time::Duration;

/// How long an outgoing client may take.
#[derive(Clone, Copy, Debug)]
pub struct Deadlines {
    /// To connect, TLS included.
    pub connect: Duration,
    /// From the first byte sent to the last byte received. `None` for streams.
    pub total: Option<Duration>,
}

/// A client builder with the house's rules; a caller may add to them, not take away.
pub fn builder(user_agent: &str, deadlines: Deadlines) -> reqwest::ClientBuilder {
    #[expect(clippy::disallowed_methods, reason = "this is the one place where clients are made")]
    let builder = reqwest::Client::builder()
        .user_agent(user_agent)
        .no_proxy()
        .redirect(reqwest::redirect::Policy::none())
        .referer(false)
        .tcp_nodelay(true)
        .connect_timeout(deadlines.connect)
        .pool_idle_timeout(Duration::from_secs(60));
    match deadlines.total {
        Some(total) => builder.timeout(total),
        None => builder,
    }
}
