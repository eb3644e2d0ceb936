//! The master keys of the environment: the first seals the stored keys, all of them open.

use base64::{Engine as _, prelude::BASE64_URL_SAFE_NO_PAD};

use super::aead::{AeadKey, Unsealable};
use crate::domain::secret::NoRandomness;

/// The master keys, newest first.
#[derive(Debug)]
pub struct MasterKeys {
    first: AeadKey,
    others: Vec<AeadKey>,
    fingerprints: Vec<String>,
}

/// A master key is malformed.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
#[error(
    "should be a comma-separated list of base64url keys of 32 bytes each, newest first; make one with: \
     openssl rand -base64 32 | tr '+/' '-_' | tr -d '='"
)]
pub struct NotAMasterKey;

impl MasterKeys {
    /// Reads the list.
    pub fn parse(list: &str) -> Result<Self, NotAMasterKey> {
        let keys = list
            .split(',')
            .map(|key| {
                let material = BASE64_URL_SAFE_NO_PAD.decode(key.trim()).ok()?;
                // A key of one repeated byte is an example that somebody forgot to replace.
                let varied = material.iter().any(|byte| Some(byte) != material.first());
                if varied { AeadKey::new(&material) } else { None }
            })
            .collect::<Option<Vec<_>>>()
            .ok_or(NotAMasterKey)?;
        let fingerprints = keys.iter().map(fingerprint).collect::<Option<_>>().ok_or(NotAMasterKey)?;
        let mut keys = keys.into_iter();
        Ok(Self { first: keys.next().ok_or(NotAMasterKey)?, others: keys.collect(), fingerprints })
    }

    /// The fingerprint of the key that seals. It tells nothing of the key but whether it is the same.
    pub fn newest(&self) -> &str {
        self.fingerprints.first().map_or("", String::as_str)
    }

    /// The fingerprints of all of them, newest first.
    pub fn fingerprints(&self) -> &[String] {
        &self.fingerprints
    }

    /// Seals under the newest key.
    pub fn seal(&self, purpose: &str, plain: &[u8]) -> Result<String, NoRandomness> {
        Ok(BASE64_URL_SAFE_NO_PAD.encode(self.first.seal(purpose, plain)?))
    }

    /// Opens with whichever key fits.
    pub fn unseal(&self, purpose: &str, sealed: &str) -> Result<Vec<u8>, Unsealable> {
        let sealed = BASE64_URL_SAFE_NO_PAD.decode(sealed).map_err(|_| Unsealable)?;
        std::iter::once(&self.first)
            .chain(&self.others)
            .find_map(|key| key.unseal(purpose, &sealed).ok())
            .ok_or(Unsealable)
    }
}

fn fingerprint(key: &AeadKey) -> Option<String> {
    let bytes = key.derive("master key fingerprint", &[])?;
    Some(BASE64_URL_SAFE_NO_PAD.encode(bytes.first_chunk::<6>()?))
}

#[cfg(test)]
mod tests {
    use super::*;

    const OLD: &str = "AAECAwQFBgcICQoLDA0ODxAREhMUFRYXGBkaGxwdHh8";
    const NEW: &str = "HwECAwQFBgcICQoLDA0ODxAREhMUFRYXGBkaGxwdHh8";

    #[test]
    fn what_an_older_key_sealed_is_still_opened() {
        let sealed = MasterKeys::parse(OLD).unwrap().seal("p", b"x").unwrap();
        let both = MasterKeys::parse(&format!("{NEW}, {OLD}")).unwrap();
        assert_eq!(both.unseal("p", &sealed).unwrap(), b"x");
        assert_eq!(MasterKeys::parse(NEW).unwrap().unseal("p", &sealed), Err(Unsealable));
    }

    #[test]
    fn a_fingerprint_tells_keys_apart() {
        let both = MasterKeys::parse(&format!("{NEW}, {OLD}")).unwrap();
        let old = MasterKeys::parse(OLD).unwrap();
        assert_eq!(both.fingerprints(), [both.newest(), old.newest()]);
        assert_ne!(both.newest(), old.newest());
        assert_eq!(old.newest().len(), 8);
    }

    #[test]
    fn malformed_and_example_keys_are_refused() {
        for wrong in ["", "short", "AAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA", &format!("{OLD},")] {
            assert!(MasterKeys::parse(wrong).is_err(), "{wrong}");
        }
    }
}
