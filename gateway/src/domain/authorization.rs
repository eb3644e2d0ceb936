//! An authorization request and its life. Each stage is a type of its own that only the store's conditional updates
//! hand out, so that a step in the wrong order has nothing to act on:
//!
//! request → (sign-in at Peaka) → [`Returned`] → [`SignedIn`] → code → session

use std::time::Duration;

use secrecy::SecretString;
use serde::{Deserialize, Serialize};
use shared::{assertion::Projects, clock::Timestamp, scope::Scopes};

use super::{
    client::{ClientMetadata, ClientOrigin},
    dpop::Thumbprint,
    interaction::Interaction,
    pkce::CodeChallenge,
    redirect::RedirectUri,
};

/// A validated authorization request (RFC 6749 §4.1.1). Until its person goes on to sign in it lives sealed in the
/// page that asks them, and nowhere else.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct AuthorizationRequest {
    /// Who asks.
    pub client_id: String,
    /// What it tells of itself.
    pub client: ClientMetadata,
    /// How far its word goes.
    pub client_origin: ClientOrigin,
    /// Where the code goes. If the token request repeats it, it must be the same text.
    pub redirect_uri: RedirectUri,
    /// The client's `state`, returned byte for byte.
    pub state: Option<String>,
    /// PKCE.
    pub code_challenge: CodeChallenge,
    /// The key that the code is bound to (RFC 9449 §10).
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub dpop_jkt: Option<Thumbprint>,
    /// What it asks for.
    pub scopes: Scopes,
    /// How its person is to be asked.
    #[serde(default, skip_serializing_if = "Interaction::is_plain")]
    pub interaction: Interaction,
    /// The device that asks, by the hash of its device code (RFC 8628): it gets no code, and is sent nowhere.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub device: Option<String>,
}

/// A person, as Peaka knows them.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Person {
    /// Peaka's user id.
    pub subject: String,
    /// E-mail address.
    pub email: String,
    /// Name, if Peaka tells it.
    pub name: Option<String>,
}

/// The browser came back from Peaka's sign-in.
#[derive(Debug)]
pub struct Returned {
    /// The authorization, by the hash of its handle.
    pub id_hash: String,
    /// The browser that it belongs to.
    pub browser_hash: String,
    /// PKCE verifier of the sign-in at Peaka, sealed.
    pub login_verifier: SecretString,
}

/// The person is known and is asked for consent.
#[derive(Debug)]
pub struct SignedIn {
    /// The authorization, by the hash of its handle.
    pub id_hash: String,
    /// What is asked.
    pub request: AuthorizationRequest,
    /// Who is asked.
    pub person: Person,
    /// Their Peaka credential.
    pub credential_id: String,
}

/// What the person allowed.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Approval {
    /// To do what.
    pub scopes: Scopes,
    /// Where.
    pub projects: Projects,
    /// For how long, and from where it was allowed.
    pub terms: Terms,
}

/// What else is bound into the session.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Terms {
    /// The session ends after so long, if that is before its longest life.
    pub life: Option<Duration>,
    /// The kind of device that it was allowed from.
    pub device: Option<String>,
}

/// An authorization that a code was issued for.
#[derive(Debug)]
pub struct Coded {
    /// The authorization, by the hash of its handle.
    pub id_hash: String,
    /// What was asked.
    pub request: AuthorizationRequest,
    /// By whom it was approved.
    pub person: Person,
    /// Their Peaka credential.
    pub credential_id: String,
    /// What was approved.
    pub approval: Approval,
    /// When the code ends.
    pub expires_at: Timestamp,
    /// How often the code was presented with a wrong proof.
    pub failed_attempts: i64,
    /// The session, once the code is redeemed.
    pub session_id: Option<String>,
}
