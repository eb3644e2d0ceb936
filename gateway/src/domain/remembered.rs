//! A decision that its person wants to be remembered. It spares them the second of two pages, never the first, and
//! never the press of a button: nobody gets a code silently.
//!
//! Only for clients whose codes go to a web site. What listens on a loopback port, or has claimed a scheme, proves nothing
//! of itself, however well the document is verified that it names: every installation, and every impostor on the same
//! machine, shares that client id (RFC 8252 §8.6, security best practices of MCP, "Localhost Redirect URI Risks").

use shared::{assertion::Projects, scope::Scopes};

use super::{
    authorization::{Approval, AuthorizationRequest, Person, Terms},
    secret::hash,
};

/// What was decided, and about what.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Remembered {
    /// The [`fingerprint`] of the client.
    pub fingerprint: String,
    /// What was asked for.
    pub asked: Scopes,
    /// What was allowed of it.
    pub scopes: Scopes,
    /// Where.
    pub projects: Projects,
}

/// How a request stands to what is remembered.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Standing {
    /// Nothing is remembered, or less than what is asked for.
    Unknown,
    /// The client tells something else of itself than it did then.
    Changed,
    /// It was decided like this.
    Decided(Approval),
}

impl Remembered {
    /// How `request` stands to this decision.
    pub fn judge(&self, request: &AuthorizationRequest) -> Standing {
        if self.fingerprint != fingerprint(request) {
            return Standing::Changed;
        }
        let scopes: Scopes = request.scopes.iter().filter(|scope| self.scopes.contains(*scope)).collect();
        if scopes.is_empty() || !request.scopes.iter().all(|scope| self.asked.contains(scope)) {
            return Standing::Unknown;
        }
        Standing::Decided(Approval { scopes, projects: self.projects.clone(), terms: Terms::default() })
    }
}

impl Approval {
    /// What `person` is told that they decided, as one hash: the same words, the same hash.
    pub fn digest(&self, person: &Person) -> String {
        let projects = match &self.projects {
            Projects::All => None,
            Projects::Only(ids) => Some(ids),
        };
        hash(&serde_json::json!([person.subject, self.scopes.to_string(), projects]).to_string())
    }
}

/// The web origin that codes go to; `None` if it is not a web site, so that nothing may be remembered. A device gets no
/// code: what stands for its redirect URI is nobody's site.
pub fn web_origin(request: &AuthorizationRequest) -> Option<&str> {
    const SCHEME: &str = "https://";
    if request.device.is_some() {
        return None;
    }
    let uri = request.redirect_uri.as_str();
    let after = uri.strip_prefix(SCHEME)?;
    let end = after.find(['/', '?']).unwrap_or(after.len());
    uri.get(..SCHEME.len() + end)
}

/// All that a client told of itself, its keys included, as one hash.
pub fn fingerprint(request: &AuthorizationRequest) -> String {
    hash(&serde_json::json!([request.client, request.client_origin]).to_string())
}

#[cfg(test)]
mod tests {
    use super::*;

    fn request(redirect_uri: &str) -> AuthorizationRequest {
        let text = serde_json::json!({
            "client_id": "c",
            "client": {"n": "c", "r": [redirect_uri], "f": true},
            "client_origin": "registered",
            "redirect_uri": redirect_uri,
            "state": null,
            "code_challenge": "E9Melhoa2OwvFrEMTJguCHaoeK1t8URWbuGJSstw-cM",
            "scopes": "peaka:read",
        });
        serde_json::from_value(text).unwrap()
    }

    #[test]
    fn of_web_sites_alone_is_anything_remembered() {
        let mut site = request("https://c.example/cb?a=1");
        assert_eq!(web_origin(&site), Some("https://c.example"));
        for other in ["http://localhost:1/cb", "com.example.app:/cb"] {
            assert_eq!(web_origin(&request(other)), None, "{other}");
        }
        // A device's stands under our own address.
        site.device = Some("device".to_owned());
        assert_eq!(web_origin(&site), None);
    }
}
