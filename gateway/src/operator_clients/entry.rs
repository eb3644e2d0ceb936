//! One client as its operator writes it. The file, the command and the store share this one form and its rules.

use serde_json::{Value, json};
use shared::scope::{Scope, Scopes};

use super::written::{Mistakes, Written};
use crate::{
    cimd::ClientIdUrl,
    domain::{
        client::{AuthMethod, Client, ClientKeys, ClientMetadata, ClientOrigin, clean_name},
        grant::{Grant, Grants},
        redirect::RedirectUri,
    },
};

const LONGEST_ID: usize = 128;
const MOST_REDIRECT_URIS: usize = 16;

/// The members that are the client's own; its secrets come by other ways.
pub const MEMBERS: [&str; 10] = [
    "client_id",
    "name",
    "redirect_uris",
    "token_endpoint_auth_method",
    "grant_types",
    "scope",
    "jwks",
    "jwks_uri",
    DPOP,
    PUSHES,
];

/// RFC 9449 §5.2
const DPOP: &str = "dpop_bound_access_tokens";
/// RFC 9126 §6
const PUSHES: &str = "require_pushed_authorization_requests";

/// A client of the operator's.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Entry {
    /// Its id: letters, digits and `-._~`, at most 128.
    pub id: String,
    /// What people see.
    pub name: String,
    /// Where codes may be sent.
    pub redirect_uris: Vec<RedirectUri>,
    /// How it proves itself.
    pub auth: AuthMethod,
    /// How it asks for tokens.
    pub grants: Grants,
    /// What it may ask for at most.
    pub scopes: Scopes,
    /// Whether it gets no token without a proof of possession.
    pub dpop: bool,
    /// Whether it asks for nothing but by a pushed request.
    pub pushes: bool,
    /// Its public keys: there exactly for [`AuthMethod::PrivateKeyJwt`].
    pub keys: Option<EntryKeys>,
}

/// Where a client has its public keys (RFC 7591 §2).
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum EntryKeys {
    /// `jwks`.
    Inline(ClientKeys),
    /// `jwks_uri`.
    At(ClientIdUrl),
}

/// Whether a text can be the id of such a client. No address and no id that this server gives out is of this form.
pub fn is_an_id(text: &str) -> bool {
    let allowed = |byte: u8| byte.is_ascii_alphanumeric() || matches!(byte, b'-' | b'.' | b'_' | b'~');
    (1..=LONGEST_ID).contains(&text.len()) && text.bytes().all(allowed) && !text.starts_with("pkm_")
}

impl Entry {
    /// Reads what is written at `place`. `further` are members that are not looked at here.
    pub fn read(value: &Value, place: &str, further: &[&str], mistakes: &mut Mistakes) -> Option<Self> {
        let before = mistakes.len();
        let known: Vec<&str> = MEMBERS.iter().chain(further).copied().collect();
        let written = Written::of(value, place.to_owned(), &known, mistakes)?;
        let id = written.required("client_id", "the client's id", mistakes).unwrap_or_default();
        if !id.is_empty() && !is_an_id(id) {
            let form =
                format!("should be 1 to {LONGEST_ID} letters, digits and -._~, and must not begin with pkm_");
            written.wrong("client_id", form, mistakes);
        }
        let name = written.text("name", mistakes).map_or_else(|| Some(id.to_owned()), clean_name);
        if name.is_none() {
            written.wrong("name", "has no visible characters", mistakes);
        }
        let form = "none, client_secret_basic, client_secret_post or private_key_jwt";
        let method = written.required("token_endpoint_auth_method", form, mistakes);
        let auth = method.and_then(AuthMethod::parse);
        if method.is_some() && auth.is_none() {
            written.wrong("token_endpoint_auth_method", format!("should be {form}"), mistakes);
        }
        let entry = Self {
            id: id.to_owned(),
            name: name.unwrap_or_default(),
            redirect_uris: redirect_uris(&written, mistakes),
            auth: auth.unwrap_or_default(),
            grants: grants(&written, mistakes),
            scopes: scopes(&written, mistakes),
            dpop: written.truth(DPOP, mistakes),
            pushes: written.truth(PUSHES, mistakes),
            keys: keys(&written, auth == Some(AuthMethod::PrivateKeyJwt), mistakes),
        };
        if auth.is_some() {
            entry.judge(&written, mistakes);
        }
        (mistakes.len() == before).then_some(entry)
    }

    /// What must go together.
    fn judge(&self, written: &Written<'_>, mistakes: &mut Mistakes) {
        let has = |grant| self.grants.contains(grant);
        let confidential = self.auth != AuthMethod::None;
        if has(Grant::ClientCredentials) && self.grants != Grants::NONE.with(Grant::ClientCredentials) {
            let problem =
                "should hold client_credentials alone: a client acts either for itself or for people";
            written.wrong("grant_types", problem, mistakes);
        }
        if (has(Grant::ClientCredentials) || has(Grant::IdJag)) && !confidential {
            let problem = "should not be none: a client with this grant has to prove itself";
            written.wrong("token_endpoint_auth_method", problem, mistakes);
        }
        if has(Grant::RefreshToken) && !has(Grant::AuthorizationCode) && !has(Grant::Device) {
            let problem = "should hold authorization_code or the device grant beside refresh_token";
            written.wrong("grant_types", problem, mistakes);
        }
        if has(Grant::AuthorizationCode) == self.redirect_uris.is_empty() {
            written.wrong("redirect_uris", "should be there exactly for authorization_code", mistakes);
        }
    }

    /// Whether it proves itself with a secret.
    pub const fn has_secret(&self) -> bool {
        matches!(self.auth, AuthMethod::Basic | AuthMethod::Post)
    }

    /// Whether it acts for itself, and so needs an API key.
    pub const fn is_a_machine(&self) -> bool {
        self.grants.contains(Grant::ClientCredentials)
    }

    /// As it is written.
    pub fn to_json(&self) -> Value {
        let mut written = json!({
            "client_id": self.id,
            "name": self.name,
            "token_endpoint_auth_method": self.auth.as_str(),
            "grant_types": self.grants.names(),
            "scope": self.scopes.to_string(),
        });
        if !self.redirect_uris.is_empty() {
            written["redirect_uris"] = json!(self.redirect_uris);
        }
        for (name, required) in [(DPOP, self.dpop), (PUSHES, self.pushes)] {
            if required {
                written[name] = true.into();
            }
        }
        match &self.keys {
            None => {}
            Some(EntryKeys::Inline(keys)) => written["jwks"] = json!(keys),
            Some(EntryKeys::At(url)) => written["jwks_uri"] = url.as_str().into(),
        }
        written
    }

    /// As the endpoints know it.
    pub fn client(&self) -> Client {
        let keys = match &self.keys {
            Some(EntryKeys::Inline(keys)) => Some(keys.clone()),
            _ => None,
        };
        let metadata = ClientMetadata {
            name: self.name.clone(),
            redirect_uris: self.redirect_uris.clone(),
            auth: self.auth,
            refreshes: self.grants.contains(Grant::RefreshToken),
            device: self.grants.contains(Grant::Device),
            dpop: self.dpop,
            pushes: self.pushes,
            keys,
        };
        Client {
            id: self.id.clone(),
            metadata,
            origin: ClientOrigin::Operator,
            grants: self.grants,
            ceiling: self.scopes,
        }
    }
}

fn redirect_uris(written: &Written<'_>, mistakes: &mut Mistakes) -> Vec<RedirectUri> {
    let texts = written.list("redirect_uris", mistakes);
    if texts.len() > MOST_REDIRECT_URIS {
        let problem = format!("should hold at most {MOST_REDIRECT_URIS}");
        written.wrong("redirect_uris", problem, mistakes);
    }
    let mut uris = Vec::new();
    for (place, text) in texts {
        match RedirectUri::parse(text) {
            Ok(uri) => uris.push(uri),
            Err(error) => mistakes.push(format!("{place} {error}")),
        }
    }
    uris
}

fn grants(written: &Written<'_>, mistakes: &mut Mistakes) -> Grants {
    if written.get("grant_types").is_none() {
        return Grants::OF_APPS;
    }
    let before = mistakes.len();
    let mut grants = Grants::NONE;
    for (place, name) in written.list("grant_types", mistakes) {
        match Grant::named(name) {
            Some(grant) => grants = grants.with(grant),
            None => mistakes.push(format!(
                "{place} should be authorization_code, refresh_token, client_credentials, device or id_jag"
            )),
        }
    }
    if grants.is_empty() && mistakes.len() == before {
        written.wrong("grant_types", "should hold at least one", mistakes);
    }
    grants
}

pub(crate) fn scopes(written: &Written<'_>, mistakes: &mut Mistakes) -> Scopes {
    let Some(list) = written.text("scope", mistakes) else { return Scopes::ALL };
    let scopes: Option<Scopes> =
        list.split(' ').filter(|name| !name.is_empty()).map(|name| name.parse::<Scope>().ok()).collect();
    match scopes.filter(|scopes| !scopes.is_empty()) {
        Some(scopes) => scopes,
        None => {
            written.wrong("scope", "should name some of peaka:read, peaka:query and peaka:write", mistakes);
            Scopes::NONE
        }
    }
}

/// The keys, from exactly one of two places, where there are to be any.
pub(crate) fn keys(written: &Written<'_>, wanted: bool, mistakes: &mut Mistakes) -> Option<EntryKeys> {
    match (written.get("jwks"), written.text("jwks_uri", mistakes)) {
        (None, None) if wanted => {
            written.wrong("jwks", "or jwks_uri is missing; it should be the public keys", mistakes);
            None
        }
        (None, None) => None,
        (Some(_), Some(_)) => {
            written.wrong("jwks_uri", "should not be there beside jwks", mistakes);
            None
        }
        _ if !wanted => {
            written.wrong("jwks", "and jwks_uri are for private_key_jwt", mistakes);
            None
        }
        (Some(set), None) => match ClientKeys::parse(set) {
            Ok(keys) => Some(EntryKeys::Inline(keys)),
            Err(error) => {
                mistakes.push(format!("{}: {error}", written.place("jwks")));
                None
            }
        },
        (None, Some(url)) => match ClientIdUrl::parse(url) {
            Ok(url) => Some(EntryKeys::At(url)),
            Err(error) => {
                mistakes.push(format!("{}: {error}", written.place("jwks_uri")));
                None
            }
        },
    }
}
