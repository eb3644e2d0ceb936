//! The four key rings. They lie in the store, sealed under the master keys of the environment, and are the same on
//! every replica: no replica makes a key that the others do not have.

mod aead;
mod locked;
mod master;
mod resealing;
mod retirement;
mod rotation;

use std::{collections::HashMap, sync::Arc};

use arc_swap::ArcSwap;
use aws_lc_rs::constant_time::verify_slices_are_equal;
use base64::{Engine as _, prelude::BASE64_URL_SAFE_NO_PAD};
use serde_json::{Value, json};
use shared::{
    clock::Timestamp,
    jws::{Algorithm, JwsError, SigningKey, VerificationKeys},
};
use tracing::info;

use self::locked::Opened;
pub use self::{
    aead::{AeadKey, Unsealable},
    locked::Locked,
    master::{MasterKeys, NotAMasterKey},
    retirement::RetireError,
    rotation::{NoSuchRing, PUBLISH, RELOAD, Schedule},
};
use crate::{
    domain::{
        secret::{NoRandomness, random},
        token::{KEY_ID_BYTES, RefreshToken, SESSION_ID_BYTES},
    },
    store::{KeyRow, Store, StoreError},
};

const ACCESS: &str = "access";
const IDENTITY: &str = "identity";
const SEALING: &str = "sealing";
const REFRESH: &str = "refresh";
/// Every ring.
pub const RINGS: [&str; 4] = [ACCESS, IDENTITY, SEALING, REFRESH];

/// The key rings in use.
#[derive(Debug)]
pub struct Keys {
    store: Store,
    master: MasterKeys,
    rings: ArcSwap<Rings>,
}

#[derive(Debug)]
struct Rings {
    access: SigningRing,
    identity: SigningRing,
    sealing: SecretRing,
    refresh: SecretRing,
    active_since: [Timestamp; RINGS.len()],
}

/// Keys that sign, and the public halves of all that may still be verified.
#[derive(Debug)]
pub struct SigningRing {
    active: SigningKey,
    verification: VerificationKeys,
    published: Value,
}

impl SigningRing {
    /// The key that signs.
    pub const fn active(&self) -> &SigningKey {
        &self.active
    }

    /// The keys that verify.
    pub const fn verification(&self) -> &VerificationKeys {
        &self.verification
    }

    /// The JWK set to be published (RFC 7517 §5).
    pub const fn published(&self) -> &Value {
        &self.published
    }
}

#[derive(Debug)]
struct SecretRing {
    active: [u8; KEY_ID_BYTES],
    keys: HashMap<[u8; KEY_ID_BYTES], AeadKey>,
}

/// Why the rings could not be opened.
#[derive(Debug, thiserror::Error)]
pub enum KeysError {
    /// The store.
    #[error(transparent)]
    Store(#[from] StoreError),
    /// No master key opens a stored key.
    #[error(transparent)]
    Locked(#[from] Locked),
    /// A stored key is damaged.
    #[error("a stored key is damaged")]
    Damaged,
    /// A signing key.
    #[error(transparent)]
    Signing(#[from] JwsError),
    /// The random source.
    #[error(transparent)]
    NoRandomness(#[from] NoRandomness),
    /// The ring.
    #[error(transparent)]
    NoSuchRing(#[from] NoSuchRing),
}

impl Keys {
    /// Opens the rings and makes the first key of a ring that has none.
    pub async fn open(store: Store, master: MasterKeys, now: Timestamp) -> Result<Self, KeysError> {
        let mut rows = store.keys().await?;
        locked::open_all(&rows, &master)?;
        let missing: Vec<&str> = RINGS
            .into_iter()
            .filter(|ring| !rows.iter().any(|row| row.ring == *ring && row.state == "active"))
            .collect();
        if !missing.is_empty() {
            for ring in missing {
                if store.add_key(&new_key(ring, "active", &master, now)?).await? {
                    info!(ring, "made the first key of a ring");
                }
            }
            rows = store.keys().await?;
        }
        let rings = ArcSwap::from_pointee(open_rings(&rows, &master)?);
        Ok(Self { store, master, rings })
    }

    /// Reads the rings anew, so that what another replica changed is seen here.
    pub async fn reload(&self) -> Result<(), KeysError> {
        let rows = self.store.keys().await?;
        self.rings.store(Arc::new(open_rings(&rows, &self.master)?));
        Ok(())
    }

    /// Since when each ring's key has been in use, in the order of [`RINGS`].
    pub fn active_since(&self) -> [Timestamp; RINGS.len()] {
        self.rings.load().active_since
    }

    /// Access-token signing.
    pub fn access<T>(&self, with: impl FnOnce(&SigningRing) -> T) -> T {
        with(&self.rings.load().access)
    }

    /// Identity-header signing.
    pub fn identity<T>(&self, with: impl FnOnce(&SigningRing) -> T) -> T {
        with(&self.rings.load().identity)
    }

    /// Seals `plain` so that only this gateway can read it, and only for the same `purpose`: table, row and column, or
    /// what else it is. The purpose is authenticated, not encrypted.
    pub fn seal(&self, purpose: &str, plain: &[u8]) -> Result<String, NoRandomness> {
        let rings = self.rings.load();
        let ring = &rings.sealing;
        let key = ring.keys.get(&ring.active).ok_or(NoRandomness)?;
        let mut sealed = ring.active.to_vec();
        sealed.extend(key.seal(purpose, plain)?);
        Ok(BASE64_URL_SAFE_NO_PAD.encode(sealed))
    }

    /// Opens what [`Keys::seal`] made for the same purpose.
    pub fn unseal(&self, purpose: &str, sealed: &str) -> Result<Vec<u8>, Unsealable> {
        let bytes = BASE64_URL_SAFE_NO_PAD.decode(sealed).map_err(|_| Unsealable)?;
        let (id, sealed) = bytes.split_first_chunk::<KEY_ID_BYTES>().ok_or(Unsealable)?;
        self.rings.load().sealing.keys.get(id).ok_or(Unsealable)?.unseal(purpose, sealed)
    }

    /// A secret that only this gateway can derive from `sealed`, and always the same: nothing needs to be stored.
    pub fn derive_secret(&self, purpose: &str, sealed: &str) -> Result<String, Unsealable> {
        let bytes = BASE64_URL_SAFE_NO_PAD.decode(sealed).map_err(|_| Unsealable)?;
        let (id, _) = bytes.split_first_chunk::<KEY_ID_BYTES>().ok_or(Unsealable)?;
        let rings = self.rings.load();
        let key = rings.sealing.keys.get(id).ok_or(Unsealable)?;
        let secret = key.derive(purpose, sealed.as_bytes()).ok_or(Unsealable)?;
        Ok(BASE64_URL_SAFE_NO_PAD.encode(secret))
    }

    /// A hash that only this gateway can make: without its keys nobody can try secrets against it.
    pub fn keyed_hash(&self, purpose: &str, secret: &str) -> Result<String, NoRandomness> {
        let rings = self.rings.load();
        let ring = &rings.sealing;
        let key = ring.keys.get(&ring.active).ok_or(NoRandomness)?;
        let mut hash = ring.active.to_vec();
        hash.extend(key.derive(purpose, secret.as_bytes()).ok_or(NoRandomness)?);
        Ok(BASE64_URL_SAFE_NO_PAD.encode(hash))
    }

    /// Whether `hash` is what [`Keys::keyed_hash`] made of the same secret, compared in constant time.
    pub fn keyed_hash_is(&self, purpose: &str, secret: &str, hash: &str) -> bool {
        let Ok(bytes) = BASE64_URL_SAFE_NO_PAD.decode(hash) else { return false };
        let Some((id, hash)) = bytes.split_first_chunk::<KEY_ID_BYTES>() else { return false };
        let rings = self.rings.load();
        let expected = rings.sealing.keys.get(id).and_then(|key| key.derive(purpose, secret.as_bytes()));
        expected.is_some_and(|expected| verify_slices_are_equal(&expected, hash).is_ok())
    }

    /// The refresh token of a session's generation.
    pub fn refresh_token(&self, session_id: [u8; SESSION_ID_BYTES], generation: u32) -> Option<RefreshToken> {
        let rings = self.rings.load();
        let ring = &rings.refresh;
        let key = ring.keys.get(&ring.active)?.derive("refresh", &session_id)?;
        Some(RefreshToken::derive(ring.active, &key, session_id, generation))
    }

    /// Whether this gateway made the token.
    pub fn proves(&self, token: &RefreshToken) -> bool {
        let rings = self.rings.load();
        let key =
            rings.refresh.keys.get(&token.key_id).and_then(|key| key.derive("refresh", &token.session_id));
        key.is_some_and(|key| token.is_proven_by(&key))
    }
}

fn purpose(ring: &str, id: &str) -> String {
    format!("keys/{id}/{ring}")
}

fn new_key(ring: &str, state: &str, master: &MasterKeys, now: Timestamp) -> Result<KeyRow, KeysError> {
    let id = BASE64_URL_SAFE_NO_PAD.encode(random::<KEY_ID_BYTES>()?);
    let material = match ring {
        ACCESS => SigningKey::generate(Algorithm::Es256, &id)?.to_der()?,
        // Signed once per session and a few seconds, and only ever checked by what is ours.
        IDENTITY => SigningKey::generate(Algorithm::Ed25519, &id)?.to_der()?,
        _ => random::<32>()?.to_vec(),
    };
    let sealed = master.seal(&purpose(ring, &id), &material)?;
    let master = Some(master.newest().to_owned());
    Ok(KeyRow { id, ring: ring.to_owned(), state: state.to_owned(), sealed, master, changed_at: now })
}

fn open_rings(rows: &[KeyRow], master: &MasterKeys) -> Result<Rings, KeysError> {
    let opened = locked::open_all(rows, master)?;
    let active_since = |ring| {
        let active = rows.iter().find(|row| row.ring == ring && row.state == "active");
        active.map_or(Timestamp::from_millis(0), |row| row.changed_at)
    };
    Ok(Rings {
        active_since: RINGS.map(active_since),
        access: signing_ring(ACCESS, &opened)?,
        identity: signing_ring(IDENTITY, &opened)?,
        sealing: secret_ring(SEALING, &opened)?,
        refresh: secret_ring(REFRESH, &opened)?,
    })
}

fn signing_ring(ring: &str, opened: &[Opened<'_>]) -> Result<SigningRing, KeysError> {
    let mut active = None;
    let mut public = Vec::new();
    for Opened { row, material } in opened.iter().filter(|opened| opened.row.ring == ring) {
        let key = SigningKey::from_der(&row.id, material)?;
        public.push(key.public_jwk());
        if row.state == "active" {
            active = Some(key);
        }
    }
    let published = json!({ "keys": public });
    Ok(SigningRing {
        active: active.ok_or(KeysError::Damaged)?,
        verification: VerificationKeys::from_jwk_set(&published)?,
        published,
    })
}

fn secret_ring(ring: &str, opened: &[Opened<'_>]) -> Result<SecretRing, KeysError> {
    let mut active = None;
    let mut keys = HashMap::new();
    for Opened { row, material } in opened.iter().filter(|opened| opened.row.ring == ring) {
        let id: [u8; KEY_ID_BYTES] = BASE64_URL_SAFE_NO_PAD
            .decode(&row.id)
            .ok()
            .and_then(|id| id.try_into().ok())
            .ok_or(KeysError::Damaged)?;
        keys.insert(id, AeadKey::new(material).ok_or(KeysError::Damaged)?);
        if row.state == "active" {
            active = Some(id);
        }
    }
    Ok(SecretRing { active: active.ok_or(KeysError::Damaged)?, keys })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_ring_may_hold_keys_of_an_older_algorithm() {
        let row = |id: &str, state: &str| KeyRow {
            id: id.to_owned(),
            ring: IDENTITY.to_owned(),
            state: state.to_owned(),
            sealed: String::new(),
            master: None,
            changed_at: Timestamp::from_seconds(1_800_000_000),
        };
        let material = |algorithm| SigningKey::generate(algorithm, "k").and_then(|key| key.to_der()).unwrap();
        let of_both = [("old", Algorithm::Es256), ("new", Algorithm::Ed25519)];
        for (active, states) in [("old", ["active", "next"]), ("new", ["verify-only", "active"])] {
            let rows: Vec<_> = of_both.iter().zip(states).map(|((id, _), state)| row(id, state)).collect();
            let opened: Vec<_> = (rows.iter().zip(&of_both))
                .map(|(row, &(_, algorithm))| Opened { row, material: material(algorithm) })
                .collect();
            let ring = signing_ring(IDENTITY, &opened).unwrap();
            let token = ring.active().sign("t", &json!({})).unwrap();
            assert_eq!(ring.active().kid(), active);
            assert!(ring.verification().verify::<Value>("t", &token).is_ok(), "{active}");
            assert_eq!(ring.published()["keys"].as_array().map(Vec::len), Some(2));
        }
    }
}
