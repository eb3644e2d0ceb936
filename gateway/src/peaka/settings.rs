//! How Peaka is reached. Little is certain about Peaka's issuer, so all of it is configuration.

use std::net::IpAddr;

use secrecy::SecretString;
use shared::env::Env;
use url::{Host, Url};

/// The section of the configuration that concerns Peaka.
#[derive(Clone, Debug)]
pub struct Settings {
    /// `PEAKA_ISSUER` (required): the issuer of Peaka's authorization server, byte for byte as its metadata writes it.
    /// Plain http only on the loopback interface; every endpoint then may be plain, too.
    pub issuer: String,
    /// `PEAKA_AUTHORIZATION_ENDPOINT`: where browsers are sent; default none, which is what the issuer's metadata says.
    pub authorization_endpoint: Option<Url>,
    /// `PEAKA_TOKEN_ENDPOINT`: where codes and refresh tokens are exchanged; default none, which is what the issuer's
    /// metadata says. When every endpoint that is needed is set, the metadata is never asked for.
    pub token_endpoint: Option<Url>,
    /// `PEAKA_USERINFO_ENDPOINT`: the OpenID userinfo endpoint, for `PEAKA_IDENTITY=userinfo`; default none, which is what
    /// the issuer's metadata says.
    pub userinfo_endpoint: Option<Url>,
    /// `PEAKA_CLIENT_ID` (required): the gateway's client id at Peaka.
    pub client_id: String,
    /// `PEAKA_CLIENT_SECRET` (required, secret): the gateway's client secret at Peaka.
    pub client_secret: SecretString,
    /// `PEAKA_SCOPES`: the scopes asked for, separated by spaces; default `user_access`.
    pub scopes: Vec<String>,
    /// `PEAKA_CLIENT_AUTH`: how the gateway shows its secret, `basic` or `post`; default `basic`.
    pub client_authentication: ClientAuthentication,
    /// `PEAKA_IDENTITY`: who says who signed in, the Partner API's `info` or `userinfo`; default `info`.
    pub identity: IdentitySource,
    /// `PARTNER_API_BASE_URL`: the Partner API; default `https://partner.peaka.studio/api/v1`. Plain http is
    /// accepted: an on-premise installation has it inside the cluster.
    pub partner_api: Url,
}

/// How the gateway authenticates at Peaka's token endpoint (RFC 6749 §2.3.1).
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum ClientAuthentication {
    /// HTTP Basic.
    Basic,
    /// In the form.
    Post,
}

/// Who says who signed in.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum IdentitySource {
    /// The Partner API's `info`.
    Info,
    /// The userinfo endpoint of an OpenID provider (OpenID Connect Core §5.3).
    Userinfo,
}

const DEFAULT_PARTNER_API: &str = "https://partner.peaka.studio/api/v1";
const ISSUER_FORM: &str =
    "the https URL of Peaka's issuer, without query and fragment (http only on the loopback interface)";

impl Settings {
    /// Reads the section from the environment.
    pub fn read(env: &mut Env) -> Self {
        let issuer = env.required("PEAKA_ISSUER", ISSUER_FORM, String::new(), |text| {
            issuer(text).map(|_| text.to_owned())
        });
        let plain = is_plain(&issuer);
        let identity = match env.text("PEAKA_IDENTITY").as_deref() {
            None | Some("info") => IdentitySource::Info,
            Some("userinfo") => IdentitySource::Userinfo,
            Some(_) => {
                env.wrong("PEAKA_IDENTITY", "should be \"info\" or \"userinfo\"");
                IdentitySource::Info
            }
        };
        let client_authentication = match env.text("PEAKA_CLIENT_AUTH").as_deref() {
            None | Some("basic") => ClientAuthentication::Basic,
            Some("post") => ClientAuthentication::Post,
            Some(_) => {
                env.wrong("PEAKA_CLIENT_AUTH", "should be \"basic\" or \"post\"");
                ClientAuthentication::Basic
            }
        };
        Self {
            authorization_endpoint: optional_endpoint(env, "PEAKA_AUTHORIZATION_ENDPOINT", plain),
            token_endpoint: optional_endpoint(env, "PEAKA_TOKEN_ENDPOINT", plain),
            userinfo_endpoint: optional_endpoint(env, "PEAKA_USERINFO_ENDPOINT", plain),
            client_id: env.required(
                "PEAKA_CLIENT_ID",
                "the gateway's client id at Peaka",
                String::new(),
                |text| Some(text.to_owned()),
            ),
            client_secret: env.required(
                "PEAKA_CLIENT_SECRET",
                "the gateway's client secret at Peaka",
                SecretString::default(),
                |text| Some(text.into()),
            ),
            scopes: env
                .text("PEAKA_SCOPES")
                .unwrap_or_else(|| "user_access".to_owned())
                .split_whitespace()
                .map(str::to_owned)
                .collect(),
            client_authentication,
            identity,
            partner_api: partner_api(env),
            issuer,
        }
    }

    /// Whether the issuer is one that may speak plain http, and its endpoints with it.
    pub(super) fn plain_http_allowed(&self) -> bool {
        is_plain(&self.issuer)
    }
}

/// The issuer as a URL, if it can be one (RFC 8414 §2).
pub(super) fn issuer(text: &str) -> Option<Url> {
    let url = Url::parse(text).ok().filter(is_web_address)?;
    let secure = url.scheme() == "https" || is_loopback(&url);
    (secure && url.query().is_none()).then_some(url)
}

/// An endpoint of the issuer, if it can be one: https, unless the issuer itself is plain.
pub(super) fn endpoint(text: &str, plain_http_allowed: bool) -> Option<Url> {
    Url::parse(text).ok().filter(|url| is_web_address(url) && (url.scheme() == "https" || plain_http_allowed))
}

fn optional_endpoint(env: &mut Env, name: &str, plain_http_allowed: bool) -> Option<Url> {
    let text = env.text(name)?;
    let url = endpoint(&text, plain_http_allowed);
    if url.is_none() {
        env.wrong(name, "should be an https URL without fragment (http only if PEAKA_ISSUER is http, too)");
    }
    url
}

fn partner_api(env: &mut Env) -> Url {
    const NAME: &str = "PARTNER_API_BASE_URL";
    #[expect(clippy::expect_used, reason = "it is a constant")]
    let default = Url::parse(DEFAULT_PARTNER_API).expect("the default is a URL");
    let Some(text) = env.text(NAME) else { return default };
    match endpoint(&text, true).filter(|url| url.query().is_none()) {
        Some(url) => url,
        None => {
            env.wrong(NAME, format!("should be a URL such as {DEFAULT_PARTNER_API}"));
            default
        }
    }
}

fn is_web_address(url: &Url) -> bool {
    matches!(url.scheme(), "http" | "https")
        && url.has_host()
        && url.fragment().is_none()
        && url.username().is_empty()
        && url.password().is_none()
}

fn is_plain(issuer: &str) -> bool {
    Url::parse(issuer).is_ok_and(|url| url.scheme() == "http" && is_loopback(&url))
}

fn is_loopback(url: &Url) -> bool {
    match url.host() {
        Some(Host::Domain(name)) => name == "localhost",
        Some(Host::Ipv4(ip)) => IpAddr::from(ip).is_loopback(),
        Some(Host::Ipv6(ip)) => IpAddr::from(ip).is_loopback(),
        None => false,
    }
}
