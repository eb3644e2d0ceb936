//! Access tokens (RFC 9068): signed here, and validated without asking anybody. A token's signature is verified once per
//! replica; afterwards it is remembered by its SHA-256, with its principal and the identity header that goes with that.

mod principal;
mod turn;

use std::{collections::BTreeSet, sync::Arc, time::Duration};

use http::HeaderValue;
use quick_cache::sync::Cache;
use serde::{Deserialize, Serialize};
use shared::{
    assertion::{Identity, Minter, Projects},
    clock::{SharedClock, Timestamp},
    jws::JwsError,
    scope::Scopes,
};
use tokio::time::MissedTickBehavior;
use tokio_util::sync::CancellationToken;
use tracing::debug;

pub(crate) use self::principal::Principal;
use self::{principal::Principals, turn::turn};
use crate::{
    domain::{
        dpop::Thumbprint,
        issuer::Issuer,
        secret::{NoRandomness, random_text, sha256},
        session::Session,
    },
    keys::Keys,
    metrics::{CacheAnswer, TOKEN_CACHE},
    revocation::RevokedSessions,
};

/// The `typ` of an access token (RFC 9068 §2.1).
const TYPE: &str = "at+jwt";
/// Tokens, and principals, remembered per replica; a flood of others only pushes out the least used.
const REMEMBERED: usize = 100_000;
/// How often those that are over are forgotten.
const SWEEP: Duration = Duration::from_secs(60);
/// A token may have been signed by a replica whose clock is ahead by so much.
const CLOCK_LEEWAY: Duration = Duration::from_secs(60);
/// A replica whose clock is ahead must not refuse what is still valid by the others', so a token is honoured for so much
/// longer than it says; a short-lived one never for more than twice its life.
const EXPIRY_LEEWAY: Duration = Duration::from_secs(30);

#[derive(Debug, Serialize, Deserialize)]
struct Claims {
    iss: String,
    sub: String,
    aud: String,
    client_id: String,
    sid: String,
    scope: Scopes,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    projects: Option<BTreeSet<String>>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    cnf: Option<Confirmation>,
    jti: String,
    iat: i64,
    exp: i64,
}

/// The key that a token is bound to (RFC 9449 §6.1).
#[derive(Debug, Serialize, Deserialize)]
struct Confirmation {
    jkt: Thumbprint,
}

/// Signs and validates access tokens.
pub(crate) struct AccessTokens {
    keys: Arc<Keys>,
    issuer: Issuer,
    clock: SharedClock,
    revoked: Arc<RevokedSessions>,
    remembered: Cache<[u8; 32], Arc<Valid>>,
    principals: Principals,
}

impl std::fmt::Debug for AccessTokens {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("AccessTokens").field("issuer", &self.issuer).finish_non_exhaustive()
    }
}

/// A token whose signature and claims were good.
pub(crate) struct Valid {
    principal: Arc<Principal>,
    key: Option<Thumbprint>,
    expires_at: Timestamp,
}

impl Valid {
    /// Who acts with it.
    pub(crate) const fn principal(&self) -> &Arc<Principal> {
        &self.principal
    }

    /// Who is calling, and what was allowed.
    pub(crate) fn identity(&self) -> &Identity {
        self.principal.identity()
    }

    /// The key that its sender must prove to have.
    pub(crate) const fn key(&self) -> Option<&Thumbprint> {
        self.key.as_ref()
    }
}

/// The token is no (longer a) ticket to the resource.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
pub(crate) enum BadToken {
    /// Not one of ours, or not for this resource.
    #[error("The access token is not valid for this server.")]
    Invalid,
    /// Over.
    #[error("The access token has expired.")]
    Expired,
    /// Its session was ended.
    #[error("The session of this access token has ended; sign in again.")]
    Revoked,
}

/// The token or header could not be signed.
#[derive(Debug, thiserror::Error)]
pub(crate) enum SignError {
    /// The key.
    #[error(transparent)]
    Key(#[from] JwsError),
    /// The random source.
    #[error(transparent)]
    NoRandomness(#[from] NoRandomness),
    /// The signed text is no header value, which a JWS always is.
    #[error("the identity assertion is not a header value")]
    Header(#[from] http::header::InvalidHeaderValue),
}

impl AccessTokens {
    /// Tokens of one issuer for its one resource.
    pub(crate) fn new(
        keys: Arc<Keys>,
        issuer: Issuer,
        clock: SharedClock,
        revoked: Arc<RevokedSessions>,
    ) -> Self {
        Self {
            keys,
            issuer,
            clock,
            revoked,
            remembered: Cache::new(REMEMBERED),
            principals: Principals::up_to(REMEMBERED),
        }
    }

    /// A token for a session, valid for `lifetime` but not beyond the session's end, and bound to `key` if there is one.
    pub(crate) fn issue(
        &self,
        session: &Session,
        scopes: Scopes,
        lifetime: Duration,
        key: Option<&Thumbprint>,
    ) -> Result<Issued, SignError> {
        let now = self.clock.now();
        let expires_at = now.plus(lifetime).min(session.expires_at);
        let claims = Claims {
            iss: self.issuer.as_str().to_owned(),
            sub: session.subject.clone(),
            aud: self.issuer.resource(),
            client_id: session.client_id.clone(),
            sid: session.id.clone(),
            scope: scopes,
            projects: match &session.projects {
                Projects::All => None,
                Projects::Only(ids) => Some(ids.clone()),
            },
            cnf: key.cloned().map(|jkt| Confirmation { jkt }),
            jti: random_text()?,
            iat: now.seconds(),
            exp: expires_at.seconds(),
        };
        let token = self.keys.access(|ring| ring.active().sign(TYPE, &claims))?;
        Ok(Issued { token, lifetime: expires_at.since(now) })
    }

    /// Judges a presented token. No input or output: a hash and a look-up, for a token seen before. Another one waits for its turn.
    pub(crate) async fn validate(&self, token: &[u8], now: Timestamp) -> Result<Arc<Valid>, BadToken> {
        let hash = sha256(token);
        let valid = match self.remembered(&hash) {
            Some(valid) => valid,
            // Boxed, so that known ones do not carry the room for it.
            None => Box::pin(self.meet(token, hash, now)).await?,
        };
        self.look_again(&valid, now)?;
        Ok(valid)
    }

    fn remembered(&self, hash: &[u8; 32]) -> Option<Arc<Valid>> {
        self.remembered.get(hash).inspect(|_| TOKEN_CACHE.count(CacheAnswer::Hit))
    }

    /// Verifies a token that is not known, and remembers it.
    async fn meet(&self, token: &[u8], hash: [u8; 32], now: Timestamp) -> Result<Arc<Valid>, BadToken> {
        let _turn = turn().await;
        // Another request may have brought it meanwhile.
        if let Some(valid) = self.remembered(&hash) {
            return Ok(valid);
        }
        TOKEN_CACHE.count(CacheAnswer::Miss);
        let token = std::str::from_utf8(token).map_err(|_| BadToken::Invalid)?;
        let valid = Arc::new(self.verify(token, now)?);
        self.remembered.insert(hash, Arc::clone(&valid));
        Ok(valid)
    }

    /// Forgets, until `shutdown`, the tokens that are over: what is held is what is alive.
    pub(crate) async fn follow(&self, shutdown: CancellationToken) {
        let mut sweeps = tokio::time::interval(SWEEP);
        sweeps.set_missed_tick_behavior(MissedTickBehavior::Delay);
        loop {
            tokio::select! {
                () = shutdown.cancelled() => return,
                _ = sweeps.tick() => self.forget_those_over(self.clock.now()),
            }
        }
    }

    fn forget_those_over(&self, now: Timestamp) {
        self.remembered.retain(|_, valid| self.look_again(valid, now).is_ok());
        self.principals.forget_strangers();
    }

    /// Whether a token that was valid still is.
    pub(crate) fn look_again(&self, valid: &Valid, now: Timestamp) -> Result<(), BadToken> {
        if now >= valid.expires_at {
            return Err(BadToken::Expired);
        }
        if self.revoked.contains(&valid.identity().session_id) {
            return Err(BadToken::Revoked);
        }
        Ok(())
    }

    /// Resolves when a valid token is over: because its time is up, or because its session was ended.
    pub(crate) async fn over(&self, valid: &Valid) -> BadToken {
        loop {
            let ended = self.revoked.next();
            tokio::pin!(ended);
            // Listening before looking: an end in between is not missed.
            ended.as_mut().enable();
            if let Err(over) = self.look_again(valid, self.clock.now()) {
                return over;
            }
            tokio::select! {
                () = ended => {}
                () = self.clock.until(valid.expires_at) => {}
            }
        }
    }

    /// Reads the session of a token that this gateway signed, be it over or not: for revocation (RFC 7009).
    pub(crate) fn session_of(&self, token: &str) -> Option<(String, String)> {
        let claims: Claims = self.keys.access(|ring| ring.verification().verify(TYPE, token)).ok()?;
        (claims.iss == self.issuer.as_str()).then_some((claims.sid, claims.client_id))
    }

    /// The session and the claims of a token that is good now (RFC 7662 §2.2). Not the session's own, which are for the
    /// resource alone.
    pub(crate) fn claims_of(&self, token: &str) -> Option<(String, serde_json::Value)> {
        let now = self.clock.now();
        self.look_again(&self.verify(token, now).ok()?, now).ok()?;
        let claims: Claims = self.keys.access(|ring| ring.verification().verify(TYPE, token)).ok()?;
        let mut told = serde_json::json!({
            "iss": claims.iss,
            "sub": claims.sub,
            "aud": claims.aud,
            "client_id": claims.client_id,
            "scope": claims.scope,
            "jti": claims.jti,
            "iat": claims.iat,
            "exp": claims.exp,
            "token_type": if claims.cnf.is_some() { "DPoP" } else { "Bearer" },
        });
        if let Some(cnf) = &claims.cnf {
            // RFC 9449 §6.2
            told["cnf"] = serde_json::json!(cnf);
        }
        Some((claims.sid, told))
    }

    /// The identity header for the backend: signed once per session and a few seconds, then reused.
    pub(crate) fn identity_header(&self, valid: &Valid, now: Timestamp) -> Result<HeaderValue, SignError> {
        valid.principal.header(now, |identity| {
            let jti = random_text()?;
            let assertion = self.keys.identity(|ring| {
                Minter { key: ring.active(), issuer: self.issuer.as_str() }.mint(identity, now, jti)
            })?;
            let mut header = HeaderValue::try_from(assertion)?;
            header.set_sensitive(true);
            Ok(header)
        })
    }

    fn verify(&self, token: &str, now: Timestamp) -> Result<Valid, BadToken> {
        let claims: Claims =
            self.keys.access(|ring| ring.verification().verify(TYPE, token)).map_err(|error| {
                debug!(%error, "refused an access token");
                BadToken::Invalid
            })?;
        let ours = claims.iss == self.issuer.as_str() && claims.aud == self.issuer.resource();
        let from_the_future = claims.iat > now.plus(CLOCK_LEEWAY).seconds();
        if !ours || from_the_future {
            return Err(BadToken::Invalid);
        }
        Ok(Valid {
            principal: self.principals.of(Identity {
                subject: claims.sub,
                session_id: claims.sid,
                client_id: claims.client_id,
                scopes: claims.scope,
                projects: claims.projects.map_or(Projects::All, Projects::Only),
            }),
            key: claims.cnf.map(|cnf| cnf.jkt),
            expires_at: honoured_until(claims.iat, claims.exp),
        })
    }
}

fn honoured_until(issued_at: i64, expires_at: i64) -> Timestamp {
    let (issued_at, expires_at) = (Timestamp::from_seconds(issued_at), Timestamp::from_seconds(expires_at));
    expires_at.plus(expires_at.since(issued_at).min(EXPIRY_LEEWAY))
}

/// A fresh access token.
pub(crate) struct Issued {
    /// The token.
    pub(crate) token: String,
    /// How long it is valid.
    pub(crate) lifetime: Duration,
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::fuzzing::House;

    #[test]
    fn what_is_held_is_what_is_alive() {
        let directory = tempfile::tempdir().unwrap();
        let House { app, valid, .. } = House::build(directory.path());
        let tokens = &app.access_tokens;
        let expires_at = valid.expires_at;
        drop(valid);
        let held = |now: Timestamp| {
            tokens.forget_those_over(now);
            [tokens.remembered.len(), tokens.principals.len()]
        };
        assert_eq!(held(tokens.clock.now()), [1, 1]);
        assert_eq!(held(Timestamp::from_seconds(expires_at.seconds() - 1)), [1, 1]);
        assert_eq!(held(expires_at), [0, 0]);
    }
}
