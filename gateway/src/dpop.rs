//! Proofs of possession (RFC 9449). A client signs every request with a key of its own, and its tokens are worth nothing
//! without that key. A proof brings its key along, so it proves nothing of who signed: only that whoever sends this
//! request holds the key that it shows. What the key must be, the token, the session or the code says.

mod nonce;
mod proof;

use std::{fmt, sync::Arc, time::Duration};

use http::{HeaderMap, HeaderName, HeaderValue, Method};
use shared::clock::SharedClock;

pub(crate) use self::{nonce::NONCE, proof::ProofAlgorithm};
use self::{nonce::Nonces, proof::Proof};
use crate::{
    domain::{
        dpop::{Mode, Thumbprint},
        issuer::Issuer,
    },
    ephemeral::Ephemeral,
    keys::Keys,
    replays::Replays,
};

/// Where the proof is.
pub(crate) const HEADER: HeaderName = HeaderName::from_static("dpop");
/// Replicas whose clocks differ by so much forget the use of a proof only when none of them would take it any more.
const BETWEEN_REPLICAS: Duration = Duration::from_secs(60);

/// Why a proof proves nothing. The texts say nothing that its sender does not know.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
#[error("{}", self.description())]
pub(crate) enum BadProof {
    /// There is none where one has to be.
    Missing,
    /// There are several.
    Several,
    /// Not a compact JWS of a good size.
    Malformed,
    /// The header is of another type, or asks for what is not given.
    Header,
    /// The key is private, of another kind than the algorithm, or of a bad size.
    Key,
    /// The key did not make the signature.
    Signature,
    /// A claim is missing or has the wrong type.
    Claims,
    /// `htm` is not the method of the request.
    Method,
    /// `htu` is not its address.
    Address,
    /// `ath` is not the hash of its access token.
    Token,
    /// It was made too long ago, or in the future.
    Time,
    /// It holds no nonce of this server's, or one that is over.
    Nonce,
    /// It was used before.
    Replayed,
}

impl BadProof {
    /// What is wrong, and what to do.
    pub(crate) const fn description(self) -> &'static str {
        match self {
            Self::Missing => "the DPoP proof is missing; this client or token is bound to a key",
            Self::Several => "send one DPoP header with one proof",
            Self::Malformed => "the DPoP proof is not a compact JWS",
            Self::Header => {
                "the header of the DPoP proof must have typ dpop+jwt, alg ES256, EdDSA or RS256, and jwk, and besides at \
                 most kid"
            }
            Self::Key => {
                "jwk of the DPoP proof must be a public key that goes with alg: P-256, Ed25519, or RSA of 2048 to 4096 \
                 bits"
            }
            Self::Signature => "the signature of the DPoP proof is wrong",
            Self::Claims => "the DPoP proof must have htm, htu, iat and a jti of 1 to 256 characters",
            Self::Method => "htm of the DPoP proof must be the method of the request",
            Self::Address => {
                "htu of the DPoP proof must be the public address of the request, without query and fragment"
            }
            Self::Token => "ath of the DPoP proof must be the SHA-256 hash of the access token in base64url",
            Self::Time => "iat of the DPoP proof must be the present time; look at the clock",
            Self::Nonce => "put the nonce of the DPoP-Nonce header into the DPoP proof",
            Self::Replayed => "the DPoP proof was used before; make a new one for each request",
        }
    }
}

/// The request that a proof must have been made for.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Made<'a> {
    /// Its method.
    pub(crate) method: &'a Method,
    /// Its path below the issuer.
    pub(crate) path: &'a str,
    /// The access token in it.
    pub(crate) token: Option<&'a str>,
}

/// Judges proofs.
pub(crate) struct Dpop {
    mode: Mode,
    issuer: Issuer,
    clock: SharedClock,
    nonces: Nonces,
    replays: Replays,
}

impl fmt::Debug for Dpop {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Dpop").field("mode", &self.mode).finish_non_exhaustive()
    }
}

impl Dpop {
    /// For requests to `issuer`; uses are marked in `ephemeral`.
    pub(crate) fn new(
        mode: Mode,
        issuer: Issuer,
        keys: Arc<Keys>,
        ephemeral: Arc<dyn Ephemeral>,
        clock: SharedClock,
    ) -> Self {
        let replays = Replays::new("proof", ephemeral, Arc::clone(&clock));
        Self { mode, issuer, clock, nonces: Nonces::new(keys), replays }
    }

    /// Whether proofs are looked at.
    pub(crate) fn is_on(&self) -> bool {
        self.mode != Mode::Off
    }

    /// The key whose possession a request proves. `None` if it does not try to, or nobody looks.
    ///
    /// # Errors
    /// [`BadProof`] if it tries and fails.
    pub(crate) async fn key(
        &self,
        headers: &HeaderMap,
        made: Made<'_>,
    ) -> Result<Option<Thumbprint>, BadProof> {
        if !self.is_on() {
            return Ok(None);
        }
        let mut values = headers.get_all(HEADER).iter();
        let Some(value) = values.next() else { return Ok(None) };
        if values.next().is_some() {
            return Err(BadProof::Several);
        }
        let proof = Proof::read(value.to_str().map_err(|_| BadProof::Malformed)?)?;
        proof.is_for(made.method.as_str(), &self.issuer.join(made.path), made.token)?;
        let now = self.clock.now();
        // A nonce tells the time better than a clock of the client's that may be wrong (§11.1). It is the only judge of a
        // proof that has one: judged by its own time once the nonce is over, such a proof could outlive its mark.
        let ends = match proof.nonce() {
            Some(nonce) => self.nonces.ends(nonce, now).ok_or(BadProof::Nonce)?,
            None if self.mode == Mode::Nonce => return Err(BadProof::Nonce),
            None => proof.ends(now)?,
        };
        // Last, so that only what is good in every other way leaves a mark.
        let keep_for = ends.since(now).saturating_add(BETWEEN_REPLICAS);
        if !self.replays.is_first(proof.key().as_str(), proof.jti(), keep_for).await {
            return Err(BadProof::Replayed);
        }
        Ok(Some(proof.into_key()))
    }

    /// The nonce for the next proof of a client that got on well, where nonces are asked for (§8.2).
    pub(crate) fn next_nonce(&self) -> Option<HeaderValue> {
        if self.mode == Mode::Nonce { self.nonces.at(self.clock.now()) } else { None }
    }

    /// The nonce for a client that could do better with one: it has none, or its clock is wrong.
    pub(crate) fn nonce_after(&self, bad: BadProof) -> Option<HeaderValue> {
        match bad {
            BadProof::Nonce | BadProof::Time => self.nonces.at(self.clock.now()),
            _ => self.next_nonce(),
        }
    }
}
