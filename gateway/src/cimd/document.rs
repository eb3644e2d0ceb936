//! What a document says.

use serde::{Deserialize, Serialize};
use serde_json::Value;

use super::{
    ClientIdUrl,
    invalid::InvalidDocument,
    key_source::KeySource,
    members::{Members, text},
};

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

fn code_grant() -> Vec<String> {
    vec!["authorization_code".to_owned()]
}

fn code_response() -> Vec<String> {
    vec!["code".to_owned()]
}
