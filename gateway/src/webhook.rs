//! Tells an operator's webhook of every new connection and of every detected theft. What is to be told is read from the
//! audit events, which are written in the transaction of what they tell of; one replica at a time tells, in order, and
//! tries again for a day. A message may come twice: its `id` says so.

use std::time::Duration;

use aws_lc_rs::hmac;
use secrecy::{ExposeSecret as _, SecretString};
use serde_json::json;
use shared::{
    chain::Chain,
    clock::{SharedClock, Timestamp},
    http_client::{Deadlines, builder},
};
use tokio::time::MissedTickBehavior;
use tokio_util::sync::CancellationToken;
use tracing::{info, warn};
use url::Url;

use crate::{
    config::Webhook as Settings,
    domain::secret::{NoRandomness, random_text},
    store::{AuditRow, Store, StoreError, Untold},
};

/// Carries when the message was signed (seconds since the epoch) and the signature of `<that time>.<body>`.
pub(crate) const SIGNATURE_HEADER: &str = "peaka-signature";
const LEASE: &str = "webhook";
const LEASE_LIFE: Duration = Duration::from_secs(60);
const LOOK: Duration = Duration::from_secs(2);
const BATCH: u32 = 4;
/// Events older than this are not told any more.
const TOLD_FOR: Duration = Duration::from_secs(24 * 60 * 60);
const LONGEST_PAUSE: Duration = Duration::from_secs(60 * 60);
const DEADLINES: Deadlines =
    Deadlines { connect: Duration::from_secs(3), total: Some(Duration::from_secs(10)) };

/// Tells.
pub(crate) struct Webhook {
    url: Url,
    secret: SecretString,
    http: reqwest::Client,
    store: Store,
    clock: SharedClock,
    holder: String,
}

impl std::fmt::Debug for Webhook {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Webhook").finish_non_exhaustive()
    }
}

/// Why nobody can be told.
#[derive(Debug, thiserror::Error)]
pub enum Unusable {
    /// The HTTP client.
    #[error("the webhook's client could not be made")]
    Client(#[source] reqwest::Error),
    /// The random source.
    #[error(transparent)]
    NoRandomness(#[from] NoRandomness),
}

impl Webhook {
    /// Over the given parts.
    pub(crate) fn new(settings: Settings, store: Store, clock: SharedClock) -> Result<Self, Unusable> {
        let http = builder("peaka-mcp-gateway", DEADLINES).build().map_err(Unusable::Client)?;
        Ok(Self { url: settings.url, secret: settings.secret, http, store, clock, holder: random_text()? })
    }

    /// Tells until `shutdown`. What is not told by then, the next replica tells.
    pub(crate) async fn run(&self, shutdown: CancellationToken) {
        let mut looks = tokio::time::interval(LOOK);
        looks.set_missed_tick_behavior(MissedTickBehavior::Delay);
        loop {
            let round = async {
                looks.tick().await;
                self.round().await
            };
            // A message that is being sent when this ends is sent once more by whoever tells next.
            match shutdown.run_until_cancelled(round).await {
                None => return,
                Some(Ok(())) => {}
                Some(Err(error)) => {
                    warn!(error = %Chain(&error), "could not read what the webhook is to be told");
                }
            }
        }
    }

    async fn round(&self) -> Result<(), StoreError> {
        loop {
            let now = self.clock.now();
            if !self.store.take_lease(LEASE, &self.holder, now, now.plus(LEASE_LIFE)).await? {
                return Ok(());
            }
            let untold = self.store.untold(now.minus(TOLD_FOR), now, BATCH).await?;
            let last = untold.len() < BATCH as usize;
            for untold in untold {
                self.deliver(&untold).await?;
            }
            if last {
                return Ok(());
            }
        }
    }

    async fn deliver(&self, Untold { event, attempts }: &Untold) -> Result<(), StoreError> {
        let (attempts, told) = (attempts + 1, self.tell(event).await);
        let now = self.clock.now();
        match told {
            Ok(()) => {
                info!(event = event.id, kind = event.kind, attempts, "told the webhook");
                self.store.note_delivery(&event.id, attempts, now, Some(now)).await
            }
            Err(why) => {
                let next_at = now.plus(pause(attempts));
                let given_up = next_at > event.at.plus(TOLD_FOR);
                warn!(
                    event = event.id,
                    kind = event.kind,
                    attempts,
                    given_up,
                    why,
                    "could not tell the webhook"
                );
                self.store.note_delivery(&event.id, attempts, next_at, None).await
            }
        }
    }

    async fn tell(&self, event: &AuditRow) -> Result<(), String> {
        let body = json!({
            "id": event.id,
            "at_ms": event.at.millis(),
            "kind": event.kind,
            "subject": event.subject,
            "client_id": event.client_id,
            "client_name": event.client_name,
            "session_id": event.session_id,
            "origin": event.origin,
        })
        .to_string();
        let signature = signature(&self.secret, self.clock.now(), &body);
        let request = self.http.post(self.url.clone()).header(SIGNATURE_HEADER, signature);
        let request = request.header("content-type", "application/json").body(body);
        match request.send().await {
            Ok(answer) if answer.status().is_success() => Ok(()),
            Ok(answer) => Err(format!("it answered {}", answer.status().as_u16())),
            // The address may hold a secret of its own.
            Err(error) => Err(Chain(&error.without_url()).to_string()),
        }
    }
}

/// `t=<seconds>,v1=<HMAC-SHA-256 in hexadecimal>`.
fn signature(secret: &SecretString, at: Timestamp, body: &str) -> String {
    let key = hmac::Key::new(hmac::HMAC_SHA256, secret.expose_secret().as_bytes());
    let seconds = at.seconds();
    let tag = hmac::sign(&key, format!("{seconds}.{body}").as_bytes());
    let hexadecimal: String = tag.as_ref().iter().map(|byte| format!("{byte:02x}")).collect();
    format!("t={seconds},v1={hexadecimal}")
}

/// 5 s, 10 s, 20 s, … and an hour at the most.
fn pause(attempts: u32) -> Duration {
    let doubled = 5_u64.saturating_mul(1 << attempts.saturating_sub(1).min(20));
    Duration::from_secs(doubled).min(LONGEST_PAUSE)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn pauses_grow_and_end() {
        let seconds: Vec<u64> = [1, 2, 3, 10, 11, 1000].map(|n| pause(n).as_secs()).into();
        assert_eq!(seconds, [5, 10, 20, 2560, 3600, 3600]);
    }
}
