//! The grants of the token endpoint (RFC 6749 §1.3 and its extensions).

/// A way to a token.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Grant {
    /// A person approves in a browser (RFC 6749 §4.1).
    AuthorizationCode,
    /// A session goes on (RFC 6749 §6).
    RefreshToken,
    /// A client acts for itself (RFC 6749 §4.4).
    ClientCredentials,
    /// A person approves in a browser on another machine (RFC 8628).
    Device,
    /// An enterprise's issuer speaks for a person (RFC 7523 §2.1, with an identity assertion authorization grant).
    IdJag,
}

impl Grant {
    /// All that are known here.
    pub const ALL: [Self; 5] =
        [Self::AuthorizationCode, Self::RefreshToken, Self::ClientCredentials, Self::Device, Self::IdJag];

    /// The `grant_type` on the wire.
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::AuthorizationCode => "authorization_code",
            Self::RefreshToken => "refresh_token",
            Self::ClientCredentials => "client_credentials",
            Self::Device => "urn:ietf:params:oauth:grant-type:device_code",
            Self::IdJag => "urn:ietf:params:oauth:grant-type:jwt-bearer",
        }
    }

    /// From the `grant_type` on the wire.
    pub fn parse(name: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|grant| grant.as_str() == name)
    }

    /// From the name on the wire, or from the short one that operators may write.
    pub fn named(name: &str) -> Option<Self> {
        match name {
            "device" => Some(Self::Device),
            "id_jag" => Some(Self::IdJag),
            name => Self::parse(name),
        }
    }

    const fn bit(self) -> u8 {
        1 << self as u8
    }
}

/// A set of grants.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Grants(u8);

impl Grants {
    /// Those of every client that registers itself; which it has use for is its own affair.
    pub const OF_APPS: Self = Self::NONE.with(Grant::AuthorizationCode).with(Grant::RefreshToken);
    /// None.
    pub const NONE: Self = Self(0);

    /// The set with `grant` added.
    #[must_use]
    pub const fn with(self, grant: Grant) -> Self {
        Self(self.0 | grant.bit())
    }

    /// Whether `grant` is in it.
    pub const fn contains(self, grant: Grant) -> bool {
        self.0 & grant.bit() != 0
    }

    /// Whether there is none in it.
    pub const fn is_empty(self) -> bool {
        self.0 == 0
    }

    /// Those in it.
    pub fn iter(self) -> impl Iterator<Item = Grant> {
        Grant::ALL.into_iter().filter(move |grant| self.contains(*grant))
    }

    /// Their names on the wire.
    pub fn names(self) -> Vec<&'static str> {
        self.iter().map(Grant::as_str).collect()
    }
}

impl FromIterator<Grant> for Grants {
    fn from_iter<I: IntoIterator<Item = Grant>>(grants: I) -> Self {
        grants.into_iter().fold(Self::NONE, Self::with)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names_are_read_back_and_no_two_grants_are_one() {
        for grant in Grant::ALL {
            assert_eq!(Grant::parse(grant.as_str()), Some(grant));
            assert_eq!(Grants::NONE.with(grant).iter().collect::<Vec<_>>(), [grant]);
        }
        assert_eq!((Grant::parse("device"), Grant::named("device")), (None, Some(Grant::Device)));
        for unknown in ["", "password", "implicit", "Refresh_token", "refresh_token "] {
            assert_eq!(Grant::named(unknown), None, "{unknown}");
        }
    }
}
