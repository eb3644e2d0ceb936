//! The Peaka credentials behind sessions: sealed in the store, refreshed ahead of their end by one replica at a time.

mod recent;

use std::{sync::Arc, time::Duration};

use aws_lc_rs::constant_time::verify_slices_are_equal;
use secrecy::{ExposeSecret as _, SecretString};
use shared::{
    chain::Chain,
    clock::{SharedClock, Timestamp},
};
use tokio::time::timeout;
use tracing::{error, warn};

use self::recent::Recent;
use crate::{
    domain::{
        secret::{NoRandomness, hash, random_text},
        session::Because,
    },
    keys::Keys,
    metrics::{RENEWALS, Renewed},
    peaka::{Credential, GrantError, Outage, Peaka},
    revocation::{Revocation, RevokedSessions},
    store::{CredentialRow, Lease, Store, StoreError},
};

/// A token that ends sooner than this is refreshed first.
const REFRESH_AHEAD: Duration = Duration::from_secs(60);
/// A token that somebody else is refreshing is still good for a call if it lives for so long.
const STILL_GOOD: Duration = Duration::from_secs(5);
/// A lease outlives the deadline of a call to Peaka's token endpoint.
const LEASE: Duration = Duration::from_secs(20);
/// How long a database that does not even refuse is waited for by who holds a good token.
const PATIENCE: Duration = Duration::from_secs(1);
/// How soon to try again to store what Peaka gave.
const STORE_AGAIN: Duration = Duration::from_millis(500);
/// How often, and how many times, to look whether the replica that holds the lease is done: ten seconds in all.
const LOOK_AGAIN: Duration = Duration::from_millis(100);
const LOOKS: usize = 100;

/// Why there is no Peaka token for a session.
#[derive(Debug, thiserror::Error)]
pub(crate) enum NoCredential {
    /// The session is over, or Peaka refused the person's credential for good.
    #[error("the session is over")]
    SessionOver,
    /// The store is away.
    #[error(transparent)]
    Store(#[from] StoreError),
    /// Peaka is away.
    #[error(transparent)]
    Peaka(#[from] Outage),
    /// Another replica has been refreshing for too long.
    #[error("the credential is being refreshed elsewhere")]
    Busy,
    /// The stored credential cannot be opened: an operator must act.
    #[error("the stored credential cannot be opened")]
    Locked,
    /// The random source.
    #[error(transparent)]
    NoRandomness(#[from] NoRandomness),
}

/// A Peaka access token for one call.
#[derive(Debug)]
pub(crate) struct PeakaToken {
    /// The token.
    pub(crate) access_token: SecretString,
    /// How long it is good.
    pub(crate) lifetime: Duration,
}

/// Keeps and refreshes the credentials.
#[derive(Clone)]
pub(crate) struct Credentials {
    store: Store,
    keys: Arc<Keys>,
    peaka: Arc<Peaka>,
    revocation: Arc<Revocation>,
    revoked: Arc<RevokedSessions>,
    clock: SharedClock,
    recent: Arc<Recent>,
}

impl std::fmt::Debug for Credentials {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str("Credentials")
    }
}

/// What the seal of a stored credential is bound to.
pub(crate) fn purpose(id: &str) -> String {
    format!("credentials/{id}/sealed")
}

fn outcome(refreshed: &Result<Credential, GrantError>) -> Renewed {
    match refreshed {
        Ok(_) => Renewed::Anew,
        Err(GrantError::Refused) => Renewed::Refused,
        Err(GrantError::Outage(_)) => Renewed::Outage,
    }
}

/// Whether this hash is of that token.
fn is_of(hashed: &str, token: &SecretString) -> bool {
    verify_slices_are_equal(hash(token.expose_secret()).as_bytes(), hashed.as_bytes()).is_ok()
}

enum Found {
    Token(PeakaToken),
    /// Somebody else holds the lease, and the token at hand is of no use.
    WaitForOther,
}

impl Credentials {
    /// Over the given parts.
    pub(crate) fn new(
        store: Store,
        keys: Arc<Keys>,
        peaka: Arc<Peaka>,
        revocation: Arc<Revocation>,
        clock: SharedClock,
    ) -> Self {
        let revoked = revocation.revoked();
        Self { store, keys, peaka, revocation, revoked, clock, recent: Arc::new(Recent::new()) }
    }

    /// Seals and stores what a sign-in gave; answers with its id.
    pub(crate) async fn keep(&self, subject: &str, credential: &Credential) -> Result<String, NoCredential> {
        let id = random_text()?;
        let sealed = self.keys.seal(&purpose(&id), &credential.to_json())?;
        self.store.add_credential(&id, subject, &sealed, credential.expires_at, self.clock.now()).await?;
        Ok(id)
    }

    /// A token to call Peaka with on behalf of a session. `rejected` is the hash of a token that Peaka has just refused,
    /// though its time was not over: it is not given out again.
    pub(crate) async fn for_session(
        &self,
        session_id: &str,
        rejected: Option<&str>,
    ) -> Result<PeakaToken, NoCredential> {
        if self.revoked.contains(session_id) {
            return Err(NoCredential::SessionOver);
        }
        let now = self.clock.now();
        let given = self.recent.of(session_id, rejected);
        if let Some(token) = given.as_ref().and_then(|given| given.fresh(now)) {
            return Ok(token);
        }
        let kept = given.and_then(|given| given.living(now, STILL_GOOD));
        let patience = if kept.is_some() { PATIENCE } else { Duration::MAX };
        match self.looked_up(session_id, rejected, patience).await {
            Ok(token) => {
                self.recent.keep(session_id, &token, self.clock.now());
                Ok(token)
            }
            Err(NoCredential::Store(error)) => {
                // A good token is not held back because the place where it is kept is away.
                kept.inspect(|_| warn!(error = %Chain(&error), "gave out a credential from memory"))
                    .ok_or(error.into())
            }
            Err(error) => {
                self.recent.forget(session_id);
                Err(error)
            }
        }
    }

    async fn looked_up(
        &self,
        session_id: &str,
        rejected: Option<&str>,
        patience: Duration,
    ) -> Result<PeakaToken, NoCredential> {
        for _ in 0..LOOKS {
            let looking = self.store.credential_of_session(session_id, self.clock.now());
            // Only the look: a refresh that has begun must come to its end.
            let found = timeout(patience, looking).await.unwrap_or(Err(StoreError::Late))?;
            let (id, row) = found.ok_or(NoCredential::SessionOver)?;
            match self.usable(&id, row, rejected).await? {
                Found::Token(token) => return Ok(token),
                Found::WaitForOther => tokio::time::sleep(LOOK_AGAIN).await,
            }
        }
        Err(NoCredential::Busy)
    }

    /// A token to call Peaka with while its person is asked for consent.
    pub(crate) async fn by_id(&self, id: &str) -> Result<PeakaToken, NoCredential> {
        for _ in 0..LOOKS {
            let row = self.store.credential(id).await?.ok_or(NoCredential::SessionOver)?;
            match self.usable(id, row, None).await? {
                Found::Token(token) => return Ok(token),
                Found::WaitForOther => tokio::time::sleep(LOOK_AGAIN).await,
            }
        }
        Err(NoCredential::Busy)
    }

    async fn usable(
        &self,
        id: &str,
        row: CredentialRow,
        rejected: Option<&str>,
    ) -> Result<Found, NoCredential> {
        if row.dead_at.is_some() {
            // The sessions were ended with it; this one came later or was missed.
            self.revocation.end_sessions_of_credential(id, Because::CredentialDead).await?;
            return Err(NoCredential::SessionOver);
        }
        let credential = self.open(id, &row)?;
        let now = self.clock.now();
        let refused = rejected.is_some_and(|rejected| is_of(rejected, &credential.access_token));
        let left = if refused { Duration::ZERO } else { credential.expires_at.since(now) };
        if left > REFRESH_AHEAD {
            return Ok(Found::Token(PeakaToken { access_token: credential.access_token, lifetime: left }));
        }
        let lease = Lease { version: row.version, until: now.plus(LEASE) };
        if self.store.lease_credential(id, lease, now).await? {
            // A rotated refresh token exists nowhere but in Peaka's answer: a caller that goes away must not take the
            // answer with it, so the refresh is a task of its own.
            let (this, id) = (self.clone(), id.to_owned());
            let task = tokio::spawn(async move { this.refresh(&id, lease, credential, left).await });
            return task.await.map_err(|_| NoCredential::Busy)?;
        }
        if left > STILL_GOOD {
            return Ok(Found::Token(PeakaToken { access_token: credential.access_token, lifetime: left }));
        }
        Ok(Found::WaitForOther)
    }

    async fn refresh(
        &self,
        id: &str,
        lease: Lease,
        old: Credential,
        left: Duration,
    ) -> Result<Found, NoCredential> {
        let refreshed = match &old.refresh_token {
            Some(token) => self.peaka.sign_in.refresh(token).await,
            // Peaka gave none, so the person's grant ends with its access token.
            None => Err(GrantError::Refused),
        };
        RENEWALS.count(outcome(&refreshed));
        match refreshed {
            Ok(new) => {
                let sealed = self.keys.seal(&purpose(id), &new.to_json())?;
                if self.store_renewed(id, lease, &sealed, new.expires_at).await.is_err() {
                    // The pair exists nowhere else: it is tried again for as long as the lease keeps others away.
                    let (this, id) = (self.clone(), id.to_owned());
                    tokio::spawn(async move { this.keep_storing(&id, lease, &sealed, new.expires_at).await });
                }
                let lifetime = new.expires_at.since(self.clock.now());
                Ok(Found::Token(PeakaToken { access_token: new.access_token, lifetime }))
            }
            Err(GrantError::Refused) => {
                if !self.store.bury_credential(id, lease, self.clock.now()).await? {
                    // Another replica has stored a newer pair: what was refused is only what it replaced.
                    return Ok(Found::WaitForOther);
                }
                self.revocation.end_sessions_of_credential(id, Because::CredentialDead).await?;
                Err(NoCredential::SessionOver)
            }
            Err(GrantError::Outage(outage)) => {
                self.store.release_credential(id, lease).await?;
                if left > STILL_GOOD {
                    return Ok(Found::Token(PeakaToken { access_token: old.access_token, lifetime: left }));
                }
                Err(outage.into())
            }
        }
    }

    async fn store_renewed(
        &self,
        id: &str,
        lease: Lease,
        sealed: &str,
        expires_at: Timestamp,
    ) -> Result<(), StoreError> {
        let stored =
            self.store.renew_credential(id, lease, sealed, expires_at).await.inspect_err(|error| {
                warn!(credential = id, error = %Chain(error), "could not store a refreshed credential");
            })?;
        if !stored {
            warn!(credential = id, "a refreshed credential was stored by another replica first");
        }
        Ok(())
    }

    async fn keep_storing(&self, id: &str, lease: Lease, sealed: &str, expires_at: Timestamp) {
        while self.clock.now() < lease.until {
            tokio::time::sleep(STORE_AGAIN).await;
            if self.store_renewed(id, lease, sealed, expires_at).await.is_ok() {
                return;
            }
        }
        error!(credential = id, "a refreshed credential is lost: its person will have to sign in again");
    }

    fn open(&self, id: &str, row: &CredentialRow) -> Result<Credential, NoCredential> {
        let plain = self.keys.unseal(&purpose(id), &row.sealed).map_err(|_| {
            error!(
                credential = id,
                "a stored credential cannot be opened: is a sealing key or master key missing?"
            );
            NoCredential::Locked
        })?;
        Credential::from_json(&plain).map_err(|_| NoCredential::Locked)
    }
}
