/// How a key signs. It is the key's, never the token's to choose (RFC 8725 §3.1).
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Algorithm {
    /// ECDSA on P-256 with SHA-256 (RFC 7518 §3.4): what everybody can check.
    Es256,
    /// EdDSA on edwards25519 (RFC 8037 §3.1) under the name of RFC 9864 §2.2: signed in half the time.
    Ed25519,
}

impl Algorithm {
    /// Its `alg`.
    pub(super) const fn name(self) -> &'static str {
        match self {
            Self::Es256 => "ES256",
            Self::Ed25519 => "Ed25519",
        }
    }

    /// The one of this `alg`.
    pub(super) fn named(name: &str) -> Option<Self> {
        [Self::Es256, Self::Ed25519].into_iter().find(|algorithm| algorithm.name() == name)
    }
}
