//! What may be asked for where no person is there to be asked (RFC 6749 §3.3).

use shared::scope::{Scope, Scopes};

use super::error::OAuthError;
use crate::domain::client::Client;

/// What is asked for, none of it beyond `ceiling`; all that the ceiling allows, if nothing in particular.
pub(super) fn narrowed(asked: Option<&str>, ceiling: Scopes) -> Result<Scopes, OAuthError> {
    let names: Vec<&str> = asked
        .unwrap_or_default()
        .split(' ')
        .filter(|name| !name.is_empty() && *name != "offline_access")
        .collect();
    let scopes: Scopes = if names.is_empty() {
        ceiling
    } else {
        let known: Option<Scopes> = names.iter().map(|name| name.parse::<Scope>().ok()).collect();
        known.ok_or(OAuthError::InvalidScope("a scope is not one of this server"))?
    };
    if scopes.is_empty() || !ceiling.cover(scopes) {
        return Err(OAuthError::InvalidScope("this is more than what this client may ask for"));
    }
    Ok(scopes)
}

/// What was approved, as far as the client's operator still lets it ask.
pub(super) fn below_ceiling(client: &Client, approved: Scopes) -> Result<Scopes, OAuthError> {
    approved
        .within(client.ceiling)
        .ok_or(OAuthError::InvalidScope("this client may not ask for anything of what was approved any more"))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn nothing_goes_beyond_the_ceiling() {
        let ceiling = Scopes::from(Scope::Query);
        assert_eq!(narrowed(None, ceiling).unwrap(), ceiling);
        assert_eq!(narrowed(Some("offline_access"), ceiling).unwrap(), ceiling);
        // A wider scope implies the narrower ones.
        assert_eq!(narrowed(Some("peaka:read"), ceiling).unwrap(), Scope::Read.into());
        for wrong in ["peaka:write", "peaka:query peaka:write", "peaka:read openid", "x"] {
            assert!(matches!(narrowed(Some(wrong), ceiling), Err(OAuthError::InvalidScope(_))), "{wrong}");
        }
        assert!(narrowed(None, Scopes::NONE).is_err());
    }
}
