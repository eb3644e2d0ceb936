//! What people have allowed the client, and the refresh tokens that stand for it. Kept in one JSON file when there
//! is a data directory: a refresh token handed out before a restart still works after it.

use std::{collections::BTreeMap, path::PathBuf, sync::Mutex};

use serde::{Deserialize, Serialize};

use crate::{chance, error::StandinError, sync::lock};

/// One sign-in.
#[derive(Clone, Debug, Serialize, Deserialize)]
struct Grant {
    email: String,
    /// Access tokens carry the number that held when they were made; a later number makes them stale.
    access_epoch: u64,
}

#[derive(Debug, Default, Serialize, Deserialize)]
struct Ledger {
    grants: BTreeMap<String, Grant>,
    /// SHA-256 of each refresh token that works -> grant.
    refresh_tokens: BTreeMap<String, String>,
    /// Who needs not be asked again.
    consented: Vec<String>,
}

/// All sign-ins.
#[derive(Debug)]
pub(crate) struct Grants {
    file: Option<PathBuf>,
    ledger: Mutex<Ledger>,
}

/// What a grant's next access token has to carry.
#[derive(Clone, Debug)]
pub(crate) struct Issue {
    pub(crate) grant: String,
    pub(crate) email: String,
    pub(crate) access_epoch: u64,
    pub(crate) refresh_token: String,
}

impl Grants {
    /// Reads `file`, if there is one.
    pub(crate) fn open(file: Option<PathBuf>) -> Result<Self, StandinError> {
        let ledger = match &file {
            None => Ledger::default(),
            Some(path) => match std::fs::read(path) {
                Ok(bytes) => serde_json::from_slice(&bytes)
                    .map_err(|source| StandinError::State { path: path.clone(), source })?,
                Err(error) if error.kind() == std::io::ErrorKind::NotFound => Ledger::default(),
                Err(source) => return Err(StandinError::DataDir { path: path.clone(), source }),
            },
        };
        Ok(Self { file, ledger: Mutex::new(ledger) })
    }

    /// A new grant for `email`, with its first refresh token.
    pub(crate) fn begin(&self, email: &str) -> Issue {
        let mut ledger = lock(&self.ledger);
        let (grant, refresh_token) = (chance::token(), chance::token());
        ledger.grants.insert(grant.clone(), Grant { email: email.to_owned(), access_epoch: 0 });
        ledger.refresh_tokens.insert(chance::sha256(&refresh_token), grant.clone());
        self.keep(&ledger);
        Issue { grant, email: email.to_owned(), access_epoch: 0, refresh_token }
    }

    /// Redeems a refresh token. With `rotate` it ends and another takes its place; else it is handed out again.
    pub(crate) fn refresh(&self, refresh_token: &str, rotate: bool) -> Option<Issue> {
        let mut ledger = lock(&self.ledger);
        let hash = chance::sha256(refresh_token);
        let grant = ledger.refresh_tokens.get(&hash)?.clone();
        let Grant { email, access_epoch } = ledger.grants.get(&grant)?.clone();
        let refresh_token = if rotate {
            ledger.refresh_tokens.remove(&hash);
            let next = chance::token();
            ledger.refresh_tokens.insert(chance::sha256(&next), grant.clone());
            self.keep(&ledger);
            next
        } else {
            refresh_token.to_owned()
        };
        Some(Issue { grant, email, access_epoch, refresh_token })
    }

    /// Whom the grant is for, if it stands and access tokens of `access_epoch` still count.
    pub(crate) fn holder(&self, grant: &str, access_epoch: u64) -> Option<String> {
        let ledger = lock(&self.ledger);
        let found = ledger.grants.get(grant)?;
        (found.access_epoch == access_epoch).then(|| found.email.clone())
    }

    /// Ends all grants of `email`, their tokens, and the memory of the consent. Returns how many there were.
    pub(crate) fn revoke(&self, email: &str) -> usize {
        let mut ledger = lock(&self.ledger);
        let before = ledger.grants.len();
        ledger.grants.retain(|_, grant| grant.email != email);
        let Ledger { grants, refresh_tokens, consented } = &mut *ledger;
        refresh_tokens.retain(|_, grant| grants.contains_key(grant));
        consented.retain(|person| person != email);
        self.keep(&ledger);
        before - ledger.grants.len()
    }

    /// Makes every access token handed out so far stale; refresh tokens go on working.
    pub(crate) fn expire_access_tokens(&self) {
        let mut ledger = lock(&self.ledger);
        ledger.grants.values_mut().for_each(|grant| grant.access_epoch += 1);
        self.keep(&ledger);
    }

    /// Whether `email` has allowed the client before.
    pub(crate) fn has_consented(&self, email: &str) -> bool {
        lock(&self.ledger).consented.iter().any(|person| person == email)
    }

    /// Remembers that `email` allowed the client.
    pub(crate) fn remember_consent(&self, email: &str) {
        let mut ledger = lock(&self.ledger);
        if !ledger.consented.iter().any(|person| person == email) {
            ledger.consented.push(email.to_owned());
            self.keep(&ledger);
        }
    }

    /// Writes the file beside and then over the old one, under the lock: a reader of it sees one state or the next.
    fn keep(&self, ledger: &Ledger) {
        let Some(path) = &self.file else { return };
        let beside = path.with_extension("new");
        let written = serde_json::to_vec(ledger)
            .map_err(std::io::Error::other)
            .and_then(|bytes| std::fs::write(&beside, bytes))
            .and_then(|()| std::fs::rename(&beside, path));
        if let Err(error) = written {
            tracing::error!(%error, "could not write the sign-ins; they end with this process");
        }
    }
}
