//! Retiring a key by hand: refused for as long as anything needs it.

use std::time::Duration;

use shared::clock::Timestamp;
use tracing::info;

use super::{Keys, KeysError, NoSuchRing, PUBLISH, RINGS, SEALING, Schedule};
use crate::domain::session::AUTHORIZATION_LIFETIME;

/// Why a key cannot be retired.
#[derive(Debug, thiserror::Error)]
pub enum RetireError {
    /// The store.
    #[error(transparent)]
    Keys(#[from] KeysError),
    /// The ring has no such key.
    #[error("the ring {ring} has no key {id}, or it is retired already")]
    Unknown {
        /// The ring.
        ring: String,
        /// What was asked for.
        id: String,
    },
    /// It is not one that only verifies.
    #[error("the key {id} is {state}; rotate the ring first, and another takes over")]
    InUse {
        /// The key.
        id: String,
        /// `active` or `next`.
        state: String,
    },
    /// What it signed or sealed is still alive.
    #[error("what was made with the key {id} is alive for another {}", words(*.left))]
    Alive {
        /// The key.
        id: String,
        /// For so long.
        left: Duration,
    },
    /// Credentials lie under it.
    #[error("{count} stored credential(s) are sealed under the key {id}; run `gateway keys reseal` first")]
    Credentials {
        /// The key.
        id: String,
        /// How many.
        count: i64,
    },
    /// Secrets of clients that an operator registered are known by it alone.
    #[error(
        "the key {id} holds the secrets of clients that were registered by command: {}; remove each and add it again, \
         which gives it a new secret", .clients.join(", ")
    )]
    OperatorClients {
        /// The key.
        id: String,
        /// Their ids.
        clients: Vec<String>,
    },
    /// Clients that registered by themselves hold ids that only this key opens.
    #[error(
        "the key {id} opens the ids of clients that registered while it was in use ({count} of them were approved by \
         somebody); without it each of them must register again, and some must be removed and added by hand. Keep the \
         key: it seals nothing any more. If it has leaked, say --forget-clients"
    )]
    Clients {
        /// The key.
        id: String,
        /// How many were approved.
        count: i64,
    },
}

fn words(left: Duration) -> String {
    let minutes = left.as_secs().div_ceil(60);
    if minutes < 120 { format!("{minutes} minutes") } else { format!("{} hours", minutes.div_ceil(60)) }
}

impl Keys {
    /// Retires a key that nothing needs. `forget_clients`: even if clients hold ids under it, which become unknown.
    pub async fn retire(
        &self,
        ring: &str,
        id: &str,
        schedule: &Schedule,
        forget_clients: bool,
        now: Timestamp,
    ) -> Result<(), RetireError> {
        let ring = RINGS.into_iter().find(|known| *known == ring).ok_or(KeysError::from(NoSuchRing))?;
        let unknown = || RetireError::Unknown { ring: ring.to_owned(), id: id.to_owned() };
        let rows = self.store.keys().await.map_err(KeysError::from)?;
        let row = rows.into_iter().find(|row| row.ring == ring && row.id == id).ok_or_else(unknown)?;
        if row.state != "verify-only" {
            return Err(RetireError::InUse { id: row.id, state: row.state });
        }
        // What the sealing ring seals beside credentials and client ids are authorizations under way.
        let verify_for = schedule.verify_for(ring).unwrap_or(AUTHORIZATION_LIFETIME + PUBLISH);
        let left = self.needed_for(&row, verify_for, now).await?;
        let id = row.id;
        if !left.is_zero() {
            return Err(RetireError::Alive { id, left });
        }
        if ring == SEALING && !forget_clients {
            let prefix = format!("{}{}", crate::domain::client::ID_PREFIX, id.get(..10).unwrap_or(&id));
            let count = self.store.count_clients_with_id(&prefix).await.map_err(KeysError::from)?;
            return Err(RetireError::Clients { id, count });
        }
        if !self.store.retire_key(&id, now).await.map_err(KeysError::from)? {
            let count = self.store.count_sealed_under(&id).await.map_err(KeysError::from)?;
            let clients = self.store.operator_clients_under(&id).await.map_err(KeysError::from)?;
            if count == 0 && !clients.is_empty() {
                return Err(RetireError::OperatorClients { id, clients });
            }
            return Err(if count > 0 { RetireError::Credentials { id, count } } else { unknown() });
        }
        info!(ring, key = id, "retired a key");
        Ok(self.reload().await?)
    }
}
