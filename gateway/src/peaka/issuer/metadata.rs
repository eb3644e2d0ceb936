//! What an authorization server tells about itself, and where it does so.

use serde::Deserialize;
use url::Url;

use crate::peaka::{
    error::Outage,
    settings::{IdentitySource, Settings, endpoint, issuer as parse_issuer},
};

/// What is known of the authorization server.
#[derive(Clone, Debug)]
pub(in crate::peaka) struct Metadata {
    pub(in crate::peaka) authorization_endpoint: Url,
    pub(in crate::peaka) token_endpoint: Url,
    pub(in crate::peaka) userinfo_endpoint: Option<Url>,
    /// Whether every authorization response names its issuer (RFC 9207 §3).
    pub(in crate::peaka) names_issuer: bool,
}

#[derive(Deserialize)]
pub(super) struct Document {
    issuer: String,
    authorization_endpoint: Option<String>,
    token_endpoint: Option<String>,
    userinfo_endpoint: Option<String>,
    #[serde(default)]
    authorization_response_iss_parameter_supported: bool,
}

impl Metadata {
    /// Everything that is needed, if the configuration has it all.
    pub(super) fn configured(settings: &Settings) -> Option<Self> {
        if settings.identity == IdentitySource::Userinfo && settings.userinfo_endpoint.is_none() {
            return None;
        }
        Some(Self {
            authorization_endpoint: settings.authorization_endpoint.clone()?,
            token_endpoint: settings.token_endpoint.clone()?,
            userinfo_endpoint: settings.userinfo_endpoint.clone(),
            names_issuer: false,
        })
    }

    /// Reads a document; what is configured goes before what it tells.
    pub(super) fn of(document: Document, settings: &Settings) -> Result<Self, Outage> {
        // RFC 8414 §3.3: identical, or the document is somebody else's.
        if document.issuer != settings.issuer {
            return Err(misconfigured("its metadata is that of another issuer"));
        }
        let plain = settings.plain_http_allowed();
        let chosen = |configured: &Option<Url>, told: Option<&str>| match (configured, told) {
            (Some(configured), _) => Ok(Some(configured.clone())),
            (None, None) => Ok(None),
            (None, Some(told)) => endpoint(told, plain)
                .map(Some)
                .ok_or_else(|| misconfigured("its metadata names an endpoint that is not an https URL")),
        };
        let (authorization, token) =
            (document.authorization_endpoint.as_deref(), document.token_endpoint.as_deref());
        let lacking = || misconfigured("its metadata lacks an endpoint");
        Ok(Self {
            authorization_endpoint: chosen(&settings.authorization_endpoint, authorization)?
                .ok_or_else(lacking)?,
            token_endpoint: chosen(&settings.token_endpoint, token)?.ok_or_else(lacking)?,
            userinfo_endpoint: match settings.identity {
                IdentitySource::Info => None,
                IdentitySource::Userinfo => {
                    chosen(&settings.userinfo_endpoint, document.userinfo_endpoint.as_deref())?
                }
            },
            names_issuer: document.authorization_response_iss_parameter_supported,
        })
    }
}

fn misconfigured(problem: &'static str) -> Outage {
    tracing::error!(problem, "the issuer of PEAKA_ISSUER cannot be used; nobody can sign in");
    Outage::Misconfigured(problem)
}

/// Where an issuer's metadata may lie: RFC 8414 §3.1 puts the well-known part before the issuer's path, OpenID
/// Connect Discovery §4 after it.
pub(super) fn addresses(issuer: &str) -> impl Iterator<Item = Url> {
    let url = parse_issuer(issuer);
    let path = url.as_ref().map(|url| url.path().trim_end_matches('/').to_owned()).unwrap_or_default();
    let at = move |path: String| {
        let mut url = url.clone()?;
        url.set_path(&path);
        Some(url)
    };
    [
        format!("/.well-known/oauth-authorization-server{path}"),
        format!("{path}/.well-known/openid-configuration"),
    ]
    .into_iter()
    .filter_map(at)
}

#[cfg(test)]
mod tests {
    use serde_json::json;
    use shared::env::Env;

    use super::*;

    #[test]
    fn an_https_issuer_has_https_endpoints() {
        let settings = Settings::read(&mut Env::of([("PEAKA_ISSUER", "https://id.example")]));
        let of = |token_endpoint: &str| {
            let document = json!({"issuer": "https://id.example", "token_endpoint": token_endpoint,
                "authorization_endpoint": "https://id.example/authorize"});
            Metadata::of(serde_json::from_value(document).unwrap(), &settings)
        };
        assert!(of("https://elsewhere.example/token").is_ok());
        for bad in
            ["http://id.example/token", "http://127.0.0.1/token", "ftp://id.example/token", "/token", ""]
        {
            assert!(matches!(of(bad), Err(Outage::Misconfigured(_))), "accepted {bad:?}");
        }
    }

    #[test]
    fn an_issuers_path_is_kept() {
        let of = |issuer| addresses(issuer).map(String::from).collect::<Vec<_>>();
        assert_eq!(of("https://id.example"), of("https://id.example/"));
        assert_eq!(
            of("https://id.example/realms/a"),
            [
                "https://id.example/.well-known/oauth-authorization-server/realms/a",
                "https://id.example/realms/a/.well-known/openid-configuration"
            ]
        );
    }
}
