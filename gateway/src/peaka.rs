//! The gateway as a client of Peaka: it signs people in ([`SignIn`]) and asks who they are and which projects they
//! reach ([`PartnerApi`]). It keeps no credential; whoever calls seals and stores what a sign-in gave.
//!
//! Peaka's access tokens are opaque here, whatever they look like: on-premise installations share a published
//! signing key, so only Peaka's own answer to a token says whose it is.
//!
//! Every failure is one of two kinds: an [`Outage`], which proves nothing and ends nothing, or a proven refusal.

mod credential;
mod error;
mod http;
mod issuer;
mod partner_api;
mod projects;
mod settings;
mod sign_in;
mod token_endpoint;

use std::sync::Arc;

use shared::clock::SharedClock;

pub use self::{
    credential::{Credential, MalformedCredential},
    error::{GrantError, Outage, PartnerError},
    partner_api::{PartnerApi, Person},
    projects::{Project, ProjectList},
    settings::{ClientAuthentication, IdentitySource, Settings},
    sign_in::{AuthorizationStep, SignIn},
};

/// Both of Peaka's doors, over one pool of connections.
#[derive(Debug)]
pub struct Peaka {
    /// Peaka's authorization server.
    pub sign_in: SignIn,
    /// Peaka's Partner API.
    pub partner_api: PartnerApi,
}

impl Peaka {
    /// Prepares both doors. Nothing is sent yet, so Peaka may be away while the gateway starts.
    ///
    /// # Errors
    ///
    /// When no HTTP client can be made on this machine.
    pub fn new(settings: Settings, clock: SharedClock) -> Result<Self, StartError> {
        let http = http::Http::new()?;
        let settings = Arc::new(settings);
        let issuer = Arc::new(issuer::Issuer::new(Arc::clone(&settings), http.clone(), Arc::clone(&clock)));
        let partner_api = PartnerApi::new(&settings, http.clone(), Arc::clone(&issuer));
        Ok(Self { sign_in: SignIn::new(settings, issuer, http, clock), partner_api })
    }
}

/// Why the client could not be made.
#[derive(Debug, thiserror::Error)]
#[error("no HTTP client for Peaka could be made")]
pub struct StartError(#[from] reqwest::Error);
