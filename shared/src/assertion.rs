//! The identity header: the gateway's signed word on who is calling, which the backend verifies and exchanges
//! for that person's Peaka credential. It lives for at most [`LIFETIME`] and is bound to one issuer and one
//! audience; its own `typ` keeps an access token from ever passing for one (RFC 8725 §3.11).

mod verified;

use std::{borrow::Cow, collections::BTreeSet, time::Duration};

use serde::{Deserialize, Serialize};

pub use self::verified::Verified;
use crate::{
    clock::Timestamp,
    jws::{JwsError, SigningKey, VerificationKeys},
    scope::Scopes,
};

/// The name of the header, in the lower case that `http::HeaderName` wants.
pub const HEADER: &str = "x-peaka-identity";

/// The header in which the backend tells the gateway which scopes a refused call needed (HTTP 403): all of them,
/// separated by spaces. It never leaves the gateway.
pub const REQUIRED_SCOPE_HEADER: &str = "x-peaka-required-scope";

/// The header by which the backend tells the gateway that the person must sign in again (HTTP 401): the only 401
/// of the backend that the gateway believes. It never leaves the gateway.
pub const SIGN_IN_AGAIN_HEADER: &str = "x-peaka-sign-in-again";

/// The audience of every identity header: the MCP backend.
pub const AUDIENCE: &str = "peaka-mcp-backend";

/// The `typ` of the JWS.
pub const TYPE: &str = "peaka-identity+jwt";

/// How long an assertion lives.
pub const LIFETIME: Duration = Duration::from_secs(60);

/// How far the clocks of two replicas may differ before one refuses what the other signed.
pub const CLOCK_LEEWAY: Duration = Duration::from_secs(30);

/// Who is calling, through which client, and what the person allowed it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Identity {
    /// The person's id at Peaka.
    pub subject: String,
    /// The session this request belongs to.
    pub session_id: String,
    /// The OAuth client that acts for the person.
    pub client_id: String,
    /// What the session may do.
    pub scopes: Scopes,
    /// Where it may do it.
    pub projects: Projects,
}

/// The projects that a session reaches.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Projects {
    /// Every project the person can reach, now and later.
    All,
    /// Only these, by project id.
    Only(BTreeSet<String>),
}

impl Projects {
    /// Whether the session reaches this project.
    pub fn allow(&self, project_id: &str) -> bool {
        match self {
            Self::All => true,
            Self::Only(ids) => ids.contains(project_id),
        }
    }
}

#[derive(Clone, Debug, Serialize, Deserialize)]
struct Claims<'a> {
    iss: Cow<'a, str>,
    aud: Cow<'a, str>,
    sub: Cow<'a, str>,
    sid: Cow<'a, str>,
    client_id: Cow<'a, str>,
    scope: Scopes,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    projects: Option<Cow<'a, BTreeSet<String>>>,
    iat: i64,
    exp: i64,
    jti: String,
}

/// Why an assertion was refused.
#[derive(Debug, thiserror::Error)]
pub enum Refusal {
    /// Form, type, key or signature.
    #[error(transparent)]
    Jws(#[from] JwsError),
    /// It was issued by somebody else, or for somebody else.
    #[error("the identity assertion is not for this deployment")]
    OtherParty,
    /// It is over, lies in the future, or claims a longer life than it may have.
    #[error("the identity assertion is not valid at this time")]
    Time,
}

/// Signs assertions for one issuer.
#[derive(Debug)]
pub struct Minter<'a> {
    /// The key in use.
    pub key: &'a SigningKey,
    /// The gateway's issuer.
    pub issuer: &'a str,
}

impl Minter<'_> {
    /// Signs `identity` with a life from `now` to `now` + [`LIFETIME`]. `jti` must be unique.
    pub fn mint(&self, identity: &Identity, now: Timestamp, jti: String) -> Result<String, JwsError> {
        let claims = Claims {
            iss: self.issuer.into(),
            aud: AUDIENCE.into(),
            sub: (&identity.subject).into(),
            sid: (&identity.session_id).into(),
            client_id: (&identity.client_id).into(),
            scope: identity.scopes,
            projects: match &identity.projects {
                Projects::All => None,
                Projects::Only(ids) => Some(Cow::Borrowed(ids)),
            },
            iat: now.seconds(),
            exp: now.plus(LIFETIME).seconds(),
            jti,
        };
        self.key.sign(TYPE, &claims)
    }
}

/// Verifies an assertion against `keys` and reads who is calling.
pub fn verify(
    token: &str,
    keys: &VerificationKeys,
    issuer: &str,
    now: Timestamp,
) -> Result<Identity, Refusal> {
    let claims: Claims<'_> = keys.verify(TYPE, token)?;
    claims.check(issuer, now)?;
    Ok(claims.into())
}

impl Claims<'_> {
    fn check(&self, issuer: &str, now: Timestamp) -> Result<(), Refusal> {
        if self.iss != issuer || self.aud != AUDIENCE {
            return Err(Refusal::OtherParty);
        }
        let leeway = CLOCK_LEEWAY.as_secs().cast_signed();
        let life = self.exp.saturating_sub(self.iat);
        let starts_in_time = self.iat <= now.seconds().saturating_add(leeway);
        let not_over = now.seconds() < self.exp.saturating_add(leeway);
        let bounded = (0..=LIFETIME.as_secs().cast_signed()).contains(&life);
        if starts_in_time && not_over && bounded { Ok(()) } else { Err(Refusal::Time) }
    }
}

impl From<Claims<'_>> for Identity {
    fn from(claims: Claims<'_>) -> Self {
        Self {
            subject: claims.sub.into_owned(),
            session_id: claims.sid.into_owned(),
            client_id: claims.client_id.into_owned(),
            scopes: claims.scope,
            projects: claims.projects.map_or(Projects::All, |ids| Projects::Only(ids.into_owned())),
        }
    }
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;
    use crate::{jws::Algorithm, scope::Scope};

    const NOW: Timestamp = Timestamp::from_seconds(1_800_000_000);

    fn identity() -> Identity {
        Identity {
            subject: "u1".into(),
            session_id: "s1".into(),
            client_id: "c1".into(),
            scopes: Scope::Read.into(),
            projects: Projects::Only(["mtKDhe1U".to_owned()].into()),
        }
    }

    fn minted() -> (VerificationKeys, SigningKey, String) {
        let key = SigningKey::generate(Algorithm::Ed25519, "k").unwrap();
        let keys = VerificationKeys::from_jwk_set(&json!({ "keys": [key.public_jwk()] })).unwrap();
        let token =
            Minter { key: &key, issuer: "https://gw.example" }.mint(&identity(), NOW, "j".into()).unwrap();
        (keys, key, token)
    }

    #[test]
    fn what_is_minted_is_what_is_read() {
        let (keys, _, token) = minted();
        assert_eq!(verify(&token, &keys, "https://gw.example", NOW).unwrap(), identity());
    }

    #[test]
    fn it_is_bound_to_its_issuer_and_to_its_time() {
        let (keys, _, token) = minted();
        let at = |seconds: i64| {
            verify(&token, &keys, "https://gw.example", Timestamp::from_seconds(NOW.seconds() + seconds))
        };
        assert!(matches!(verify(&token, &keys, "https://gw.example/", NOW), Err(Refusal::OtherParty)));
        assert!(at(-30).is_ok() && at(89).is_ok());
        assert!(matches!(at(-31), Err(Refusal::Time)));
        assert!(matches!(at(90), Err(Refusal::Time)));
    }

    #[test]
    fn every_claim_must_be_there_and_the_life_is_bounded() {
        let (keys, key, _) = minted();
        let good = json!({"iss": "https://gw.example", "aud": AUDIENCE, "sub": "u", "sid": "s", "client_id": "c",
            "scope": "peaka:read", "iat": NOW.seconds(), "exp": NOW.seconds() + 60, "jti": "j"});
        let check = |claims: &serde_json::Value| {
            verify(&key.sign(TYPE, claims).unwrap(), &keys, "https://gw.example", NOW)
        };
        assert_eq!(check(&good).unwrap().projects, Projects::All);
        for name in ["iss", "aud", "sub", "sid", "client_id", "scope", "iat", "exp", "jti"] {
            let mut lacking = good.clone();
            lacking.as_object_mut().unwrap().remove(name);
            assert!(check(&lacking).is_err(), "accepted without {name}");
        }
        for (name, value) in [
            ("exp", json!(NOW.seconds() + 61)),
            ("exp", json!("1900000000")),
            ("exp", json!(1e300)),
            ("aud", json!([AUDIENCE])),
            ("aud", json!("other")),
            ("iat", json!(i64::MIN)),
            ("scope", json!("peaka:admin")),
        ] {
            let mut wrong = good.clone();
            wrong[name] = value;
            assert!(check(&wrong).is_err(), "accepted {name}={}", wrong[name]);
        }
    }
}
