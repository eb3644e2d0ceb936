//! Clients that the operator of this gateway registered: in a file that is read at the start, or by command in the store,
//! where every replica looks when a request comes. The operator stands for them, so they may do what no client may that
//! registers itself: act for themselves (RFC 6749 §4.4) with a Peaka API key of the operator's.

pub mod entry;
mod file;
mod key_sets;
pub mod written;

use std::{collections::BTreeMap, sync::Arc};

use aws_lc_rs::constant_time::verify_slices_are_equal;
use secrecy::{ExposeSecret as _, SecretString};
use tracing::error;

pub(crate) use self::file::{document as read_document, read as read_file};
pub use self::{
    entry::{Entry, EntryKeys},
    file::FileClient,
    key_sets::{KeySets, NoKeys},
};
use crate::{
    domain::{
        client::{Client, ClientKeys},
        secret::{NoRandomness, random_text, sha256},
    },
    keys::{Keys, Unsealable},
    store::{OperatorClientRow, Store, StoreError},
};

/// Where the file of clients is.
pub const FILE: &str = "GATEWAY_CLIENTS_FILE";
/// What secrets that are made here begin with.
const SECRET_PREFIX: &str = "pkm_cs_";

/// Clients by their id, as the file tells them.
pub type FileClients = BTreeMap<String, FileClient>;

/// Knows the clients of the operator.
#[derive(Clone, Debug)]
pub(crate) struct OperatorClients {
    file: Arc<FileClients>,
    store: Store,
    keys: Arc<Keys>,
    key_sets: KeySets,
}

/// Why a client has no Peaka API key at hand.
#[derive(Debug, thiserror::Error)]
pub(crate) enum NoApiKey {
    /// The client was removed, or has none.
    #[error("the client has no Peaka API key")]
    None,
    /// The store is away.
    #[error(transparent)]
    Store(#[from] StoreError),
    /// It cannot be opened: an operator must act.
    #[error("the stored API key cannot be opened")]
    Locked,
}

impl OperatorClients {
    /// Those of `file`, and those of the store.
    pub(crate) fn new(file: FileClients, store: Store, keys: Arc<Keys>, key_sets: KeySets) -> Self {
        Self { file: Arc::new(file), store, keys, key_sets }
    }

    /// The client with this id. What the file says goes before what the store says.
    pub(crate) async fn client(&self, id: &str) -> Result<Option<Client>, StoreError> {
        Ok(self.entry(id).await?.map(|entry| entry.client()))
    }

    /// Whether `secret` is the client's, compared in constant time.
    pub(crate) async fn secret_is(&self, id: &str, secret: &SecretString) -> Result<bool, StoreError> {
        let presented = secret.expose_secret();
        if let Some(client) = self.file.get(id) {
            // Hashes are of one length, whatever was presented.
            return Ok(client.secret.as_ref().is_some_and(|secret| {
                let (expected, presented) = (sha256(secret.expose_secret()), sha256(presented));
                verify_slices_are_equal(&expected, &presented).is_ok()
            }));
        }
        let row = self.row(id).await?;
        let hash = row.and_then(|row| row.secret_hash);
        Ok(hash.is_some_and(|hash| self.keys.keyed_hash_is(&purpose(id, "secret"), presented, &hash)))
    }

    /// The public keys of a client that proves itself with one. `again`: a signature named none of those that are known.
    pub(crate) async fn keys(&self, id: &str, again: bool) -> Result<Option<ClientKeys>, NoKeys> {
        match self.entry(id).await?.and_then(|entry| entry.keys) {
            None => Ok(None),
            Some(EntryKeys::Inline(keys)) => Ok(Some(keys)),
            Some(EntryKeys::At(url)) => self.key_sets.at(&url, again).await.map(Some),
        }
    }

    /// The Peaka API key that a machine client acts with.
    pub(crate) async fn api_key(&self, id: &str) -> Result<SecretString, NoApiKey> {
        if let Some(client) = self.file.get(id) {
            return client.api_key.clone().ok_or(NoApiKey::None);
        }
        let sealed = self.row(id).await?.and_then(|row| row.sealed_api_key).ok_or(NoApiKey::None)?;
        let opened = self.keys.unseal(&api_key_purpose(id), &sealed);
        let text = opened.and_then(|plain| String::from_utf8(plain).map_err(|_| Unsealable));
        text.map(SecretString::from).map_err(|_| {
            error!(
                client_id = id,
                "a stored API key cannot be opened: is a sealing key or master key missing?"
            );
            NoApiKey::Locked
        })
    }

    async fn entry(&self, id: &str) -> Result<Option<Entry>, StoreError> {
        match self.file.get(id) {
            Some(client) => Ok(Some(client.entry.clone())),
            None => self.row(id).await?.map(|row| stored_entry(&row)).transpose(),
        }
    }

    /// What cannot be an id of such a client is not asked for.
    async fn row(&self, id: &str) -> Result<Option<OperatorClientRow>, StoreError> {
        if entry::is_an_id(id) { self.store.operator_client(id).await } else { Ok(None) }
    }
}

/// The client of a row, read as critically as when it was written.
pub fn stored_entry(row: &OperatorClientRow) -> Result<Entry, StoreError> {
    let corrupt = StoreError::Corrupt { table: "operator_clients", what: "entry" };
    let read = serde_json::from_str(&row.entry).ok();
    read.and_then(|value| Entry::read(&value, &row.id, &[], &mut Vec::new())).ok_or(corrupt)
}

/// What of a row is sealed or hashed: table, row and column.
fn purpose(id: &str, column: &str) -> String {
    format!("operator_clients/{id}/{column}")
}

/// What the sealed API key of a client is bound to.
pub(crate) fn api_key_purpose(id: &str) -> String {
    purpose(id, "sealed_api_key")
}

/// A client that is ready to be stored.
#[derive(Debug)]
pub struct Prepared {
    /// The row.
    pub row: OperatorClientRow,
    /// The secret, if the client has one: it is told now and never again.
    pub secret: Option<SecretString>,
}

/// Makes a client's secret, if it is to have one, and seals what it is to act with.
///
/// # Errors
/// If the random source fails.
pub fn prepare(keys: &Keys, entry: &Entry, api_key: Option<&SecretString>) -> Result<Prepared, NoRandomness> {
    let secret = if entry.has_secret() {
        Some(SecretString::from(format!("{SECRET_PREFIX}{}", random_text()?)))
    } else {
        None
    };
    let hashed = secret
        .as_ref()
        .map(|secret| keys.keyed_hash(&purpose(&entry.id, "secret"), secret.expose_secret()))
        .transpose()?;
    let sealed = api_key
        .map(|key| keys.seal(&api_key_purpose(&entry.id), key.expose_secret().as_bytes()))
        .transpose()?;
    let row = OperatorClientRow {
        id: entry.id.clone(),
        entry: entry.to_json().to_string(),
        secret_hash: hashed,
        sealed_api_key: sealed,
    };
    Ok(Prepared { row, secret })
}
