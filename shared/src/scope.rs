//! The scopes that a session can hold. A wider one implies the narrower ones: write ⊃ query ⊃ read.

use std::{fmt, str::FromStr};

use serde::{Deserialize, Serialize};

/// One scope (RFC 6749 §3.3), ordered from the narrowest to the widest.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Scope {
    /// `peaka:read`: see projects, catalogs, schemas, metadata and statuses.
    Read,
    /// `peaka:query`: run SQL and saved queries.
    Query,
    /// `peaka:write`: create, change, refresh and delete.
    Write,
}

impl Scope {
    /// All scopes, narrowest first: the order in which they are written everywhere.
    pub const ALL: [Self; 3] = [Self::Read, Self::Query, Self::Write];

    /// The name on the wire.
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Read => "peaka:read",
            Self::Query => "peaka:query",
            Self::Write => "peaka:write",
        }
    }

    const fn bit(self) -> u8 {
        match self {
            Self::Read => 1,
            Self::Query => 2,
            Self::Write => 4,
        }
    }
}

impl fmt::Display for Scope {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.as_str())
    }
}

/// A scope name that is not one of [`Scope::ALL`].
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error("unknown scope; this server knows peaka:read, peaka:query and peaka:write")]
pub struct UnknownScope;

impl FromStr for Scope {
    type Err = UnknownScope;

    fn from_str(name: &str) -> Result<Self, UnknownScope> {
        Self::ALL.into_iter().find(|scope| scope.as_str() == name).ok_or(UnknownScope)
    }
}

/// A set of scopes; on the wire a space-separated list.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(try_from = "String", into = "String")]
pub struct Scopes(u8);

impl Scopes {
    /// No scope at all.
    pub const NONE: Self = Self(0);
    /// Every scope there is.
    pub const ALL: Self = Self(Scope::Read.bit() | Scope::Query.bit() | Scope::Write.bit());

    /// Whether a holder of this set may do what `needed` allows, wider scopes implying narrower ones.
    pub fn allow(self, needed: Scope) -> bool {
        Scope::ALL.into_iter().any(|held| held >= needed && self.0 & held.bit() != 0)
    }

    /// Whether everything that `other` allows is allowed by this set too.
    pub fn cover(self, other: Self) -> bool {
        other.iter().all(|scope| self.allow(scope))
    }

    /// What this set and `ceiling` both allow; `None` if that is nothing.
    pub fn within(self, ceiling: Self) -> Option<Self> {
        let both: Self =
            Scope::ALL.into_iter().filter(|scope| self.allow(*scope) && ceiling.allow(*scope)).collect();
        // What was asked for stays as it was written wherever the ceiling has room for it.
        let kept: Self = self.iter().filter(|scope| ceiling.allow(*scope)).collect();
        let both = if kept.is_empty() { both } else { kept };
        (!both.is_empty()).then_some(both)
    }

    /// Whether the set names this very scope.
    pub const fn contains(self, scope: Scope) -> bool {
        self.0 & scope.bit() != 0
    }

    /// Whether there is none in it.
    pub const fn is_empty(self) -> bool {
        self.0 == 0
    }

    /// The set with `scope` added.
    #[must_use]
    pub const fn with(self, scope: Scope) -> Self {
        Self(self.0 | scope.bit())
    }

    /// The scopes in it, narrowest first.
    pub fn iter(self) -> impl Iterator<Item = Scope> {
        Scope::ALL.into_iter().filter(move |scope| self.contains(*scope))
    }
}

impl FromIterator<Scope> for Scopes {
    fn from_iter<I: IntoIterator<Item = Scope>>(scopes: I) -> Self {
        scopes.into_iter().fold(Self::NONE, Self::with)
    }
}

impl From<Scope> for Scopes {
    fn from(scope: Scope) -> Self {
        Self::NONE.with(scope)
    }
}

impl fmt::Display for Scopes {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        for (i, scope) in self.iter().enumerate() {
            if i > 0 {
                f.write_str(" ")?;
            }
            f.write_str(scope.as_str())?;
        }
        Ok(())
    }
}

impl FromStr for Scopes {
    type Err = UnknownScope;

    fn from_str(list: &str) -> Result<Self, UnknownScope> {
        list.split(' ').filter(|name| !name.is_empty()).map(Scope::from_str).collect()
    }
}

impl TryFrom<String> for Scopes {
    type Error = UnknownScope;

    fn try_from(list: String) -> Result<Self, UnknownScope> {
        list.parse()
    }
}

impl From<Scopes> for String {
    fn from(scopes: Scopes) -> Self {
        scopes.to_string()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_wider_scope_implies_the_narrower() {
        let write = Scopes::from(Scope::Write);
        assert!(write.allow(Scope::Read) && write.allow(Scope::Query));
        assert!(write.cover(Scopes::ALL));
        assert!(!Scopes::from(Scope::Read).allow(Scope::Query));
        assert!(!Scopes::NONE.allow(Scope::Read));
        assert!(Scopes::NONE.cover(Scopes::NONE));
    }

    #[test]
    fn lists_are_parsed_and_written_in_one_order() {
        assert_eq!(
            "peaka:write  peaka:read".parse::<Scopes>().unwrap().to_string(),
            "peaka:read peaka:write"
        );
        assert_eq!("".parse::<Scopes>(), Ok(Scopes::NONE));
        assert_eq!("peaka:read PEAKA:WRITE".parse::<Scopes>(), Err(UnknownScope));
        assert_eq!("peaka:read\tpeaka:write".parse::<Scopes>(), Err(UnknownScope));
    }
}
