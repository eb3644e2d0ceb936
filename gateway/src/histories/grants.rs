//! What clients and browsers hold, and how they ask.

use axum::body::to_bytes;
use http::HeaderMap;
use serde_json::Value;
use shared::{assertion::Projects, scope::Scopes};

use super::world::World;
use crate::{
    domain::{
        authorization::{Approval, AuthorizationRequest, Person, Terms},
        client::{AuthMethod, ClientMetadata, ClientOrigin},
        pkce::CodeChallenge,
        redirect::RedirectUri,
        secret::{hash, random_text},
        session::{AUTHORIZATION_LIFETIME, CODE_LIFETIME},
        token::new_code,
    },
    oauth::{error::OAuthError, token},
    store::{Browser, StoreError},
};

/// PKCE's pair of RFC 7636 appendix B.
const VERIFIER: &str = "dBjftJeZ4CVP-mB92K27uhbUJU1p1r_wW1gFWFOEjXk";
const CHALLENGE: &str = "E9Melhoa2OwvFrEMTJguCHaoeK1t8URWbuGJSstw-cM";
const REDIRECT_URI: &str = "https://client.example/cb";

/// How far an authorization came, as its browser and its client know.
pub(super) enum Grant {
    /// The browser is at Peaka.
    Pending(String),
    /// The browser is asked for consent.
    SignedIn(String),
    /// The client has a code.
    Coded(String),
}

/// Tokens of a session, as the client was given them.
pub(super) struct Tokens {
    pub(super) session_id: String,
    pub(super) access: String,
    pub(super) refresh: String,
}

/// What the token endpoint said.
pub(super) enum Answer {
    Tokens(Tokens),
    /// `invalid_grant`.
    Refused,
    Outage,
}

fn metadata() -> ClientMetadata {
    ClientMetadata {
        name: "A client".to_owned(),
        redirect_uris: vec![RedirectUri::parse(REDIRECT_URI).unwrap()],
        auth: AuthMethod::None,
        refreshes: true,
        device: false,
        dpop: false,
        pushes: false,
        keys: None,
    }
}

/// A client and its people.
pub(super) struct People {
    pub(super) client_id: String,
}

impl People {
    pub(super) fn of(world: &World) -> Self {
        Self { client_id: world.app.clients.register(&metadata()).unwrap().client_id }
    }

    fn request(&self) -> AuthorizationRequest {
        AuthorizationRequest {
            client_id: self.client_id.clone(),
            client: metadata(),
            client_origin: ClientOrigin::Registered,
            redirect_uri: RedirectUri::parse(REDIRECT_URI).unwrap(),
            state: None,
            code_challenge: CodeChallenge::parse(CHALLENGE).unwrap(),
            dpop_jkt: None,
            scopes: Scopes::ALL,
            interaction: crate::domain::interaction::Interaction::default(),
            device: None,
        }
    }

    /// As `login::begin` does it.
    pub(super) async fn begin(&self, world: &World) -> Result<Grant, StoreError> {
        let (state, now) = (random_text().unwrap(), world.app.clock.now());
        let life = (now, now.plus(AUTHORIZATION_LIFETIME));
        let sealed = "sealed".to_owned().into();
        world.app.store.begin_authorization(&hash(&state), &self.request(), "browser", &sealed, life).await?;
        Ok(Grant::Pending(state))
    }

    /// As `login::callback` does it. `None`: the browser came too late or twice.
    pub(super) async fn sign_in(
        &self,
        world: &World,
        state: &str,
        subject: &str,
    ) -> Result<Option<Grant>, StoreError> {
        let (store, now) = (&world.app.store, world.app.clock.now());
        let Some(returned) = store.return_from_login(&hash(state), now).await? else { return Ok(None) };
        let (credential_id, cookie) = (random_text().unwrap(), random_text().unwrap());
        let later = now.plus(AUTHORIZATION_LIFETIME);
        store.add_credential(&credential_id, subject, "sealed", later, now).await?;
        let person =
            Person { subject: subject.to_owned(), email: format!("{subject}@example.com"), name: None };
        let browser = Browser { person, credential_id, signed_in_at: now };
        store.add_browser(&hash(&cookie), &browser, later).await?;
        let handle = random_text().unwrap();
        let done = store.sign_in(returned, &hash(&handle), &browser, now).await?;
        Ok(done.then_some(Grant::SignedIn(handle)))
    }

    /// As `login::consent` does it. `None`: it is too late, or was answered before.
    pub(super) async fn approve(&self, world: &World, handle: &str) -> Result<Option<Grant>, StoreError> {
        let (store, now) = (&world.app.store, world.app.clock.now());
        let Some(signed_in) = store.signed_in(&hash(handle), "browser", now).await? else { return Ok(None) };
        store.remember_client(&self.client_id, &metadata(), &ClientOrigin::Registered, now).await?;
        let code = new_code().unwrap();
        let approval = Approval { scopes: Scopes::ALL, projects: Projects::All, terms: Terms::default() };
        let done = store.approve(&signed_in, &approval, &hash(&code), (now, now.plus(CODE_LIFETIME))).await?;
        Ok(done.then_some(Grant::Coded(code)))
    }

    pub(super) async fn redeem(&self, world: &World, code: &str, proven: bool) -> Answer {
        let verifier = if proven { VERIFIER.to_owned() } else { "x".repeat(43) };
        self.ask(world, &[("grant_type", "authorization_code"), ("code", code), ("code_verifier", &verifier)])
            .await
    }

    pub(super) async fn refresh(&self, world: &World, token: &str) -> Answer {
        self.ask(world, &[("grant_type", "refresh_token"), ("refresh_token", token)]).await
    }

    async fn ask(&self, world: &World, form: &[(&str, &str)]) -> Answer {
        let mut body = url::form_urlencoded::Serializer::new(String::new());
        body.extend_pairs(form).append_pair("client_id", &self.client_id);
        match token::grant(&world.app, &HeaderMap::new(), body.finish().as_bytes()).await {
            Ok(response) => {
                let body = to_bytes(response.into_body(), 1 << 20).await.unwrap();
                let answer: Value = serde_json::from_slice(&body).unwrap();
                let text = |name: &str| answer[name].as_str().unwrap().to_owned();
                let access = text("access_token");
                let (session_id, _) = world.app.access_tokens.session_of(&access).unwrap();
                Answer::Tokens(Tokens { session_id, access, refresh: text("refresh_token") })
            }
            Err(OAuthError::InvalidGrant(_)) => Answer::Refused,
            Err(OAuthError::Unavailable(_)) => Answer::Outage,
            Err(error) => panic!("an answer of another kind: {error}"),
        }
    }
}
