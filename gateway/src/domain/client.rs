//! OAuth clients: what they told of themselves, however they came to us.

mod key;
mod keys;

use serde::{Deserialize, Serialize};
use shared::scope::Scopes;

pub use self::{
    key::SigningAlgorithm,
    keys::{ClientKeys, UnusableKeys},
};
use super::{
    grant::{Grant, Grants},
    redirect::RedirectUri,
};

/// What the ids of clients that registered themselves begin with; their sealed metadata follows.
pub const ID_PREFIX: &str = "pkm_client_";

/// A client, as the authorization and token endpoints know it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Client {
    /// The identifier it presents.
    pub id: String,
    /// What it told of itself.
    pub metadata: ClientMetadata,
    /// How far its word goes.
    pub origin: ClientOrigin,
    /// How it may ask for tokens.
    pub grants: Grants,
    /// What it may ask for at most.
    pub ceiling: Scopes,
}

/// How a client came to be known.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum ClientOrigin {
    /// It registered itself (RFC 7591): its name is its own claim.
    Registered,
    /// It published a client ID metadata document under this host, which is proven by TLS.
    Document {
        /// The host of the client id.
        host: String,
    },
    /// An operator of this gateway registered it, and stands for it.
    Operator,
}

impl ClientOrigin {
    /// How the client with this id came to be known: the ids of the three kinds do not look alike.
    pub fn of_id(id: &str) -> Self {
        let document = id.strip_prefix("https://");
        match document.and_then(|rest| rest.split('/').next()) {
            Some(host) => Self::Document { host: host.to_owned() },
            None if id.starts_with(ID_PREFIX) => Self::Registered,
            None => Self::Operator,
        }
    }
}

/// What a client told of itself. The names on the wire are short as the sealed client ids carry them.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct ClientMetadata {
    /// `client_name`, cleaned for display.
    #[serde(rename = "n")]
    pub name: String,
    /// `redirect_uris`: at least one.
    #[serde(rename = "r")]
    pub redirect_uris: Vec<RedirectUri>,
    /// `token_endpoint_auth_method`.
    #[serde(rename = "a", default)]
    pub auth: AuthMethod,
    /// Whether `grant_types` names `refresh_token`.
    #[serde(rename = "f")]
    pub refreshes: bool,
    /// Whether `grant_types` names the device grant.
    #[serde(rename = "d", default, skip_serializing_if = "std::ops::Not::not")]
    pub device: bool,
    /// `dpop_bound_access_tokens` (RFC 9449 §5.2): it gets no token without a proof of possession.
    #[serde(rename = "b", default, skip_serializing_if = "std::ops::Not::not")]
    pub dpop: bool,
    /// `require_pushed_authorization_requests` (RFC 9126 §6): it asks for nothing in an address.
    #[serde(rename = "p", default, skip_serializing_if = "std::ops::Not::not")]
    pub pushes: bool,
    /// `jwks`, or what was found at `jwks_uri`: there exactly for [`AuthMethod::PrivateKeyJwt`], but for a `jwks_uri` that
    /// an operator registered.
    #[serde(rename = "k", default, skip_serializing_if = "Option::is_none")]
    pub keys: Option<ClientKeys>,
}

/// How a client proves itself at the token endpoint (RFC 7591 §2).
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub enum AuthMethod {
    /// It does not: a public client, bound by PKCE.
    #[default]
    #[serde(rename = "none")]
    None,
    /// HTTP Basic (RFC 6749 §2.3.1).
    #[serde(rename = "client_secret_basic")]
    Basic,
    /// `client_secret` in the form.
    #[serde(rename = "client_secret_post")]
    Post,
    /// An assertion signed with a key of its own (RFC 7523 §3, OpenID Connect Core §9); for clients with a metadata
    /// document, or registered by an operator.
    #[serde(rename = "private_key_jwt")]
    PrivateKeyJwt,
}

impl AuthMethod {
    /// The name on the wire.
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::None => "none",
            Self::Basic => "client_secret_basic",
            Self::Post => "client_secret_post",
            Self::PrivateKeyJwt => "private_key_jwt",
        }
    }

    /// From the name on the wire.
    pub fn parse(name: &str) -> Option<Self> {
        [Self::None, Self::Basic, Self::Post, Self::PrivateKeyJwt]
            .into_iter()
            .find(|method| method.as_str() == name)
    }

    /// From the name on the wire, if it is one that a client can register.
    pub fn registrable(name: &str) -> Option<Self> {
        [Self::None, Self::Basic, Self::Post].into_iter().find(|method| method.as_str() == name)
    }
}

impl Client {
    /// A client that was registered by nobody but itself: it may ask for what it likes, in the ways of apps.
    pub fn of_its_own(id: &str, metadata: ClientMetadata, origin: ClientOrigin) -> Self {
        let apps = Grants::OF_APPS.with(Grant::IdJag);
        let grants = if metadata.device { apps.with(Grant::Device) } else { apps };
        Self { id: id.to_owned(), metadata, origin, grants, ceiling: Scopes::ALL }
    }

    /// Whether it has to prove itself.
    pub const fn is_confidential(&self) -> bool {
        !matches!(self.metadata.auth, AuthMethod::None)
    }

    /// The registered redirect URI that `presented` means. Without one, the only registered URI is meant.
    pub fn redirect_uri(&self, presented: Option<&str>) -> Option<RedirectUri> {
        match presented {
            None => match self.metadata.redirect_uris.as_slice() {
                [only] => Some(only.clone()),
                _ => None,
            },
            Some(raw) => {
                let presented = RedirectUri::parse(raw).ok()?;
                self.metadata.redirect_uris.iter().any(|uri| uri.accepts(&presented)).then_some(presented)
            }
        }
    }
}

/// The longest client name that is shown.
const MAX_NAME_CHARS: usize = 80;

/// A name fit to be shown to a person: one line, no control or direction-changing characters, not endless.
pub fn clean_name(raw: &str) -> Option<String> {
    let shortened: String = clean_text(raw)?.chars().take(MAX_NAME_CHARS).collect();
    let name = shortened.trim_end();
    (!name.is_empty()).then(|| name.to_owned())
}

/// A text as one line, without control or direction-changing characters.
pub(super) fn clean_text(raw: &str) -> Option<String> {
    let hidden = |c: char| {
        c.is_control()
            || matches!(c, '\u{200b}'..='\u{200f}' | '\u{2028}'..='\u{202e}' | '\u{2060}'..='\u{206f}' | '\u{feff}')
    };
    let spaced: String = raw.chars().map(|c| if hidden(c) { ' ' } else { c }).collect();
    let line = spaced.split_whitespace().collect::<Vec<_>>().join(" ");
    (!line.is_empty()).then_some(line)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names_cannot_reverse_or_hide_text() {
        assert_eq!(clean_name("\u{202e}evil\n  client\u{200b}").as_deref(), Some("evil client"));
        assert_eq!(clean_name(" \u{feff} "), None);
        assert_eq!(clean_name(&"x".repeat(10_000)).unwrap().len(), MAX_NAME_CHARS);
        // What is cut off at a space does not end in one.
        assert_eq!(
            clean_name(&format!("{} y", "x".repeat(MAX_NAME_CHARS - 1))).unwrap().len(),
            MAX_NAME_CHARS - 1
        );
    }

    #[test]
    fn a_client_without_keys_is_written_as_before_there_were_any() {
        let before = r#"{"n":"c","r":["https://c.example/cb"],"a":"none","f":true}"#;
        let client: ClientMetadata = serde_json::from_str(before).unwrap();
        assert_eq!(client.keys, None);
        assert_eq!(serde_json::to_string(&client).unwrap(), before);
    }

    #[test]
    fn an_omitted_redirect_uri_means_the_only_one() {
        let uri = |s: &str| RedirectUri::parse(s).unwrap();
        let metadata = ClientMetadata {
            name: "c".into(),
            redirect_uris: vec![uri("https://c.example/cb")],
            auth: AuthMethod::None,
            refreshes: true,
            device: false,
            dpop: false,
            pushes: false,
            keys: None,
        };
        let mut client = Client::of_its_own("c", metadata, ClientOrigin::Registered);
        assert_eq!(client.redirect_uri(None), Some(uri("https://c.example/cb")));
        client.metadata.redirect_uris.push(uri("http://localhost/cb"));
        assert_eq!(client.redirect_uri(None), None);
        assert_eq!(client.redirect_uri(Some("http://localhost:5/cb")), Some(uri("http://localhost:5/cb")));
    }
}
