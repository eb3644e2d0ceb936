//! Who is told of new connections and of thefts.

use secrecy::SecretString;
use shared::env::Env;
use url::{Host, Url};

/// Where to, and the secret that the messages are signed with.
#[derive(Clone, Debug)]
pub struct Webhook {
    /// `GATEWAY_WEBHOOK_URL` (secret): an https address that is told of every new connection and every detected theft, plain
    /// http only for localhost; default none.
    pub url: Url,
    /// `GATEWAY_WEBHOOK_SECRET` (secret): at least 32 characters that the messages are signed with, required beside the address;
    /// default none.
    pub secret: SecretString,
}

impl Webhook {
    pub(super) fn read(env: &mut Env) -> Option<Self> {
        const URL: &str = "GATEWAY_WEBHOOK_URL";
        const SECRET: &str = "GATEWAY_WEBHOOK_SECRET";
        let text = env.text(URL);
        let secret = env.secret(SECRET);
        let url = Url::parse(text.as_deref()?).ok().filter(|url| match url.scheme() {
            "https" => true,
            "http" => match url.host() {
                Some(Host::Domain(name)) => name == "localhost",
                Some(Host::Ipv4(ip)) => ip.is_loopback(),
                Some(Host::Ipv6(ip)) => ip.is_loopback(),
                None => false,
            },
            _ => false,
        });
        if url.is_none() {
            env.wrong(URL, "should be an https address (plain http only for localhost)");
        }
        let long_enough = |secret: &SecretString| secrecy::ExposeSecret::expose_secret(secret).len() >= 32;
        let secret = secret.filter(long_enough);
        if secret.is_none() {
            env.wrong(SECRET, "should be set beside GATEWAY_WEBHOOK_URL, to at least 32 characters");
        }
        Some(Self { url: url?, secret: secret? })
    }
}
