//! Access tokens: ES256 JWTs that nobody but the stand-in needs to understand.

use std::{io::Write as _, path::Path};

use josekit::{
    jwk::alg::ec::{EcCurve, EcKeyPair},
    jws::{
        ES256, JwsHeader,
        alg::ecdsa::{EcdsaJwsSigner, EcdsaJwsVerifier},
    },
};
use serde::{Deserialize, Serialize};

use super::grants::Issue;
use crate::{chance, demo::Person, error::StandinError, time};

/// The one scope there is.
pub(super) const SCOPE: &str = "user_access";

/// Writes a file that only its owner may read.
fn write_private(path: &Path, bytes: &[u8]) -> std::io::Result<()> {
    let mut options = std::fs::OpenOptions::new();
    options.write(true).create_new(true);
    #[cfg(unix)]
    std::os::unix::fs::OpenOptionsExt::mode(&mut options, 0o600);
    options.open(path)?.write_all(bytes)
}

/// Makes and reads access tokens.
pub(crate) struct AccessTokens {
    signer: EcdsaJwsSigner,
    verifier: EcdsaJwsVerifier,
}

#[derive(Debug, Serialize, Deserialize)]
pub(crate) struct Claims {
    iss: String,
    sub: String,
    aud: String,
    scope: String,
    iat: u64,
    exp: u64,
    jti: String,
    /// The grant that the token belongs to.
    pub(crate) gid: String,
    /// See `Grants::expire_access_tokens`.
    pub(crate) epoch: u64,
}

impl AccessTokens {
    /// With the key in `file`, which is made if it is not there; without a file, with a key of its own.
    pub(crate) fn open(file: Option<&Path>) -> Result<Self, StandinError> {
        let Some(path) = file else { return Self::with(&EcKeyPair::generate(EcCurve::P256)?) };
        let problem = |source| StandinError::DataDir { path: path.to_owned(), source };
        if !path.exists() {
            let pair = EcKeyPair::generate(EcCurve::P256)?;
            write_private(path, &pair.to_pem_private_key()).map_err(problem)?;
        }
        let pem = std::fs::read(path).map_err(problem)?;
        Self::with(&EcKeyPair::from_pem(pem, Some(EcCurve::P256))?)
    }

    fn with(pair: &EcKeyPair) -> Result<Self, StandinError> {
        let signer = ES256.signer_from_der(pair.to_der_private_key())?;
        let verifier = ES256.verifier_from_der(pair.to_der_public_key())?;
        Ok(Self { signer, verifier })
    }

    /// A token of `life` seconds. `None` if signing fails, which a good key does not.
    pub(crate) fn issue(
        &self,
        issuer: &str,
        client: &str,
        person: &Person,
        issue: &Issue,
        life: u64,
    ) -> Option<String> {
        let now = time::seconds();
        let claims = Claims {
            iss: issuer.to_owned(),
            sub: person.user_id(),
            aud: client.to_owned(),
            scope: SCOPE.to_owned(),
            iat: now,
            exp: now + life,
            jti: chance::token(),
            gid: issue.grant.clone(),
            epoch: issue.access_epoch,
        };
        let payload = serde_json::to_vec(&claims).ok()?;
        let mut header = JwsHeader::new();
        header.set_token_type("JWT");
        josekit::jws::serialize_compact(&payload, &header, &self.signer).ok()
    }

    /// The claims, if the signature holds and the token has not run out.
    pub(crate) fn read(&self, token: &str) -> Option<Claims> {
        let (payload, _) = josekit::jws::deserialize_compact(token, &self.verifier).ok()?;
        let claims: Claims = serde_json::from_slice(&payload).ok()?;
        (time::seconds() < claims.exp).then_some(claims)
    }
}

impl std::fmt::Debug for AccessTokens {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("AccessTokens").finish_non_exhaustive()
    }
}
