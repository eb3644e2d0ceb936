//! What a document says.

use std::fmt;

use serde::{
    Deserialize, Deserializer, Serialize,
    de::{self, MapAccess, Visitor},
};
use serde_json::{Map, Value};

use super::{ClientIdSyntax, ClientIdUrl, key_source::KeySource};
use crate::domain::client::UnusableKeys;

/// The members of a client's metadata document that we use (RFC 7591 §2). Texts are as the document has them, so
/// escape them in pages and fetch none of the URLs. `redirect_uris` are not validated here.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct ClientDocument {
    /// The document's own URL.
    pub client_id: String,
    /// The name the client gives itself. Not to be trusted: show the host of `client_id` with it.
    pub client_name: Option<String>,
    /// A page about the client.
    pub client_uri: Option<String>,
    /// A picture; never to be fetched by us nor linked from our pages.
    pub logo_uri: Option<String>,
    /// Where codes may be sent; at least one, compared as raw text.
    pub redirect_uris: Vec<String>,
    /// `authorization_code` if the document names none.
    #[serde(default = "code_grant")]
    pub grant_types: Vec<String>,
    /// `code` if the document names none.
    #[serde(default = "code_response")]
    pub response_types: Vec<String>,
    /// Scopes, separated by spaces.
    pub scope: Option<String>,
    /// `web` or `native`.
    pub application_type: Option<String>,
    /// Names the software over all its versions.
    pub software_id: Option<String>,
    /// Its version.
    pub software_version: Option<String>,
    /// Whether it gets no token without a proof of possession (RFC 9449 §5.2).
    #[serde(default)]
    pub dpop_bound_access_tokens: bool,
    /// Whether it asks for nothing but by a pushed request (RFC 9126 §6).
    #[serde(default)]
    pub require_pushed_authorization_requests: bool,
    /// Where the keys of `private_key_jwt` are; `None` for a public client. Never read from a member of this name.
    #[serde(skip)]
    pub keys: Option<KeySource>,
}

/// Why a document is not usable.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum InvalidDocument {
    /// Status 404 or 410.
    #[error("there is no document at the client_id (status {0})")]
    Gone(u16),
    /// Not `application/json` or `application/…+json`.
    #[error("the document is not declared as JSON")]
    ContentType,
    /// More than 5 KiB (§6.6 of the draft), a key set more than 16.
    #[error("the document is larger than 5 KiB, or the key set than 16")]
    TooLarge,
    /// Not a JSON object, or one with a member twice.
    #[error("the document is not a JSON object: {0}")]
    Json(String),
    /// The document is about another client (§4.1 of the draft).
    #[error("the client_id in the document is not the URL it was fetched from")]
    OtherClient,
    /// Anyone can read the document, so a secret in it is none.
    #[error("the document contains {0}; a public document cannot hold a secret")]
    Secret(String),
    /// Clients are public or prove themselves with a key.
    #[error(
        "token_endpoint_auth_method {0:?} is not supported for clients with a metadata document; use \"none\" or \
         \"private_key_jwt\""
    )]
    Authentication(String),
    /// An algorithm that is not accepted.
    #[error("token_endpoint_auth_signing_alg should be ES256, RS256 or PS256")]
    SigningAlgorithm,
    /// No keys, or two places for them.
    #[error("private_key_jwt needs the client's public keys, in exactly one of jwks and jwks_uri")]
    KeySource,
    /// The address of the key set.
    #[error("the jwks_uri is not acceptable: {0}")]
    KeySetUrl(ClientIdSyntax),
    /// The keys.
    #[error("the client's keys are not usable: {0}")]
    Keys(#[from] UnusableKeys),
    /// A member is missing or has the wrong type.
    #[error("the document is incomplete or has a member of the wrong type: {0}")]
    Members(String),
}

impl InvalidDocument {
    /// Whether the document is one about the client id it was found at, so that nobody else's is given away.
    pub(super) fn is_between_us(&self) -> bool {
        match self {
            Self::Gone(_) | Self::ContentType | Self::TooLarge | Self::Json(_) | Self::OtherClient => false,
            Self::Secret(_)
            | Self::Authentication(_)
            | Self::SigningAlgorithm
            | Self::KeySource
            | Self::KeySetUrl(_)
            | Self::Keys(_)
            | Self::Members(_) => true,
        }
    }
}

impl ClientDocument {
    /// Reads the document that was found at `id`.
    ///
    /// # Errors
    /// [`InvalidDocument`], naming what is wrong.
    pub fn parse(id: &ClientIdUrl, body: &[u8]) -> Result<Self, InvalidDocument> {
        let Members(mut members) =
            serde_json::from_slice(body).map_err(|error| InvalidDocument::Json(error.to_string()))?;
        if members.get("client_id").and_then(Value::as_str) != Some(id.as_str()) {
            return Err(InvalidDocument::OtherClient);
        }
        if let Some(name) = members.keys().find(|name| name.starts_with("client_secret")) {
            return Err(InvalidDocument::Secret(name.clone()));
        }
        // A member that is null says as much as one that is missing.
        members.retain(|_, value| !value.is_null());
        let keys = match text(&members, "token_endpoint_auth_method")? {
            None | Some("none") => None,
            Some("private_key_jwt") => Some(KeySource::read(&members)?),
            Some(method) => return Err(InvalidDocument::Authentication(method.to_owned())),
        };
        let document: Self = serde_json::from_value(Value::Object(members))
            .map_err(|error| InvalidDocument::Members(error.to_string()))?;
        let document = Self { keys, ..document };
        if document.redirect_uris.is_empty() {
            return Err(InvalidDocument::Members("redirect_uris is empty".to_owned()));
        }
        Ok(document)
    }
}

/// A member that is text, or not there.
pub(super) fn text<'a>(
    members: &'a Map<String, Value>,
    name: &str,
) -> Result<Option<&'a str>, InvalidDocument> {
    match members.get(name) {
        None => Ok(None),
        Some(Value::String(text)) => Ok(Some(text)),
        Some(_) => Err(InvalidDocument::Members(format!("{name} is not text"))),
    }
}

fn code_grant() -> Vec<String> {
    vec!["authorization_code".to_owned()]
}

fn code_response() -> Vec<String> {
    vec!["code".to_owned()]
}

/// The members of an object, each there once: of two with one name, two readers may each believe the other. How
/// deep values nest is bounded by the JSON reader, how many there are by the document's size.
pub(super) struct Members(pub(super) Map<String, Value>);

impl<'de> Deserialize<'de> for Members {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        struct Once;
        impl<'de> Visitor<'de> for Once {
            type Value = Members;

            fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                f.write_str("an object")
            }

            fn visit_map<A: MapAccess<'de>>(self, mut access: A) -> Result<Members, A::Error> {
                let mut members = Map::new();
                while let Some((name, value)) = access.next_entry::<String, Value>()? {
                    if members.insert(name, value).is_some() {
                        return Err(de::Error::custom("a member is there twice"));
                    }
                }
                Ok(Members(members))
            }
        }
        deserializer.deserialize_map(Once)
    }
}
