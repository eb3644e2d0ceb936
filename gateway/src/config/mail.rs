//! How people are told of new connections of theirs, and of thefts.

use std::net::Ipv4Addr;

use lettre::{AsyncSmtpTransport, Tokio1Executor, message::Mailbox};
use secrecy::{ExposeSecret as _, SecretString};
use shared::env::Env;
use url::Url;

const URL: &str = "GATEWAY_MAIL_URL";
const FROM: &str = "GATEWAY_MAIL_FROM";
const AUTHORITIES: &str = "GATEWAY_MAIL_CA_FILE";

/// The mail server, and in whose name mail is sent.
#[derive(Clone, Debug)]
pub struct Mail {
    /// `GATEWAY_MAIL_URL` (secret): the server that takes mails to people, who are told of every new connection of theirs and
    /// of every detected theft. `smtps://user:password@host` speaks TLS from the first byte (port 465),
    /// `smtp://user:password@host` after STARTTLS and never without it, unless the host is localhost or 127.0.0.1 (port 587;
    /// 25 there), `smtp+insecure://host` without TLS and without a password (port 25); default none.
    pub url: SecretString,
    /// `GATEWAY_MAIL_FROM`: in whose name, like `Peaka <no-reply@example.com>`, required beside the address of the server;
    /// default none.
    pub from: Mailbox,
    /// `GATEWAY_MAIL_CA_FILE`: a PEM file of authorities to trust besides the system's for the server's certificate;
    /// default none.
    pub authorities: Option<Vec<u8>>,
    /// The server's name or IPv4 address.
    pub host: String,
    /// Its port.
    pub port: u16,
    /// How it is spoken to.
    pub security: Security,
}

/// How the way to the mail server is protected.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Security {
    /// TLS from the first byte (RFC 8314 §3.3).
    Tls,
    /// TLS after STARTTLS (RFC 3207); without it nothing is sent.
    StartTls,
    /// None: the server is on this machine, or its operator wants it so and there is no password.
    Plain,
}

impl Mail {
    pub(super) fn read(env: &mut Env) -> Option<Self> {
        let from = env.text(FROM).map(|text| text.parse());
        let authorities = authorities(env);
        let url = env.secret(URL)?;
        let from = from.and_then(Result::ok);
        if from.is_none() {
            env.wrong(FROM, "should be set beside GATEWAY_MAIL_URL, like Peaka <no-reply@example.com>");
        }
        let server = server(url.expose_secret());
        if server.is_none() {
            env.wrong(
                URL,
                "should be like smtps://user:password@host or smtp://user:password@host, with a name or an IPv4 address; \
                 smtp+insecure://host only without a password",
            );
        }
        let (host, port, security) = server?;
        Some(Self { url, from: from?, authorities, host, port, security })
    }
}

fn server(text: &str) -> Option<(String, u16, Security)> {
    let url = Url::parse(text).ok()?;
    let host = url.host_str().filter(|host| !host.is_empty() && !host.starts_with('['))?.to_owned();
    let bare = matches!(url.path(), "" | "/") && url.query().is_none() && url.fragment().is_none();
    // A name without a password would not be used, which nobody who writes one expects.
    let (named, proven) = (!url.username().is_empty(), url.password().is_some());
    let security = match url.scheme() {
        "smtps" => Security::Tls,
        "smtp" if is_this_machine(&host) => Security::Plain,
        "smtp" => Security::StartTls,
        "smtp+insecure" if !named && !proven => Security::Plain,
        _ => return None,
    };
    let readable = AsyncSmtpTransport::<Tokio1Executor>::from_url(&as_smtp(text)).is_ok();
    let port = url.port().unwrap_or(match security {
        Security::Tls => 465,
        Security::StartTls => 587,
        Security::Plain => 25,
    });
    (bare && named == proven && readable && port != 0).then_some((host, port, security))
}

/// The address as the library reads it: for the name and the password alone, the rest is decided here.
pub(crate) fn as_smtp(url: &str) -> String {
    url.split_once(':').map_or_else(String::new, |(_, rest)| format!("smtp:{rest}"))
}

fn is_this_machine(host: &str) -> bool {
    host == "localhost" || host.parse().is_ok_and(|ip: Ipv4Addr| ip.is_loopback())
}

fn authorities(env: &mut Env) -> Option<Vec<u8>> {
    let pem = std::fs::read(env.text(AUTHORITIES)?).ok();
    let usable = pem.filter(|pem| {
        reqwest::Certificate::from_pem_bundle(pem).is_ok_and(|certificates| !certificates.is_empty())
    });
    if usable.is_none() {
        env.wrong(AUTHORITIES, "should be the path of a readable PEM file with certificates");
    }
    usable
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn no_password_without_tls_but_to_this_machine() {
        let read = |url| server(url).map(|(_, port, security)| (port, security));
        for (url, security, port) in [
            ("smtps://u:p%40%3a@mail.example", Security::Tls, 465),
            ("smtps://localhost:2465", Security::Tls, 2465),
            ("smtp://u:p@mail.example", Security::StartTls, 587),
            ("smtp://10.0.0.7:25/", Security::StartTls, 25),
            ("smtp://u:p@localhost", Security::Plain, 25),
            ("smtp://u:p@127.0.0.9:2525", Security::Plain, 2525),
            ("smtp+insecure://mail.example", Security::Plain, 25),
            // Whatever else stands for this machine is not known to.
            ("smtp://u:p@localhost.example", Security::StartTls, 587),
            ("smtp://u:p@127.1", Security::StartTls, 587),
            ("smtp://u:p@LOCALHOST", Security::StartTls, 587),
            ("smtp://u:p@0.0.0.0", Security::StartTls, 587),
        ] {
            assert_eq!(read(url), Some((port, security)), "{url}");
        }
        for wrong in [
            "smtp+insecure://u:p@mail.example",
            "smtp+insecure://u@mail.example",
            "smtp+insecure://:p@mail.example",
            "smtp+insecure://u:p@localhost",
            "smtp://u@mail.example",
            "smtp://u:p@mail.example?tls=opportunistic",
            "smtp://u:p@mail.example/name",
            "smtp://u:p@mail.example#x",
            "smtp://[::1]",
            "smtp://u:p@",
            "smtp://u:%ff@mail.example",
            "https://mail.example",
            "mail.example:25",
            "",
        ] {
            assert_eq!(read(wrong), None, "{wrong}");
        }
    }
}
