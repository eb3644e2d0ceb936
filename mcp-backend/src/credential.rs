//! One request's way to a Peaka token. It is made with the request and dropped with it: no token outlives the
//! request it was fetched for, and none is shared between two.

use std::sync::{Arc, OnceLock};

use secrecy::SecretString;
use tokio::sync::OnceCell;

use crate::gateway::{Exchange, Fault, PeakaToken};

/// The identity of one request and what it has been exchanged for.
pub(crate) struct Credential {
    exchange: Arc<Exchange>,
    identity: SecretString,
    first: OnceCell<Result<PeakaToken, Fault>>,
    replacement: OnceCell<Result<PeakaToken, Fault>>,
    fault: OnceLock<Fault>,
}

impl std::fmt::Debug for Credential {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Credential").field("fault", &self.fault).finish_non_exhaustive()
    }
}

impl Credential {
    /// For the request that carried `identity`. Nothing is asked for yet.
    pub(crate) fn new(exchange: Arc<Exchange>, identity: SecretString) -> Self {
        Self {
            exchange,
            identity,
            first: OnceCell::new(),
            replacement: OnceCell::new(),
            fault: OnceLock::new(),
        }
    }

    /// The token to use now. The first call exchanges; calls beside it wait for the same answer.
    pub(crate) async fn token(&self) -> Result<&PeakaToken, Fault> {
        if let Some(Ok(replacement)) = self.replacement.get() {
            return Ok(replacement);
        }
        let first = self.first.get_or_init(|| self.exchange.exchange(&self.identity, None)).await;
        self.noting(first)
    }

    /// The token to use after Peaka refused one with 401. There is one replacement; if that is refused too, the
    /// person must sign in again.
    pub(crate) async fn after_refusal(&self, refused: &PeakaToken) -> Result<&PeakaToken, Fault> {
        if refused.is_replacement {
            return self.noting(&Err(Fault::SignInAgain));
        }
        let replacement =
            self.replacement.get_or_init(|| self.exchange.exchange(&self.identity, Some(refused))).await;
        self.noting(replacement)
    }

    /// What kept this request from a token, if anything did.
    pub(crate) fn fault(&self) -> Option<Fault> {
        self.fault.get().copied()
    }

    fn noting<'a>(&self, answer: &'a Result<PeakaToken, Fault>) -> Result<&'a PeakaToken, Fault> {
        answer.as_ref().map_err(|fault| *self.fault.get_or_init(|| *fault))
    }
}
