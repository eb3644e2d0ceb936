//! The parsers that strangers reach, opened for the fuzz targets in `gateway/fuzz`. Exists under `cfg(fuzzing)`, and in
//! tests so that it keeps up; it judges nothing itself: what must hold of the results, the targets say.

mod world;

use std::net::{IpAddr, SocketAddr};

use http::{HeaderMap, Method};
use secrecy::ExposeSecret as _;
use serde_json::{Map, Value};

pub use self::world::House;
use crate::{
    cookies::{Cookies, Kind},
    domain::{
        authorization::AuthorizationRequest,
        client::{Client, ClientKeys, ClientMetadata},
    },
    dpop::Made,
    oauth::{
        client_auth::{self, Proof, basic::basic},
        params::Params,
        register, request,
    },
    proxy::{headers, mcp_session},
    rate_limit::{Networks, client_address},
};

/// How a request proves who makes it.
#[derive(Debug, PartialEq, Eq)]
pub enum Proven {
    /// Not at all.
    Nothing,
    /// By this secret.
    Secret(String),
    /// By this assertion.
    Assertion(String),
}

/// The parameters of a query or form, if it is well-formed, by name.
pub fn parameter(form: &[u8], name: &'static str) -> Option<Vec<String>> {
    let params = Params::parse(form).ok()?;
    Some(params.all(name).map(str::to_owned).collect())
}

/// Who a token or revocation request says it is of.
pub fn presented(headers: &HeaderMap, form: &[u8]) -> Option<(String, Proven)> {
    let params = Params::parse(form).ok()?;
    let presented = client_auth::presented(basic(headers).ok()?, &params).ok()?;
    let proven = match presented.proof {
        Proof::Nothing => Proven::Nothing,
        Proof::Secret(secret) => Proven::Secret(secret.expose_secret().to_owned()),
        Proof::Assertion(assertion) => Proven::Assertion(assertion.to_owned()),
    };
    Some((presented.id, proven))
}

/// HTTP Basic credentials.
pub fn basic_credentials(headers: &HeaderMap) -> Option<(String, String)> {
    basic(headers).ok()?.map(|(id, secret)| (id, secret.expose_secret().to_owned()))
}

/// What a registration would register.
pub fn registration(body: &[u8]) -> Option<ClientMetadata> {
    let asked: Map<String, Value> = serde_json::from_slice(body).ok()?;
    register::validated(&asked).ok()
}

/// The hash of the browser's cookie, under the name it has over TLS.
pub fn browser_cookie(headers: &HeaderMap) -> Option<String> {
    Cookies::new(true).get(Kind::Browser, headers).map(|cookie| cookie.hash())
}

/// What the backend gets of a client's headers.
pub fn to_backend(client: &HeaderMap) -> HeaderMap {
    let mut passed = HeaderMap::new();
    headers::to_backend(client).for_each(|(name, value)| _ = passed.append(name.clone(), value.clone()));
    passed
}

/// What the client gets of the backend's headers.
pub fn from_backend(backend: &HeaderMap) -> HeaderMap {
    headers::from_backend(backend.clone())
}

/// Whose request it is; 10.0.0.0/8 and fd00::/8 are trusted.
pub fn address(peer: SocketAddr, headers: &HeaderMap) -> IpAddr {
    let trusted: Networks = "10.0.0.0/8, fd00::/8".parse().unwrap_or_default();
    client_address(peer, headers, &trusted)
}

impl House {
    /// The authorization request that a query makes for a registered client.
    pub fn authorization_request(&self, client: &Client, query: &[u8]) -> Option<AuthorizationRequest> {
        let params = Params::parse(query).ok()?;
        let redirect_uri = client.redirect_uri(params.get("redirect_uri"))?;
        request::validated(&self.app.issuer, &params, client.clone(), redirect_uri).ok()
    }

    /// The id that a client would get.
    pub fn register(&self, metadata: &ClientMetadata) -> Option<String> {
        self.app.clients.register(metadata).ok().map(|registration| registration.client_id)
    }

    /// The client behind an id.
    pub fn registered(&self, id: &str) -> Option<Client> {
        self.app.clients.registered(id)
    }

    /// Whether an access token is taken.
    pub fn takes(&self, token: &str) -> bool {
        let judged = self.app.access_tokens.validate(token.as_bytes(), self.app.clock.now());
        self.runtime.block_on(judged).is_ok()
    }

    /// Whether a client assertion proves a client that has `keys`.
    pub fn proves(&self, client: &Client, keys: &ClientKeys, assertion: &str) -> bool {
        let mut client = client.clone();
        client.metadata.keys = Some(keys.clone());
        self.runtime.block_on(self.app.clients.proves(&client, assertion)).is_ok()
    }

    /// The thumbprint of the key whose possession `headers` prove, for a POST to `path` with this access token.
    pub fn possesses(&self, headers: &HeaderMap, path: &str, token: Option<&str>) -> Option<String> {
        let made = Made { method: &Method::POST, path, token };
        let key = self.runtime.block_on(self.app.dpop.key(headers, made)).ok()??;
        Some(key.as_str().to_owned())
    }

    /// The backend's session id that a client's header stands for.
    pub fn mcp_session(&self, headers: &HeaderMap) -> Option<Vec<u8>> {
        let id = mcp_session::from_client(headers, &self.app.keys, &self.valid).ok()??;
        Some(id.as_bytes().to_vec())
    }

    /// The header for the client that stands for the backend's session id.
    pub fn sealed_mcp_session(&self, backend: &HeaderMap) -> Option<String> {
        let sealed = mcp_session::from_backend(backend, &self.app.keys, &self.valid).ok()??;
        sealed.to_str().ok().map(str::to_owned)
    }
}
