//! Key rings over a store, and credentials sealed under them.

use std::{sync::Arc, time::Duration};

use gateway::{
    domain::client::ClientOrigin,
    housekeeping::{Housekeeping, Terms},
    keys::{Keys, KeysError, MasterKeys, PUBLISH, RetireError, Schedule},
    resealing::Resealing,
    store::{OperatorClientRow, Store},
};
use shared::clock::{Clock as _, ManualClock};

use crate::store_contract::{
    samples::{NOW, later, metadata},
    world::World,
};

pub(super) const OLD_MASTER: &str = "AAECAwQFBgcICQoLDA0ODxAREhMUFRYXGBkaGxwdHh8";
pub(super) const NEW_MASTER: &str = "HwECAwQFBgcICQoLDA0ODxAREhMUFRYXGBkaGxwdHh8";
pub(super) const OTHER_MASTER: &str = "IAECAwQFBgcICQoLDA0ODxAREhMUFRYXGBkaGxwdHh8";
pub(super) const DAY: Duration = Duration::from_secs(24 * 60 * 60);

const SCHEDULE: Schedule =
    Schedule { rotate_after: DAY.saturating_mul(90), access_token: DAY, session: DAY.saturating_mul(180) };

pub(super) struct House {
    pub(super) store: Store,
    pub(super) keys: Arc<Keys>,
    pub(super) clock: Arc<ManualClock>,
}

/// What a credential's seal is bound to.
pub(super) fn purpose(id: &str) -> String {
    format!("credentials/{id}/sealed")
}

fn api_key_purpose(id: &str) -> String {
    format!("operator_clients/{id}/sealed_api_key")
}

pub(super) fn id(n: usize) -> String {
    format!("c{n:05}")
}

impl House {
    pub(super) async fn new(world: &World, master: &str) -> Self {
        Self::open(world, master).await.unwrap()
    }

    pub(super) async fn open(world: &World, master: &str) -> Result<Self, KeysError> {
        let (store, clock) = (world.store.clone(), Arc::new(ManualClock::starting_at(NOW)));
        let keys = Keys::open(store.clone(), MasterKeys::parse(master).unwrap(), clock.now()).await?;
        Ok(Self { store, keys: Arc::new(keys), clock })
    }

    pub(super) fn resealing(&self) -> Resealing {
        Resealing::new(self.store.clone(), Arc::clone(&self.keys), self.clock.clone()).unwrap()
    }

    pub(super) fn keeper(&self) -> Housekeeping {
        let terms = Terms { schedule: SCHEDULE, audit: 400 * DAY };
        // Credentials that nobody points at would be swept.
        let clock = Arc::clone(&self.clock);
        Housekeeping::new(self.store.clone(), Arc::clone(&self.keys), clock, terms).unwrap()
    }

    pub(super) async fn add_credentials(&self, count: usize) {
        for n in 0..count {
            let id = id(n);
            let sealed = self.keys.seal(&purpose(&id), id.as_bytes()).unwrap();
            // Young for ever, so that no sweep takes them.
            let made = NOW.plus(1000 * DAY);
            self.store.add_credential(&id, "subject", &sealed, later(), made).await.unwrap();
        }
    }

    /// A client of the operator's that acts with an API key.
    pub(super) async fn add_machine(&self, id: &str, api_key: &str) {
        let sealed = self.keys.seal(&api_key_purpose(id), api_key.as_bytes()).unwrap();
        let row = OperatorClientRow {
            id: id.to_owned(),
            entry: "{}".to_owned(),
            secret_hash: None,
            sealed_api_key: Some(sealed),
        };
        assert!(self.store.add_operator_client(&row, NOW).await.unwrap());
    }

    pub(super) async fn api_key(&self, id: &str) -> String {
        let row = self.store.operator_client(id).await.unwrap().unwrap();
        let plain = self.keys.unseal(&api_key_purpose(id), &row.sealed_api_key.unwrap()).unwrap();
        String::from_utf8(plain).unwrap()
    }

    /// A client that registered itself and was approved; answers with what is sealed in its id.
    pub(super) async fn add_registered_client(&self) -> String {
        let sealed = self.keys.seal("client id", b"{}").unwrap();
        let id = format!("pkm_client_{sealed}");
        self.store.remember_client(&id, &metadata("c"), &ClientOrigin::Registered, NOW).await.unwrap();
        sealed
    }

    /// Every credential opens, and is what it was.
    pub(super) async fn all_open(&self, count: usize) {
        for n in 0..count {
            let id = id(n);
            let row = self.store.credential(&id).await.unwrap().unwrap();
            assert_eq!(self.keys.unseal(&purpose(&id), &row.sealed).unwrap(), id.as_bytes());
        }
    }

    async fn ids(&self, ring: &str, state: &str) -> Vec<String> {
        let keys = self.store.keys().await.unwrap();
        keys.into_iter().filter(|key| key.ring == ring && key.state == state).map(|key| key.id).collect()
    }

    pub(super) async fn active(&self, ring: &str) -> String {
        self.ids(ring, "active").await.remove(0)
    }

    pub(super) async fn older(&self, ring: &str) -> String {
        self.ids(ring, "verify-only").await.remove(0)
    }

    /// A ring's next key is made and takes over.
    pub(super) async fn rotate(&self, ring: &str) {
        assert!(self.keys.rotate(ring, self.clock.now()).await.unwrap());
        self.clock.advance(PUBLISH);
        self.keys.advance(&SCHEDULE, self.clock.now()).await.unwrap();
    }

    pub(super) async fn retire(&self, ring: &str, id: &str, forget_clients: bool) -> Result<(), RetireError> {
        self.keys.retire(ring, id, &SCHEDULE, forget_clients, self.clock.now()).await
    }
}
