//! The operator's webhook: a signed POST of JSON.

use std::time::Duration;

use aws_lc_rs::hmac;
use secrecy::{ExposeSecret as _, SecretString};
use serde_json::json;
use shared::{
    chain::Chain,
    clock::{SharedClock, Timestamp},
    http_client::{Deadlines, builder},
};
use url::Url;

use super::{
    Unusable,
    teller::{Failure, Messenger},
};
use crate::{
    config::Webhook as Settings,
    store::{AuditRow, Channel},
};

/// Carries when the message was signed (seconds since the epoch) and the signature of `<that time>.<body>`.
const SIGNATURE_HEADER: &str = "peaka-signature";
const DEADLINES: Deadlines =
    Deadlines { connect: Duration::from_secs(3), total: Some(Duration::from_secs(10)) };

/// Tells by HTTP.
pub(super) struct Webhook {
    url: Url,
    secret: SecretString,
    http: reqwest::Client,
    clock: SharedClock,
}

impl Webhook {
    pub(super) fn new(settings: Settings, clock: SharedClock) -> Result<Self, Unusable> {
        let http = builder("peaka-mcp-gateway", DEADLINES).build().map_err(Unusable::Webhook)?;
        Ok(Self { url: settings.url, secret: settings.secret, http, clock })
    }
}

impl Messenger for Webhook {
    const CHANNEL: Channel = Channel::Webhook;

    async fn tell(&self, event: &AuditRow) -> Result<(), Failure> {
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
            Ok(answer) => Err(Failure::ForNow(format!("it answered {}", answer.status().as_u16()))),
            // The address may hold a secret of its own.
            Err(error) => Err(Failure::ForNow(Chain(&error.without_url()).to_string())),
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
