//! One request's way to a Peaka token. It is made with the request and dropped with it: no token outlives the
//! request it was fetched for, and none is shared between two. Without a gateway it is the API key of whoever
//! started this program.

use std::sync::{Arc, OnceLock};

use secrecy::SecretString;
use tokio::sync::OnceCell;

use crate::gateway::{Exchange, Fault, PeakaToken};

/// What a request calls Peaka with.
#[derive(Debug)]
pub(crate) enum Credential {
    /// What the gateway gives for the identity of the request.
    Exchanged(Exchanged),
    /// An API key, if one is set.
    Key(Option<PeakaToken>),
}

/// Why there is no token to use.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum NoToken {
    /// The gateway gave none.
    Gateway(Fault),
    /// No API key is set.
    NoKey,
    /// Peaka answered the API key with 401.
    KeyRefused,
}

impl Credential {
    /// For the request that carried `identity`. Nothing is asked for yet.
    pub(crate) fn exchanged(exchange: Arc<Exchange>, identity: SecretString) -> Self {
        Self::Exchanged(Exchanged {
            exchange,
            identity,
            first: OnceCell::new(),
            replacement: OnceCell::new(),
            fault: OnceLock::new(),
        })
    }

    /// The token to use now.
    pub(crate) async fn token(&self) -> Result<&PeakaToken, NoToken> {
        match self {
            Self::Exchanged(exchanged) => exchanged.token().await.map_err(NoToken::Gateway),
            Self::Key(key) => key.as_ref().ok_or(NoToken::NoKey),
        }
    }

    /// The token to use after Peaka refused one with 401.
    pub(crate) async fn after_refusal(&self, refused: &PeakaToken) -> Result<&PeakaToken, NoToken> {
        match self {
            Self::Exchanged(exchanged) => exchanged.after_refusal(refused).await.map_err(NoToken::Gateway),
            Self::Key(_) => Err(NoToken::KeyRefused),
        }
    }

    /// What kept this request from a token that the gateway should have given, if anything did.
    pub(crate) fn fault(&self) -> Option<Fault> {
        match self {
            Self::Exchanged(exchanged) => exchanged.fault.get().copied(),
            Self::Key(_) => None,
        }
    }
}

/// The identity of one request and what it has been exchanged for.
pub(crate) struct Exchanged {
    exchange: Arc<Exchange>,
    identity: SecretString,
    first: OnceCell<Result<PeakaToken, Fault>>,
    replacement: OnceCell<Result<PeakaToken, Fault>>,
    fault: OnceLock<Fault>,
}

impl std::fmt::Debug for Exchanged {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Exchanged").field("fault", &self.fault).finish_non_exhaustive()
    }
}

impl Exchanged {
    /// The first call exchanges; calls beside it wait for the same answer.
    async fn token(&self) -> Result<&PeakaToken, Fault> {
        if let Some(Ok(replacement)) = self.replacement.get() {
            return Ok(replacement);
        }
        let first = self.first.get_or_init(|| self.exchange.exchange(&self.identity, None)).await;
        self.noting(first)
    }

    /// There is one replacement; if that is refused too, the person must sign in again.
    async fn after_refusal(&self, refused: &PeakaToken) -> Result<&PeakaToken, Fault> {
        if refused.is_replacement {
            return self.noting(&Err(Fault::SignInAgain));
        }
        let replacement =
            self.replacement.get_or_init(|| self.exchange.exchange(&self.identity, Some(refused))).await;
        self.noting(replacement)
    }

    fn noting<'a>(&self, answer: &'a Result<PeakaToken, Fault>) -> Result<&'a PeakaToken, Fault> {
        answer.as_ref().map_err(|fault| *self.fault.get_or_init(|| *fault))
    }
}
