//! Who a client id stands for. Registered clients carry their metadata in their id, sealed: registering writes nothing
//! and no id is ever forgotten. Clients with a document are fetched, for authorization requests only; token requests are
//! judged by what was stored when a person let the client in.

use std::sync::Arc;

use aws_lc_rs::constant_time::verify_slices_are_equal;
use secrecy::{ExposeSecret as _, SecretString};
use tracing::info;

use crate::{
    cimd::{CimdError, ClientDocument, ClientDocuments, ClientIdUrl},
    client_assertion::{BadAssertion, ClientAssertions},
    domain::{
        client::{AuthMethod, Client, ClientKeys, ClientMetadata, ClientOrigin, ID_PREFIX, clean_name},
        redirect::RedirectUri,
        secret::NoRandomness,
    },
    keys::Keys,
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
    ) -> Self {
        Self { keys, documents, store, assertions }
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
            return self.registered(id).ok_or(ClientError::Unknown);
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
            return Ok(self.registered(id));
        }
        // What cannot be a document's address was never approved.
        if ClientIdUrl::parse(id).is_err() {
            return Ok(None);
        }
        self.store.client(id).await
    }

    /// Whether `assertion` is the client's (`private_key_jwt`).
    pub(crate) async fn proves(&self, client: &Client, assertion: &str) -> Result<(), BadAssertion> {
        let keys = client.metadata.keys.as_ref().ok_or(BadAssertion::UnknownKey)?;
        self.assertions.check(&client.id, keys, assertion).await
    }

    /// Whether `secret` is the client's, compared in constant time.
    pub(crate) fn secret_is(&self, id: &str, secret: &SecretString) -> bool {
        let expected = id.strip_prefix(ID_PREFIX).and_then(|sealed| self.secret_of(sealed));
        expected.is_some_and(|expected| {
            let (expected, presented) =
                (expected.expose_secret().as_bytes(), secret.expose_secret().as_bytes());
            verify_slices_are_equal(expected, presented).is_ok()
        })
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
        Some(Client { id: id.to_owned(), metadata, origin: ClientOrigin::Registered })
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
    Ok(Client {
        id: id.to_owned(),
        metadata: ClientMetadata {
            name: document.client_name.as_deref().and_then(clean_name).unwrap_or_else(|| host.clone()),
            redirect_uris,
            auth: if keys.is_some() { AuthMethod::PrivateKeyJwt } else { AuthMethod::None },
            refreshes: true,
            keys,
        },
        origin: ClientOrigin::Document { host },
    })
}
