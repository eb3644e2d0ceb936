//! What an identity assertion authorization grant must say (§3.1 of the draft), and to whom.

use std::time::Duration;

use serde::Deserialize;
use serde_json::{Map, Value};
use shared::{
    clock::Timestamp,
    scope::{Scope, Scopes},
};

use super::{BadIdJag, TrustedIssuer};
use crate::{
    domain::issuer::Issuer,
    signed_assertion::{NumericDate, Texts},
};

/// What lives longer is a password.
const LONGEST_LIFE: Duration = Duration::from_secs(600);
/// What clocks may differ by.
const LEEWAY: Duration = Duration::from_secs(60);
const LONGEST_ID: usize = 256;
/// RFC 5321 §4.5.3.1: 64 octets, an at sign and 255 octets.
const LONGEST_EMAIL: usize = 320;

/// Who made it, by its own word.
#[derive(Deserialize)]
pub(super) struct Named {
    pub(super) iss: String,
}

/// The claims that are looked at. One that is there twice is an error.
#[derive(Deserialize)]
pub(super) struct Claims {
    pub(super) sub: String,
    pub(super) jti: String,
    aud: Texts,
    client_id: String,
    resource: Texts,
    exp: NumericDate,
    iat: NumericDate,
    nbf: Option<NumericDate>,
    scope: Option<String>,
    /// Among them the person's address, under a name that the operator chose.
    #[serde(flatten)]
    others: Map<String, Value>,
}

impl Claims {
    /// Whether this was said to `client_id`, for `issuer`, now; if so, until when it will be taken.
    pub(super) fn judge(
        &self,
        client_id: &str,
        issuer: &Issuer,
        now: Timestamp,
    ) -> Result<Timestamp, BadIdJag> {
        let id = |text: &str| !text.is_empty() && text.len() <= LONGEST_ID;
        if !id(&self.sub) || !id(&self.jti) {
            return Err(BadIdJag::Claims);
        }
        // One that others take as well could be used here by one of them.
        if !matches!(self.aud.all(), [only] if only == issuer.as_str()) {
            return Err(BadIdJag::Audience);
        }
        if self.client_id != client_id {
            return Err(BadIdJag::Client);
        }
        let resources = self.resource.all();
        if resources.is_empty() || !resources.iter().all(|resource| issuer.names_resource(resource)) {
            return Err(BadIdJag::Resource);
        }
        let (issued, expires) = (self.iat.time(), self.exp.time());
        let ends = expires.plus(LEEWAY);
        let soonest = self.nbf.map_or(issued, |not_before| not_before.time().max(issued));
        let too_long = expires > issued.plus(LONGEST_LIFE) || expires > now.plus(LONGEST_LIFE).plus(LEEWAY);
        if now >= ends || soonest > now.plus(LEEWAY) || too_long {
            return Err(BadIdJag::Time);
        }
        Ok(ends)
    }

    /// The person's address, if it is verified and of a domain that the issuer speaks for.
    pub(super) fn email(&self, trusted: &TrustedIssuer) -> Result<String, BadIdJag> {
        let email = self.others.get(&trusted.email_claim).and_then(Value::as_str).ok_or(BadIdJag::Claims)?;
        let verified = match self.others.get(&trusted.email_verified_claim) {
            Some(said) => said == &Value::Bool(true),
            None => trusted.emails_are_verified,
        };
        let email = email.to_ascii_lowercase();
        let sound =
            email.len() <= LONGEST_EMAIL && !email.chars().any(|c| c.is_control() || c.is_whitespace());
        let ours = match email.split_once('@') {
            Some((name, domain)) => !name.is_empty() && trusted.email_domains.contains(domain),
            None => false,
        };
        if verified && sound && ours { Ok(email) } else { Err(BadIdJag::Email) }
    }

    /// What the client may do: what the assertion says, within `ceiling`; all of that, if it says nothing.
    pub(super) fn scopes(&self, ceiling: Option<Scopes>) -> Result<Scopes, BadIdJag> {
        let ceiling = ceiling.ok_or(BadIdJag::Scope)?;
        let Some(said) = &self.scope else { return Ok(ceiling) };
        // Scopes of others are passed over, as an issuer may know more servers than this one.
        let said: Scopes = said.split(' ').filter_map(|name| name.parse::<Scope>().ok()).collect();
        said.within(ceiling).ok_or(BadIdJag::Scope)
    }
}
