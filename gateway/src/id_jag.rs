//! Enterprise-managed authorization: an enterprise's issuer speaks for its people, by identity assertion JWT authorization
//! grants (draft-ietf-oauth-identity-assertion-authz-grant, a profile of RFC 7523). No page is shown, so everything rests
//! on what the operator wrote down of the issuer: its keys, the clients it may speak to, the domains of its people's
//! e-mail addresses.
//!
//! An issuer names a person; the person's own Peaka credential has to be here already, from a sign-in through this
//! gateway. Nobody is ever given another's.

mod claims;
mod issuers;

use shared::{
    chain::Chain,
    clock::{SharedClock, Timestamp},
    scope::Scopes,
};
use tracing::debug;

use self::claims::{Claims, Named};
pub(crate) use self::issuers::read as read_file;
pub use self::issuers::{FILE, Issuers, TrustedIssuer};
use crate::{
    domain::{
        client::{Client, ClientKeys},
        issuer::Issuer,
        secret::hash,
    },
    operator_clients::{EntryKeys, KeySets, NoKeys},
    signed_assertion::{SignatureFault, Types, unverified, verified},
};

/// The profile, as the metadata names it.
pub(crate) const PROFILE: &str = "urn:ietf:params:oauth:grant-profile:id-jag";
const TYPES: Types = Types { allowed: &["oauth-id-jag+jwt"], required: true };

/// Why an assertion is not taken. The texts say nothing that its sender does not know.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
#[error("{}", self.description())]
pub(crate) enum BadIdJag {
    /// Its issuer is nobody that the operator trusts, or not for this client.
    Issuer,
    /// Form, header, key or signature.
    Signature,
    /// A claim is missing or of the wrong type.
    Claims,
    /// `aud`.
    Audience,
    /// `client_id`.
    Client,
    /// `resource`.
    Resource,
    /// Over, not yet begun, or too long-lived.
    Time,
    /// The e-mail address.
    Email,
    /// `scope`.
    Scope,
}

impl BadIdJag {
    /// What is wrong.
    pub(crate) const fn description(self) -> &'static str {
        match self {
            Self::Issuer => "the assertion is not of an issuer that this server trusts for this client",
            Self::Signature => {
                "the assertion must be a JWS of type oauth-id-jag+jwt, signed with ES256, RS256 or PS256 by its issuer's \
                 key, with alg, typ and kid in its header"
            }
            Self::Claims => {
                "the assertion must have iss, sub, aud, client_id, resource, jti, exp, iat and the person's e-mail address"
            }
            Self::Audience => "aud of the assertion must be the issuer of this server, and nothing else",
            Self::Client => "the assertion was made for another client",
            Self::Resource => "resource of the assertion must be the one of this server",
            Self::Time => "the assertion has expired, is not valid yet, or lives longer than 10 minutes",
            Self::Email => {
                "the e-mail address in the assertion is not verified, or not of a domain that its issuer speaks for"
            }
            Self::Scope => "the assertion allows no scope of this server",
        }
    }
}

/// Why there is no verdict, or a bad one.
#[derive(Debug, thiserror::Error)]
pub(crate) enum Refusal {
    /// A bad one.
    #[error(transparent)]
    Bad(#[from] BadIdJag),
    /// The issuer's keys are not at hand.
    #[error(transparent)]
    NoKeys(#[from] NoKeys),
}

/// What an issuer said, proven.
#[derive(Debug)]
pub(crate) struct Vouched<'a> {
    /// The issuer.
    pub(crate) issuer: &'a str,
    /// Its name for the person.
    pub(crate) subject: String,
    /// The person's e-mail address, in lower case.
    pub(crate) email: String,
    /// What the client may do at most.
    pub(crate) ceiling: Scopes,
    /// The assertion, under a name that tells nothing of it.
    pub(crate) id_hash: String,
    /// When it would not be taken any more.
    pub(crate) ends: Timestamp,
}

/// Judges assertions.
#[derive(Debug)]
pub(crate) struct IdJag {
    issuers: Issuers,
    issuer: Issuer,
    key_sets: KeySets,
    clock: ClockBox,
}

/// A clock that can be printed.
struct ClockBox(SharedClock);

impl std::fmt::Debug for ClockBox {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str("Clock")
    }
}

impl IdJag {
    /// Of `issuers`, for `issuer`.
    pub(crate) const fn new(issuers: Issuers, issuer: Issuer, key_sets: KeySets, clock: SharedClock) -> Self {
        Self { issuers, issuer, key_sets, clock: ClockBox(clock) }
    }

    /// What the issuer of `assertion` says to `client`, if it is one that may. That it is said once is for the store to
    /// see to, together with what comes of it.
    pub(crate) async fn judge(&self, client: &Client, assertion: &str) -> Result<Vouched<'_>, Refusal> {
        // Nothing is believed yet: it only says whose keys to try. Those of strangers are not asked for.
        let Named { iss } = unverified(assertion).ok_or(BadIdJag::Signature)?;
        let trusted = self.issuers.get(&iss).filter(|trusted| trusted.client_ids.contains(&client.id));
        let trusted = trusted.ok_or(BadIdJag::Issuer)?;
        let payload = match verified(&self.keys(trusted, false).await?, assertion, TYPES) {
            Err(SignatureFault::UnknownKey) => verified(&self.keys(trusted, true).await?, assertion, TYPES),
            judged => judged,
        };
        let payload = payload.map_err(|fault| {
            debug!(issuer = iss, ?fault, "refused the signature of an identity assertion");
            BadIdJag::Signature
        })?;
        let claims: Claims = serde_json::from_slice(&payload).map_err(|error| {
            debug!(issuer = iss, error = %Chain(&error), "refused the claims of an identity assertion");
            BadIdJag::Claims
        })?;
        let ends = claims.judge(&client.id, &self.issuer, self.clock.0.now())?;
        Ok(Vouched {
            issuer: &trusted.issuer,
            email: claims.email(trusted)?,
            ceiling: claims.scopes(trusted.scopes.within(client.ceiling))?,
            id_hash: hash(&format!("{}:{}{}", trusted.issuer.len(), trusted.issuer, claims.jti)),
            subject: claims.sub,
            ends,
        })
    }

    async fn keys(&self, trusted: &TrustedIssuer, again: bool) -> Result<ClientKeys, NoKeys> {
        match &trusted.keys {
            EntryKeys::Inline(keys) => Ok(keys.clone()),
            EntryKeys::At(url) => self.key_sets.at(url, again).await,
        }
    }
}
