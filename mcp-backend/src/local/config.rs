//! What is set where there is no gateway: one field per variable.

use std::{
    collections::BTreeMap,
    net::{Ipv4Addr, SocketAddr},
    path::Path,
};

use secrecy::SecretString;
use shared::{env::Env, telemetry::Telemetry};
use url::{Host, Url};

use super::dotenv;
use crate::config::{base_url, max_body_bytes, telemetry};

const KEY: &str = "PEAKA_API_KEY";
const BASE_URL: &str = "PARTNER_API_BASE_URL";
const FILE: &str = ".env";

/// What a file may set, and nothing else.
const FROM_FILE: [&str; 6] =
    [KEY, BASE_URL, "LOCAL_LISTEN", "LOG_FILTER", "LOG_FORMAT", "BACKEND_MAX_BODY_BYTES"];

/// Peaka's own domains.
const PEAKA: [&str; 3] = ["peaka.studio", "peaka.com", "peaka.host"];

/// The configuration of a program without a gateway.
#[derive(Clone, Debug)]
pub struct LocalConfig {
    /// `PEAKA_API_KEY` (secret): a Project key or a Partner key; default none. Without one every call says that it is missing.
    pub api_key: Option<SecretString>,
    /// `PARTNER_API_BASE_URL`: Peaka's Partner API; default `https://partner.peaka.studio/api/v1`.
    pub partner_api_base_url: String,
    /// `LOCAL_LISTEN`: the loopback address of `serve-local`; default `127.0.0.1:8090`.
    pub listen: SocketAddr,
    /// `BACKEND_MAX_BODY_BYTES`: the longest request body that `serve-local` reads; default `4194304` (4 MiB).
    pub max_body_bytes: usize,
    /// `LOG_FORMAT`, `LOG_FILTER` and `OTEL_EXPORTER_OTLP_ENDPOINT`.
    pub telemetry: Telemetry,
}

impl LocalConfig {
    /// The environment, and below it the file `.env` in `directory`, if there is one.
    pub fn environment(process: Env, directory: &Path) -> Env {
        let file = dotenv::read(&directory.join(FILE));
        let (file, unreadable) = match file {
            Ok(file) => (file, None),
            Err(error) => (BTreeMap::new(), Some(error)),
        };
        let mut env = merged(process, &file);
        if let Some(error) = unreadable {
            env.wrong(FILE, format!("cannot be read ({error}); remove it, or let it be read"));
        }
        env
    }

    /// Reads every section; what is wrong is noted in `env`, which reports it all at once.
    pub fn read(env: &mut Env) -> Self {
        Self {
            api_key: key(env),
            partner_api_base_url: base_url(env, BASE_URL, "https://partner.peaka.studio/api/v1"),
            listen: listen(env),
            max_body_bytes: max_body_bytes(env),
            telemetry: telemetry(env),
        }
    }
}

/// The environment wins. A key from the environment does not go where a file says, unless that is Peaka or this
/// machine: clients start this program in folders that somebody else may have filled.
fn merged(process: Env, file: &BTreeMap<String, String>) -> Env {
    let from_file = |name: &str| file.get(name).filter(|value| !value.trim().is_empty()).cloned();
    let both = FROM_FILE
        .into_iter()
        .filter_map(|name| Some((name, process.text(name).or_else(|| from_file(name))?)));
    let otlp = "OTEL_EXPORTER_OTLP_ENDPOINT";
    let mut env = Env::of(both.chain(process.text(otlp).map(|endpoint| (otlp, endpoint))));
    let astray = process.text(KEY).is_some() && process.text(BASE_URL).is_none();
    if astray && from_file(BASE_URL).is_some_and(|url| !is_trusted(&url)) {
        env.wrong(
            BASE_URL,
            "comes from the file .env, but PEAKA_API_KEY from the environment; set both in one place, so that no \
             file can send your key elsewhere",
        );
    }
    env
}

fn is_trusted(url: &str) -> bool {
    let Ok(url) = Url::parse(url) else { return false };
    match url.host() {
        Some(Host::Domain(domain)) => {
            let of_peaka = PEAKA.into_iter().any(|peaka| {
                domain.strip_suffix(peaka).is_some_and(|rest| rest.is_empty() || rest.ends_with('.'))
            });
            domain == "localhost" || (of_peaka && url.scheme() == "https")
        }
        Some(Host::Ipv4(address)) => address.is_loopback(),
        Some(Host::Ipv6(address)) => address.is_loopback(),
        None => false,
    }
}

/// A key stands in a header; what cannot is no key.
fn key(env: &mut Env) -> Option<SecretString> {
    let text = env.text(KEY)?;
    if text.bytes().all(|byte| byte.is_ascii_graphic()) {
        return env.secret(KEY);
    }
    env.wrong(KEY, "should be an API key as Peaka shows it: no spaces, no line breaks");
    None
}

fn listen(env: &mut Env) -> SocketAddr {
    const NAME: &str = "LOCAL_LISTEN";
    let default = SocketAddr::from((Ipv4Addr::LOCALHOST, 8090));
    let listen: SocketAddr = env.parsed(NAME, "a loopback address and port such as 127.0.0.1:8090", default);
    if !listen.ip().is_loopback() {
        env.wrong(
            NAME,
            "should be a loopback address such as 127.0.0.1:8090: whoever reaches it acts with your API key",
        );
    }
    listen
}

#[cfg(test)]
mod tests {
    use secrecy::ExposeSecret as _;

    use super::*;

    fn read(process: &[(&str, &str)], file: &[(&str, &str)]) -> Result<LocalConfig, String> {
        let file = file.iter().map(|(name, value)| ((*name).to_owned(), (*value).to_owned())).collect();
        let mut env = merged(Env::of(process.iter().copied()), &file);
        let config = LocalConfig::read(&mut env);
        env.finish(config).map_err(|mistakes| mistakes.to_string())
    }

    #[test]
    fn nothing_need_be_set_and_the_environment_wins() {
        let config = read(&[], &[]).unwrap();
        assert!(config.api_key.is_none());
        assert_eq!(config.partner_api_base_url, "https://partner.peaka.studio/api/v1");
        let config = read(&[(KEY, "a")], &[(KEY, "b"), (BASE_URL, "http://localhost:8070/api/v1/")]).unwrap();
        assert_eq!(config.api_key.unwrap().expose_secret(), "a");
        assert_eq!(config.partner_api_base_url, "http://localhost:8070/api/v1");
    }

    #[test]
    fn a_file_does_not_send_the_environments_key_elsewhere() {
        for (url, taken) in [
            ("https://partner.eu.peaka.studio/api/v1", true),
            ("http://127.0.0.1:8000/partner/api/v1", true),
            ("http://[::1]:8000/api/v1", true),
            ("https://evil.example/api/v1", false),
            ("https://evilpeaka.studio/api/v1", false),
            ("http://partner.peaka.studio/api/v1", false),
            ("https://peaka.studio.evil.example/api/v1", false),
        ] {
            assert_eq!(read(&[(KEY, "a")], &[(BASE_URL, url)]).is_ok(), taken, "{url}");
            assert!(read(&[], &[(KEY, "b"), (BASE_URL, url)]).is_ok(), "both from the file: {url}");
            assert!(read(&[(KEY, "a"), (BASE_URL, url)], &[]).is_ok(), "both from the environment: {url}");
        }
    }

    #[test]
    fn only_loopback_and_only_whole_keys() {
        let mistakes = read(&[("LOCAL_LISTEN", "0.0.0.0:8090"), (KEY, "a b")], &[]).unwrap_err();
        assert!(mistakes.contains("2 mistake(s)"), "{mistakes}");
        assert!(!mistakes.contains("a b"));
        assert!(read(&[("LOCAL_LISTEN", "[::1]:0")], &[]).is_ok());
    }
}
