//! A gateway that listens nowhere, for the parsers that need its keys and its issuer.

use std::sync::Arc;

use shared::{
    assertion::Projects,
    clock::{ManualClock, Timestamp},
    env::Env,
    scope::Scopes,
};
use tokio::runtime::{Builder, Runtime};

use crate::{App, Config, access_token::Valid, domain::session::Session};

/// When it is, always.
const NOW: Timestamp = Timestamp::from_seconds(1_800_000_000);

/// The gateway, and a valid access token of it.
pub struct House {
    pub(crate) app: Arc<App>,
    pub(super) runtime: Runtime,
    pub(crate) valid: Arc<Valid>,
    /// An access token that is taken.
    pub token: String,
}

impl House {
    /// Over a fresh database file in `directory`.
    ///
    /// # Panics
    /// If it cannot be built: then there is nothing to fuzz.
    #[allow(clippy::unwrap_used, reason = "without a house there is nothing to fuzz")]
    pub fn build(directory: &std::path::Path) -> Self {
        let runtime = Builder::new_current_thread().enable_all().build().unwrap();
        let file = directory.join("fuzz.db");
        let _ = std::fs::remove_file(&file);
        let database = format!("sqlite://{}?mode=rwc", file.display());
        let variables = [
            ("GATEWAY_PUBLIC_URL", "https://mcp.example"),
            ("GATEWAY_DATABASE_URL", database.as_str()),
            ("GATEWAY_MASTER_KEYS", "AAECAwQFBgcICQoLDA0ODxAREhMUFRYXGBkaGxwdHh8"),
            ("PEAKA_ISSUER", "https://peaka.example"),
            ("PEAKA_CLIENT_ID", "gateway"),
            ("PEAKA_CLIENT_SECRET", "secret"),
        ];
        let config = Config::read(Env::of(variables)).unwrap();
        let clock = Arc::new(ManualClock::starting_at(NOW));
        let app = runtime.block_on(App::start(config, clock)).unwrap();
        let hour = std::time::Duration::from_secs(3600);
        let token = app.access_tokens.issue(&session(), Scopes::ALL, hour, None).unwrap().token;
        let valid = runtime.block_on(app.access_tokens.validate(token.as_bytes(), NOW)).unwrap();
        Self { app, runtime, valid, token }
    }
}

fn session() -> Session {
    let later = NOW.plus(std::time::Duration::from_secs(86_400));
    Session {
        id: "AAAAAAAAAAAAAAAAAAAAAA".to_owned(),
        subject: "subject".to_owned(),
        email: "ada@example.com".to_owned(),
        client_id: "client".to_owned(),
        client_name: "A client".to_owned(),
        redirect_uri: "https://client.example/cb".to_owned(),
        scopes: Scopes::ALL,
        projects: Projects::All,
        resource: "https://mcp.example/mcp".to_owned(),
        generation: 1,
        key_thumbprint: None,
        credential_id: "credential".to_owned(),
        created_at: NOW,
        refreshed_at: NOW,
        idle_expires_at: later,
        expires_at: later,
        revoked_at: None,
    }
}
