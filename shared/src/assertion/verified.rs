//! The gateway sends one assertion with all requests of some seconds. Its signature is verified once: that costs more than
//! anything else that is done for a small request.

use std::sync::Arc;

use aws_lc_rs::digest::{SHA256, digest};
use quick_cache::sync::Cache;

use super::{Claims, Identity, Refusal, TYPE};
use crate::{clock::Timestamp, jws::VerificationKeys};

/// Assertions remembered; a flood of others only pushes out the least used.
const REMEMBERED: usize = 10_000;

/// Assertions whose signature was good, by their SHA-256.
#[derive(Debug)]
pub struct Verified(Cache<[u8; 32], Arc<Signed>>);

#[derive(Debug)]
struct Signed {
    claims: Claims<'static>,
    kid: String,
}

impl Default for Verified {
    fn default() -> Self {
        Self(Cache::new(REMEMBERED))
    }
}

impl Verified {
    /// As [`super::verify`]. Issuer and time are checked each time, and a key that is no longer among `keys` is no longer
    /// believed.
    ///
    /// # Errors
    ///
    /// When the assertion is not good now.
    pub fn verify(
        &self,
        token: &str,
        keys: &VerificationKeys,
        issuer: &str,
        now: Timestamp,
    ) -> Result<Identity, Refusal> {
        let mut hash = [0; 32];
        hash.copy_from_slice(digest(&SHA256, token.as_bytes()).as_ref());
        if let Some(signed) = self.0.get(&hash).filter(|signed| keys.has(&signed.kid)) {
            signed.claims.check(issuer, now)?;
            return Ok(signed.claims.clone().into());
        }
        let (claims, kid) = keys.verify_naming_key::<Claims<'static>>(TYPE, token)?;
        claims.check(issuer, now)?;
        // Only what was good is remembered: what strangers send takes no place.
        self.0.insert(hash, Arc::new(Signed { claims: claims.clone(), kid }));
        Ok(claims.into())
    }
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;
    use crate::{
        assertion::{Minter, Projects},
        jws::{Algorithm, SigningKey},
        scope::Scope,
    };

    const NOW: Timestamp = Timestamp::from_seconds(1_800_000_000);
    const ISSUER: &str = "https://gw.example";

    fn keys(of: &[&SigningKey]) -> VerificationKeys {
        let public: Vec<_> = of.iter().map(|key| key.public_jwk()).collect();
        VerificationKeys::from_jwk_set(&json!({ "keys": public })).unwrap()
    }

    #[test]
    fn what_is_remembered_is_judged_anew() {
        let (key, next) = (
            SigningKey::generate(Algorithm::Ed25519, "k").unwrap(),
            SigningKey::generate(Algorithm::Ed25519, "l").unwrap(),
        );
        let identity = Identity {
            subject: "u1".into(),
            session_id: "s1".into(),
            client_id: "c1".into(),
            scopes: Scope::Read.into(),
            projects: Projects::All,
        };
        let token = Minter { key: &key, issuer: ISSUER }.mint(&identity, NOW, "j".into()).unwrap();
        let verified = Verified::default();
        let both = keys(&[&key, &next]);
        for _ in 0..2 {
            assert_eq!(verified.verify(&token, &both, ISSUER, NOW).unwrap(), identity);
        }
        let later = Timestamp::from_seconds(NOW.seconds() + 90);
        assert!(matches!(verified.verify(&token, &both, ISSUER, later), Err(Refusal::Time)));
        assert!(matches!(verified.verify(&token, &both, "https://other", NOW), Err(Refusal::OtherParty)));
        // Withdrawn.
        assert!(matches!(verified.verify(&token, &keys(&[&next]), ISSUER, NOW), Err(Refusal::Jws(_))));
        // Forged: the same claims under another signature.
        let forged = Minter { key: &next, issuer: ISSUER }.mint(&identity, NOW, "j".into()).unwrap();
        let (signed, _) = token.rsplit_once('.').unwrap();
        let (_, signature) = forged.rsplit_once('.').unwrap();
        let spliced = format!("{signed}.{signature}");
        assert!(verified.verify(&spliced, &both, ISSUER, NOW).is_err());
    }
}
