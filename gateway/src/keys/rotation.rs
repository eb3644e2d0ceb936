//! Online rotation. A key is made as `next` and published; when every cache has had time to learn it, it takes over as
//! `active`, and the one before only verifies until nothing that it signed can still be alive. One replica does this for
//! all; the others read the rings anew every few seconds.

use std::time::Duration;

use shared::clock::Timestamp;
use tracing::info;

use super::{ACCESS, IDENTITY, Keys, KeysError, REFRESH, RINGS, SEALING, new_key};
use crate::store::KeyRow;

/// From `next` to `active`: longer than any JWK set is cached and than any replica goes without reading the rings.
pub const PUBLISH: Duration = Duration::from_secs(15 * 60);
/// How often every replica reads the rings.
pub const RELOAD: Duration = Duration::from_secs(15);

/// When keys are rotated and retired.
#[derive(Clone, Copy, Debug)]
pub struct Schedule {
    /// A key is active for so long.
    pub rotate_after: Duration,
    /// Nothing signed with the access ring lives longer.
    pub access_token: Duration,
    /// No session that begins now lives longer. One that began under another setting may.
    pub session: Duration,
}

impl Schedule {
    /// How long a key of a ring must verify after its time. Sealed client ids are for ever, and with them their keys.
    pub(super) fn verify_for(&self, ring: &str) -> Option<Duration> {
        match ring {
            ACCESS => Some(self.access_token + PUBLISH),
            IDENTITY => Some(shared::assertion::LIFETIME + PUBLISH),
            REFRESH => Some(self.session + PUBLISH),
            _ => None,
        }
    }
}

/// A ring name that does not exist.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
#[error("the rings are {ACCESS}, {IDENTITY}, {SEALING} and {REFRESH}")]
pub struct NoSuchRing;

impl Keys {
    /// Makes and publishes a ring's next key, which takes over after [`PUBLISH`]. `false` if one is waiting already.
    pub async fn rotate(&self, ring: &str, now: Timestamp) -> Result<bool, KeysError> {
        let ring = RINGS.into_iter().find(|known| *known == ring).ok_or(NoSuchRing)?;
        let added = self.store.add_key(&new_key(ring, "next", &self.master, now)?).await?;
        self.reload().await?;
        Ok(added)
    }

    /// Moves every key that is due one step on.
    pub async fn advance(&self, schedule: &Schedule, now: Timestamp) -> Result<(), KeysError> {
        let rows = self.store.keys().await?;
        for ring in RINGS {
            let of_ring =
                |state: &'static str| rows.iter().filter(move |row| row.ring == ring && row.state == state);
            if let Some(next) = of_ring("next").next() {
                if now.since(next.changed_at) >= PUBLISH && self.store.promote_next_key(ring, now).await? {
                    info!(ring, key = next.id, "a key took over");
                }
            } else if of_ring("active").any(|row| now.since(row.changed_at) >= schedule.rotate_after)
                && self.rotate(ring, now).await?
            {
                info!(ring, "made a ring's next key");
            }
            let Some(verify_for) = schedule.verify_for(ring) else { continue };
            for old in of_ring("verify-only") {
                if self.needed_for(old, verify_for, now).await?.is_zero()
                    && self.store.retire_key(&old.id, now).await?
                {
                    info!(ring, key = old.id, "retired a key");
                }
            }
        }
        self.reload().await
    }

    /// For how much longer something that was made with a key that only verifies may be alive. A session keeps the end
    /// that it began with, however long they live today, and every refresh token of it must be known until then: its
    /// newest, or it is lost, and the ones before, or a copy of one is not recognized.
    pub(super) async fn needed_for(
        &self,
        key: &KeyRow,
        verify_for: Duration,
        now: Timestamp,
    ) -> Result<Duration, KeysError> {
        let by_time = verify_for.saturating_sub(now.since(key.changed_at));
        if key.ring != REFRESH || !by_time.is_zero() {
            return Ok(by_time);
        }
        // A replica that had not yet read the rings went on making tokens with it, and its clock may be ahead.
        let last = self.store.last_end_of_sessions_before(key.changed_at.plus(PUBLISH), now).await?;
        Ok(last.map_or(Duration::ZERO, |end| end.since(now)))
    }
}
