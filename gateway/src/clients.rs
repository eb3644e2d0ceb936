//! Who a client id stands for. Registered clients carry their metadata in their id, sealed: registering writes nothing
//! and no id is ever forgotten. Clients with a document are fetched, for authorization requests only; token requests are
//! judged by what was stored when a person let the client in. Clients of the operator are looked up when they come.

use std::sync::Arc;

use aws_lc_rs::constant_time::verify_slices_are_equal;
use secrecy::{ExposeSecret as _, SecretString};
use tracing::info;

use crate::{
    cimd::{CimdError, ClientDocument, ClientDocuments, ClientIdUrl},
    client_assertion::{BadAssertion, ClientAssertions},
    domain::{
        client::{AuthMethod, Client, ClientKeys, ClientMetadata, ClientOrigin, ID_PREFIX, clean_name},
        grant::Grant,
        redirect::RedirectUri,
        secret::NoRandomness,
    },
    keys::Keys,
    operator_clients::{NoKeys, OperatorClients},
    store::{Store, StoreError},
};

const SECRET_PREFIX: &str = "pkm_cs_";
const PURPOSE: &str = "client id";
/// A client id travels in addresses; a longer one would be cut by somebody on the way.
const MAX_ID_BYTES: usize = 3000;

/// Knows clients.
#[derive(Debug)]
pub(crate) struct Clients {
    keys: Arc<Keys>,
    documents: ClientDocuments,
    store: Store,
    assertions: ClientAssertions,
    operator: OperatorClients,
}

/// Why a client has not proven itself.
#[derive(Debug, thiserror::Error)]
pub(crate) enum Unproven {
    /// Its assertion is bad.
    #[error(transparent)]
    Bad(#[from] BadAssertion),
    /// Its keys are not at hand: nothing is known against it.
    #[error(transparent)]
    NoKeys(#[from] NoKeys),
}

/// Why a client id stands for nobody.
#[derive(Debug, thiserror::Error)]
pub(crate) enum ClientError {
    /// Not an id that this server gave out, nor the address of a document.
    #[error("This client is not registered here.")]
    Unknown,
    /// It is an address, but not of an acceptable document.
    #[error("{}", .0.public_message())]
    Document(CimdError),
    /// Its document has no redirect URI that is accepted here.
    #[error("Its document lists no redirect URI of an acceptable form.")]
    NoRedirectUri,
    /// The store is away.
    #[error(transparent)]
    Store(#[from] StoreError),
}

/// A fresh registration.
#[derive(Debug)]
pub(crate) struct Registration {
    /// The id.
    pub(crate) client_id: String,
    /// The secret, if the client asked for one.
    pub(crate) client_secret: Option<SecretString>,
}

/// Why a client cannot be registered.
#[derive(Debug, thiserror::Error)]
pub(crate) enum RegisterError {
    /// Its metadata would make too long an id.
    #[error("the metadata is too long; register fewer or shorter redirect URIs")]
    TooLong,
    /// The random source.
    #[error(transparent)]
    NoRandomness(#[from] NoRandomness),
}

impl Clients {
    /// Over the given parts.
    pub(crate) fn new(
        keys: Arc<Keys>,
        documents: ClientDocuments,
        store: Store,
        assertions: ClientAssertions,
        operator: OperatorClients,
    ) -> Self {
        Self { keys, documents, store, assertions, operator }
    }

    /// Registers a client. Nothing is stored.
    pub(crate) fn register(&self, metadata: &ClientMetadata) -> Result<Registration, RegisterError> {
        let plain = serde_json::to_vec(metadata).map_err(|_| RegisterError::TooLong)?;
        let sealed = self.keys.seal(PURPOSE, &plain)?;
        if sealed.len() > MAX_ID_BYTES {
            return Err(RegisterError::TooLong);
        }
        let client_secret = match metadata.auth {
            AuthMethod::None | AuthMethod::PrivateKeyJwt => None,
            AuthMethod::Basic | AuthMethod::Post => self.secret_of(&sealed),
        };
        Ok(Registration { client_id: format!("{ID_PREFIX}{sealed}"), client_secret })
    }

    /// Whether a client may be known by a document.
    pub(crate) fn understands_documents(&self) -> bool {
        self.documents.are_understood()
    }

    /// The client of an authorization request.
    pub(crate) async fn resolve(&self, id: &str) -> Result<Client, ClientError> {
        if !id.starts_with("https://") {
            return self.without_document(id).await?.ok_or(ClientError::Unknown);
        }
        let address =
            ClientIdUrl::parse(id).map_err(|error| ClientError::Document(CimdError::Syntax(error)))?;
        match self.described(&address).await {
            Ok((document, keys)) => from_document(id, &address, document, keys),
            Err(error) if error.is_outage() => {
                // A client whose site is down must not lock out the people who use it.
                let stored = self.store.client(id).await?;
                if stored.is_some() {
                    info!(client_id = id, %error, "the client's document or keys cannot be fetched; using the stored copy");
                }
                stored.ok_or(ClientError::Document(error))
            }
            Err(error) => Err(ClientError::Document(error)),
        }
    }

    /// The client of a token request. A document's is known from its last approval, with the keys of then: nothing is
    /// fetched, so that neither an outage of the client's site nor a stranger's request reaches further than the store.
    pub(crate) async fn known(&self, id: &str) -> Result<Option<Client>, StoreError> {
        if !id.starts_with("https://") {
            return self.without_document(id).await;
        }
        // What cannot be a document's address was never approved.
        if ClientIdUrl::parse(id).is_err() {
            return Ok(None);
        }
        self.store.client(id).await
    }

    /// Whether `assertion` is the client's (`private_key_jwt`). Only keys at an address that the operator wrote down are
    /// fetched here.
    pub(crate) async fn proves(&self, client: &Client, assertion: &str) -> Result<(), Unproven> {
        let unknown = BadAssertion::UnknownKey;
        if client.origin != ClientOrigin::Operator || client.metadata.keys.is_some() {
            let keys = client.metadata.keys.as_ref().ok_or(unknown)?;
            return Ok(self.assertions.check(&client.id, keys, assertion).await?);
        }
        let keys = self.operator.keys(&client.id, false).await?.ok_or(unknown)?;
        match self.assertions.check(&client.id, &keys, assertion).await {
            Err(BadAssertion::UnknownKey) => {
                let newer = self.operator.keys(&client.id, true).await?.ok_or(unknown)?;
                Ok(self.assertions.check(&client.id, &newer, assertion).await?)
            }
            judged => Ok(judged?),
        }
    }

    /// Whether `secret` is the client's, compared in constant time.
    pub(crate) async fn secret_is(&self, client: &Client, secret: &SecretString) -> Result<bool, StoreError> {
        if client.origin == ClientOrigin::Operator {
            return self.operator.secret_is(&client.id, secret).await;
        }
        let expected = client.id.strip_prefix(ID_PREFIX).and_then(|sealed| self.secret_of(sealed));
        Ok(expected.is_some_and(|expected| {
            let (expected, presented) =
                (expected.expose_secret().as_bytes(), secret.expose_secret().as_bytes());
            verify_slices_are_equal(expected, presented).is_ok()
        }))
    }

    /// A client that registered itself, or that the operator registered.
    async fn without_document(&self, id: &str) -> Result<Option<Client>, StoreError> {
        if id.starts_with(ID_PREFIX) { Ok(self.registered(id)) } else { self.operator.client(id).await }
    }

    async fn described(
        &self,
        address: &ClientIdUrl,
    ) -> Result<(ClientDocument, Option<ClientKeys>), CimdError> {
        let document = self.documents.fetch(address).await?;
        let keys = self.documents.keys(&document).await?;
        Ok((document, keys))
    }

    pub(crate) fn registered(&self, id: &str) -> Option<Client> {
        if id.len() > MAX_ID_BYTES + ID_PREFIX.len() {
            return None;
        }
        let plain = self.keys.unseal(PURPOSE, id.strip_prefix(ID_PREFIX)?).ok()?;
        let metadata = serde_json::from_slice(&plain).ok()?;
        Some(Client::of_its_own(id, metadata, ClientOrigin::Registered))
    }

    fn secret_of(&self, sealed: &str) -> Option<SecretString> {
        let secret = self.keys.derive_secret("client secret", sealed).ok()?;
        Some(format!("{SECRET_PREFIX}{secret}").into())
    }
}

fn from_document(
    id: &str,
    address: &ClientIdUrl,
    document: ClientDocument,
    keys: Option<ClientKeys>,
) -> Result<Client, ClientError> {
    let redirect_uris: Vec<RedirectUri> =
        document.redirect_uris.iter().filter_map(|raw| RedirectUri::parse(raw).ok()).collect();
    if redirect_uris.is_empty() {
        return Err(ClientError::NoRedirectUri);
    }
    let host = address.host().to_owned();
    let metadata = ClientMetadata {
        name: document.client_name.as_deref().and_then(clean_name).unwrap_or_else(|| host.clone()),
        redirect_uris,
        auth: if keys.is_some() { AuthMethod::PrivateKeyJwt } else { AuthMethod::None },
        refreshes: true,
        device: document.grant_types.iter().any(|grant| grant == Grant::Device.as_str()),
        dpop: document.dpop_bound_access_tokens,
        pushes: document.require_pushed_authorization_requests,
        keys,
    };
    Ok(Client::of_its_own(id, metadata, ClientOrigin::Document { host }))
}
