//! Tells of every new connection and of every detected theft: the operator by a webhook, the person by mail, each if it is
//! configured. What is to be told is read from the audit events, which are written in the transaction of what they tell of;
//! no request waits for it.

mod letter;
mod mail;
mod teller;
mod webhook;

use shared::clock::SharedClock;
use tokio_util::sync::CancellationToken;

use self::{mail::Mail, teller::Teller, webhook::Webhook};
use crate::{
    config,
    domain::{issuer::Issuer, secret::NoRandomness},
    store::Store,
};

/// Both ways. Neither knows of the other, nor waits for it.
#[derive(Debug)]
pub(crate) struct Notices {
    webhook: Option<Teller<Webhook>>,
    mail: Option<Teller<Mail>>,
}

/// Why nobody can be told.
#[derive(Debug, thiserror::Error)]
pub enum Unusable {
    /// The HTTP client.
    #[error("the webhook's client could not be made")]
    Webhook(#[source] reqwest::Error),
    /// The TLS of the mail server.
    #[error("the client of the mail server could not be made")]
    Mail(#[source] lettre::transport::smtp::Error),
    /// The random source.
    #[error(transparent)]
    NoRandomness(#[from] NoRandomness),
}

impl Notices {
    /// Over the given parts.
    pub(crate) fn new(
        webhook: Option<config::Webhook>,
        mail: Option<config::Mail>,
        issuer: &Issuer,
        store: &Store,
        clock: &SharedClock,
    ) -> Result<Self, Unusable> {
        let webhook = webhook.map(|settings| Webhook::new(settings, clock.clone())).transpose()?;
        let mail = mail.map(|settings| Mail::new(settings, issuer.clone(), store.clone(), clock.clone()));
        let mail = mail.transpose()?;
        Ok(Self {
            webhook: webhook.map(|webhook| Teller::new(webhook, store, clock)).transpose()?,
            mail: mail.map(|mail| Teller::new(mail, store, clock)).transpose()?,
        })
    }

    /// Whether people are written to, so that it is worth knowing what they read.
    pub(crate) const fn by_mail(&self) -> bool {
        self.mail.is_some()
    }

    /// Tells until `shutdown`. What is not told by then, the next replica tells.
    pub(crate) async fn run(&self, shutdown: &CancellationToken) {
        let webhook = async {
            if let Some(webhook) = &self.webhook {
                webhook.run(shutdown).await;
            }
        };
        let mail = async {
            if let Some(mail) = &self.mail {
                mail.run(shutdown).await;
            }
        };
        tokio::join!(webhook, mail);
    }
}
