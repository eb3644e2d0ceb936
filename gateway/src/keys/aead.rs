//! Sealing with AES-256-GCM-SIV (RFC 8452): random nonces are safe for as many messages as one key will ever see, as a
//! repeated nonce tells no more than that a message was repeated.

use aws_lc_rs::{
    aead::{AES_256_GCM_SIV, Aad, LessSafeKey, NONCE_LEN, Nonce, UnboundKey},
    hkdf::{HKDF_SHA256, KeyType, Prk, Salt},
};

use crate::domain::secret::{NoRandomness, random};

/// A 32-byte secret that seals and from which other secrets are derived.
pub struct AeadKey {
    key: LessSafeKey,
    derivation: Prk,
}

impl std::fmt::Debug for AeadKey {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str("AeadKey")
    }
}

/// What was presented was not sealed by us, or not for this purpose.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
#[error("not sealed by this server, or not for this purpose")]
pub struct Unsealable;

struct Bytes32;

impl KeyType for Bytes32 {
    fn len(&self) -> usize {
        32
    }
}

impl AeadKey {
    /// From 32 bytes. Sealing and derivation use keys of their own, both derived from it.
    pub fn new(material: &[u8]) -> Option<Self> {
        if material.len() != 32 {
            return None;
        }
        let derivation = Salt::new(HKDF_SHA256, b"peaka-mcp").extract(material);
        let key = UnboundKey::new(&AES_256_GCM_SIV, &expand(&derivation, &[b"seal"])?).ok()?;
        Some(Self { key: LessSafeKey::new(key), derivation })
    }

    /// nonce ‖ ciphertext ‖ tag.
    pub fn seal(&self, purpose: &str, plain: &[u8]) -> Result<Vec<u8>, NoRandomness> {
        let nonce = random::<NONCE_LEN>()?;
        let mut text = plain.to_vec();
        self.key
            .seal_in_place_append_tag(Nonce::assume_unique_for_key(nonce), Aad::from(purpose), &mut text)
            .map_err(|_| NoRandomness)?;
        let mut sealed = nonce.to_vec();
        sealed.append(&mut text);
        Ok(sealed)
    }

    /// The plain text again.
    pub fn unseal(&self, purpose: &str, sealed: &[u8]) -> Result<Vec<u8>, Unsealable> {
        let (nonce, text) = sealed.split_first_chunk::<NONCE_LEN>().ok_or(Unsealable)?;
        let mut text = text.to_vec();
        let plain = self
            .key
            .open_in_place(Nonce::assume_unique_for_key(*nonce), Aad::from(purpose), &mut text)
            .map_err(|_| Unsealable)?;
        Ok(plain.to_vec())
    }

    /// 32 bytes that depend on the key, the purpose and the context (HKDF, RFC 5869).
    pub fn derive(&self, purpose: &str, context: &[u8]) -> Option<[u8; 32]> {
        expand(&self.derivation, &[b"derive", &[0], purpose.as_bytes(), &[0], context])
    }
}

fn expand(prk: &Prk, info: &[&[u8]]) -> Option<[u8; 32]> {
    let mut output = [0; 32];
    prk.expand(info, Bytes32).ok()?.fill(&mut output).ok()?;
    Some(output)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_seal_holds_for_its_key_and_purpose_only() {
        let key = AeadKey::new(&[7; 32]).unwrap();
        let sealed = key.seal("t/1/c", b"secret").unwrap();
        assert_eq!(key.unseal("t/1/c", &sealed).unwrap(), b"secret");
        assert_eq!(key.unseal("t/2/c", &sealed), Err(Unsealable));
        assert_eq!(AeadKey::new(&[8; 32]).unwrap().unseal("t/1/c", &sealed), Err(Unsealable));
        let mut damaged = sealed.clone();
        damaged[NONCE_LEN] ^= 1;
        assert_eq!(key.unseal("t/1/c", &damaged), Err(Unsealable));
        assert_eq!(key.unseal("t/1/c", &sealed[..5]), Err(Unsealable));
        assert_ne!(key.seal("t/1/c", b"secret").unwrap(), sealed);
    }

    #[test]
    fn derived_secrets_differ_by_purpose_and_context() {
        let key = AeadKey::new(&[7; 32]).unwrap();
        assert_eq!(key.derive("a", b"x"), key.derive("a", b"x"));
        assert_ne!(key.derive("a", b"x"), key.derive("a", b"y"));
        assert_ne!(key.derive("a", b"x"), key.derive("b", b"x"));
        assert!(key.derive("a", b"x").is_some());
    }
}
