//! The schemes of the `Authorization` header (RFC 6750 §2.1, RFC 9449 §7.1).

/// How a token is presented.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Scheme {
    /// Whoever bears it.
    Bearer,
    /// With a proof of possession of the key that it is bound to.
    Dpop,
}
