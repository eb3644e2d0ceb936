//! How a stand-in is set up, and what of it can be switched while it runs.

use std::path::PathBuf;

use serde::{Deserialize, Serialize};

/// How a stand-in is set up.
#[derive(Clone)]
pub struct Options {
    /// The public base URL, which is also the issuer; `None` = `http://127.0.0.1:<port>`.
    pub issuer: Option<String>,
    /// The id of the one OAuth client.
    pub client_id: String,
    /// Its secret.
    pub client_secret: String,
    /// Where codes may be sent; empty = any `http` loopback URI whose path is `/oauth/callback`.
    pub redirect_uris: Vec<String>,
    /// Whether a refresh hands out a new refresh token and ends the old one.
    pub rotate_refresh_tokens: bool,
    /// The life of an access token, in seconds.
    pub access_token_seconds: u64,
    /// Answer as Peaka's documentation says instead of as the live service does, where the two differ.
    pub documented_forms: bool,
    /// Where sign-ins and the signing key are kept over a restart; `None` = nowhere.
    pub data_dir: Option<PathBuf>,
}

impl Default for Options {
    fn default() -> Self {
        Self {
            issuer: None,
            client_id: "peaka-mcp-gateway".to_owned(),
            client_secret: "standin-gateway-secret".to_owned(),
            redirect_uris: Vec::new(),
            rotate_refresh_tokens: true,
            access_token_seconds: 300,
            documented_forms: false,
            data_dir: None,
        }
    }
}

impl std::fmt::Debug for Options {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Options")
            .field("issuer", &self.issuer)
            .field("client_id", &self.client_id)
            .field("redirect_uris", &self.redirect_uris)
            .field("data_dir", &self.data_dir)
            .finish_non_exhaustive()
    }
}

/// What can be switched while the stand-in runs.
#[derive(Clone, Copy, Debug, Serialize)]
pub(crate) struct Switches {
    pub(crate) rotate_refresh_tokens: bool,
    pub(crate) access_token_seconds: u64,
    pub(crate) documented_forms: bool,
    /// How long caches, materialized queries and metadata take to come up to date, in milliseconds. Looked at whenever
    /// a status is asked for: a test holds a sync as long as it likes by a large number and ends it by a zero.
    pub(crate) sync_ms: u64,
}

impl From<&Options> for Switches {
    fn from(options: &Options) -> Self {
        Self {
            rotate_refresh_tokens: options.rotate_refresh_tokens,
            access_token_seconds: options.access_token_seconds,
            documented_forms: options.documented_forms,
            sync_ms: 1500,
        }
    }
}

/// A change of [`Switches`]: what is absent stays as it is.
#[derive(Clone, Copy, Debug, Default, Deserialize)]
#[serde(deny_unknown_fields)]
pub(crate) struct SwitchesChange {
    pub(crate) rotate_refresh_tokens: Option<bool>,
    pub(crate) access_token_seconds: Option<u64>,
    pub(crate) documented_forms: Option<bool>,
    pub(crate) sync_ms: Option<u64>,
}

impl Switches {
    pub(crate) fn change(&mut self, by: SwitchesChange) {
        self.rotate_refresh_tokens = by.rotate_refresh_tokens.unwrap_or(self.rotate_refresh_tokens);
        self.access_token_seconds = by.access_token_seconds.unwrap_or(self.access_token_seconds);
        self.documented_forms = by.documented_forms.unwrap_or(self.documented_forms);
        self.sync_ms = by.sync_ms.unwrap_or(self.sync_ms);
    }
}
