//! What the operator sets: one field per variable.

use std::net::{Ipv4Addr, SocketAddr};

use shared::{env::Env, serve::Leaving, telemetry::Telemetry};
use url::Url;

/// The service's configuration.
#[derive(Clone, Debug)]
pub struct Config {
    /// `BACKEND_LISTEN`: the address to listen on; default `127.0.0.1:8090`. Only the gateway should reach it.
    pub listen: SocketAddr,
    /// `GATEWAY_INTERNAL_URL`: the gateway's internal listener, which publishes the identity keys and exchanges
    /// identities for credentials; default `http://localhost:8081`. Without trailing slash.
    pub gateway_internal_url: String,
    /// `GATEWAY_ISSUER`: the gateway's public issuer, byte for byte as the gateway signs it; default
    /// `http://localhost:8080`. Without trailing slash.
    pub gateway_issuer: String,
    /// `PARTNER_API_BASE_URL`: Peaka's Partner API; default `https://partner.peaka.studio/api/v1`.
    pub partner_api_base_url: String,
    /// `BACKEND_MAX_BODY_BYTES`: the longest request body that is read; default `4194304` (4 MiB).
    pub max_body_bytes: usize,
    /// `BACKEND_SHUTDOWN_DELAY_SECONDS`: for so long after the signal to end it still takes connections, while its readiness
    /// says that it goes, at most 300; default `0`.
    /// `BACKEND_DRAIN_SECONDS`: what requests under way then have to finish, at most 3600; default `25`.
    pub leaving: Leaving,
    /// `LOG_FORMAT`, `LOG_FILTER` and `OTEL_EXPORTER_OTLP_ENDPOINT`, as the gateway reads them.
    pub telemetry: Telemetry,
}

impl Config {
    /// Reads every section; what is wrong is noted in `env`, which reports it all at once.
    pub fn read(env: &mut Env) -> Self {
        let listen = SocketAddr::from((Ipv4Addr::LOCALHOST, 8090));
        Self {
            listen: env.parsed("BACKEND_LISTEN", "an address and port such as 0.0.0.0:8090", listen),
            gateway_internal_url: base_url(env, "GATEWAY_INTERNAL_URL", "http://localhost:8081"),
            gateway_issuer: issuer(env),
            partner_api_base_url: base_url(
                env,
                "PARTNER_API_BASE_URL",
                "https://partner.peaka.studio/api/v1",
            ),
            max_body_bytes: max_body_bytes(env),
            leaving: Leaving::read(env, "BACKEND"),
            telemetry: telemetry(env),
        }
    }
}

/// An absolute http(s) URL to which paths are appended: no credentials, query or fragment, no trailing slash.
pub(crate) fn base_url(env: &mut Env, name: &str, default: &str) -> String {
    let text = env.text(name).unwrap_or_else(|| default.to_owned());
    if !is_base_url(&text) {
        env.wrong(name, "should be an absolute http or https URL without credentials, query or fragment");
    }
    text.trim_end_matches('/').to_owned()
}

fn is_base_url(text: &str) -> bool {
    Url::parse(text).is_ok_and(|url| {
        matches!(url.scheme(), "http" | "https")
            && url.has_host()
            && url.username().is_empty()
            && url.password().is_none()
            && url.query().is_none()
            && url.fragment().is_none()
    })
}

fn issuer(env: &mut Env) -> String {
    const NAME: &str = "GATEWAY_ISSUER";
    let text = env.text(NAME).unwrap_or_else(|| "http://localhost:8080".to_owned());
    // Not corrected in silence: it is compared byte for byte with what the gateway signs.
    if !is_base_url(&text) || text.ends_with('/') {
        env.wrong(NAME, "should be the gateway's public http or https URL without a trailing slash");
    }
    text
}

pub(crate) fn max_body_bytes(env: &mut Env) -> usize {
    const NAME: &str = "BACKEND_MAX_BODY_BYTES";
    const DEFAULT: usize = 4 * 1024 * 1024;
    let form = "a number of bytes, at least 1024";
    let bytes = env.parsed(NAME, form, DEFAULT);
    if bytes < 1024 {
        env.wrong(NAME, format!("should be {form}"));
    }
    bytes
}

/// rmcp tells three sentences per request at `info`, and at `warn` what clients ask for that is not there, in the
/// clients' own words; unless the operator wants that, only its errors are of use.
pub(crate) fn telemetry(env: &mut Env) -> Telemetry {
    let mut telemetry = Telemetry::read(env);
    if env.text("LOG_FILTER").is_none() {
        telemetry.filter = "info,rmcp=error".to_owned();
    }
    telemetry
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn nothing_need_be_set() {
        let mut env = Env::default();
        let config = Config::read(&mut env);
        assert_eq!(config.listen.to_string(), "127.0.0.1:8090");
        assert_eq!(env.finish(()), Ok(()));
    }

    #[test]
    fn every_mistake_is_told_at_once() {
        let mut env = Env::of([
            ("BACKEND_LISTEN", "8090"),
            ("GATEWAY_INTERNAL_URL", "ftp://gateway"),
            ("GATEWAY_ISSUER", "https://gateway.example/"),
            ("PARTNER_API_BASE_URL", "https://user:pass@peaka.example"),
            ("BACKEND_MAX_BODY_BYTES", "12"),
            ("LOG_FORMAT", "xml"),
        ]);
        Config::read(&mut env);
        assert_eq!(env.finish(()).unwrap_err().0.len(), 6);
    }
}
