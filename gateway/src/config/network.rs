//! Where the gateway listens, what it is called from outside, and where its backend is.

use std::net::{Ipv4Addr, SocketAddr};

use http::HeaderValue;
use shared::{env::Env, serve::Leaving};
use url::Url;

use crate::{domain::issuer::Issuer, rate_limit::Networks};

/// Addresses and origins.
#[derive(Clone, Debug)]
pub struct Network {
    /// `GATEWAY_PUBLIC_URL` (required): the one address that people paste and clients compare, an https origin; plain
    /// http only for localhost. It is the OAuth issuer; `/mcp` below it is the protected resource.
    pub issuer: Issuer,
    /// `GATEWAY_LISTEN`: the public listener; default `127.0.0.1:8080`.
    pub listen: SocketAddr,
    /// `GATEWAY_INTERNAL_LISTEN`: token exchange, identity keys and health; default `127.0.0.1:8081`. Never exposed.
    pub internal_listen: SocketAddr,
    /// `GATEWAY_BACKEND_URL`: origins of the MCP backend's replicas, comma-separated, or one whose name resolves to all of
    /// them, as that of a headless Service does; default `http://127.0.0.1:8090`.
    pub backend: BackendUrl,
    /// `GATEWAY_TRUSTED_PROXIES`: networks whose `X-Forwarded-For` is believed, comma-separated; default none.
    pub trusted_proxies: Networks,
    /// `GATEWAY_GENEROUS_NETWORKS`: networks whose addresses many people share, such as the egress of hosted clients: each
    /// of their addresses may do twenty times as much as others; comma-separated, `none` for none; default
    /// `160.79.104.0/21` (Claude's).
    pub generous: Networks,
    /// `GATEWAY_ALLOWED_ORIGINS`: web origins whose pages may call `/mcp`, comma-separated, or `*`; default none.
    /// Always allowed: our own, and pages served from the person's own machine.
    pub allowed_origins: AllowedOrigins,
    /// `GATEWAY_SHUTDOWN_DELAY_SECONDS`: for so long after the signal to end it still takes connections, while its readiness
    /// says that it goes, at most 300; default `0`.
    /// `GATEWAY_DRAIN_SECONDS`: what requests under way then have to finish, at most 3600; default `25`.
    pub leaving: Leaving,
}

/// The web origins whose pages may call `/mcp`.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum AllowedOrigins {
    /// Every origin.
    Any,
    /// These, written as browsers write them.
    Only(Vec<String>),
}

/// Where the replicas of the MCP backend are.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct BackendUrl {
    /// `host:port` each.
    replicas: Vec<String>,
    host: HeaderValue,
}

impl BackendUrl {
    /// `host:port` of each origin; a name may stand for many addresses.
    pub fn replicas(&self) -> &[String] {
        &self.replicas
    }

    /// What the backend is called in `Host`.
    pub fn host(&self) -> HeaderValue {
        self.host.clone()
    }

    /// From http origins, comma-separated.
    pub fn parse(text: &str) -> Option<Self> {
        let origin = |text: &str| {
            let url = Url::parse(text.trim()).ok()?;
            let whole = url.scheme() == "http"
                && url.path() == "/"
                && url.query().is_none()
                && url.fragment().is_none()
                && url.username().is_empty()
                && url.password().is_none();
            let host = url.host_str().filter(|_| whole)?;
            Some(format!("{host}:{}", url.port_or_known_default()?))
        };
        let replicas: Vec<String> = text.split(',').map(origin).collect::<Option<_>>()?;
        let host = HeaderValue::try_from(replicas.first()?).ok()?;
        Some(Self { replicas, host })
    }
}

impl Network {
    pub(super) fn read(env: &mut Env) -> Option<Self> {
        let form = "an https origin such as https://mcp.example.com (plain http only for localhost)";
        let issuer =
            env.required("GATEWAY_PUBLIC_URL", form, None, |text| Issuer::parse(text).ok().map(Some));
        let local = |port| SocketAddr::from((Ipv4Addr::LOCALHOST, port));
        let form = "an address and port such as 0.0.0.0:8080";
        let listen = env.parsed("GATEWAY_LISTEN", form, local(8080));
        let internal_listen = env.parsed("GATEWAY_INTERNAL_LISTEN", form, local(8081));
        let backend = backend(env);
        let trusted_proxies = env.parsed(
            "GATEWAY_TRUSTED_PROXIES",
            "networks such as 10.0.0.0/8, separated by commas",
            Networks::default(),
        );
        let generous = generous(env);
        let allowed_origins = allowed_origins(env);
        let leaving = Leaving::read(env, "GATEWAY");
        Some(Self {
            issuer: issuer?,
            listen,
            internal_listen,
            backend: backend?,
            trusted_proxies,
            generous,
            allowed_origins,
            leaving,
        })
    }
}

fn generous(env: &mut Env) -> Networks {
    const NAME: &str = "GATEWAY_GENEROUS_NETWORKS";
    match env.text(NAME).as_deref().unwrap_or("160.79.104.0/21") {
        "none" => Networks::default(),
        list => list.parse().unwrap_or_else(|_| {
            env.wrong(NAME, "should be networks such as 160.79.104.0/21, separated by commas, or none");
            Networks::default()
        }),
    }
}

fn backend(env: &mut Env) -> Option<BackendUrl> {
    const NAME: &str = "GATEWAY_BACKEND_URL";
    let text = env.text(NAME).unwrap_or_else(|| "http://127.0.0.1:8090".to_owned());
    let backend = BackendUrl::parse(&text);
    if backend.is_none() {
        let form =
            "should be an http origin such as http://mcp-backend:8090, or several, separated by commas";
        env.wrong(NAME, form);
    }
    backend
}

fn allowed_origins(env: &mut Env) -> AllowedOrigins {
    const NAME: &str = "GATEWAY_ALLOWED_ORIGINS";
    match env.text(NAME).as_deref() {
        None => AllowedOrigins::Only(Vec::new()),
        Some("*") => AllowedOrigins::Any,
        Some(list) => {
            let origins: Vec<String> = list.split(',').map(|origin| origin.trim().to_owned()).collect();
            let well_formed = |origin: &String| {
                Url::parse(origin).is_ok_and(|url| url.origin().ascii_serialization() == *origin)
            };
            if !origins.iter().all(well_formed) {
                env.wrong(
                    NAME,
                    "should be * or origins such as https://app.example.com, separated by commas",
                );
            }
            AllowedOrigins::Only(origins)
        }
    }
}
