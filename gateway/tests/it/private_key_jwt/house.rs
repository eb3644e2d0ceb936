//! A gateway, and the site of a client that has a key.

use std::{
    io::Write as _,
    sync::atomic::{AtomicUsize, Ordering},
};

use serde_json::{Value, json};
use tempfile::NamedTempFile;

use super::key::Key;
use crate::{
    cimd::host::{Act, Host, ID, NAME, document, ok},
    harness::{Browser, Client, Form, NOW, Reply, World},
};

pub(super) const KEYS: &str = "https://client.example/app/jwks.json";
pub(super) const ASSERTION_TYPE: &str = "urn:ietf:params:oauth:client-assertion-type:jwt-bearer";

pub(super) struct House {
    pub(super) world: World,
    pub(super) host: Host,
    pub(super) client: Client,
    made: AtomicUsize,
    _authority: NamedTempFile,
}

impl House {
    /// A site that does these in turn, and then nothing more.
    pub(super) async fn of(acts: Vec<Act>) -> Self {
        Self::with(acts, &[]).await
    }

    pub(super) async fn with(acts: Vec<Act>, variables: &[(&str, &str)]) -> Self {
        let host = Host::start(move |number| acts.get(number).cloned().unwrap_or(Act::Mute)).await;
        let mut authority = NamedTempFile::new().unwrap();
        authority.write_all(&host.authority).unwrap();
        let private = format!("{NAME}={}", host.address);
        let mut all = vec![
            ("GATEWAY_CIMD_PRIVATE_HOSTS", private.as_str()),
            ("GATEWAY_CIMD_CA_FILE", authority.path().to_str().unwrap()),
        ];
        all.extend(variables);
        let world = World::start_with(&all).await;
        let client =
            Client { id: ID.to_owned(), secret: None, redirect_uri: "https://client.example/cb".to_owned() };
        Self { world, host, client, made: AtomicUsize::new(0), _authority: authority }
    }

    /// The client's keys lie in its document.
    pub(super) async fn inline(keys: &[&Key]) -> Self {
        Self::of(vec![inline(keys, "")]).await
    }

    /// A person lets the client in, whose site is asked for what it needs.
    pub(super) async fn code(&self) -> String {
        Browser::new(&self.world).code_for(&self.client).await
    }

    /// What a good assertion says, each time with another `jti`.
    pub(super) fn claims(&self) -> Value {
        let number = self.made.fetch_add(1, Ordering::SeqCst);
        json!({
            "iss": ID,
            "sub": ID,
            "aud": self.world.origin,
            "exp": NOW.seconds() + 60,
            "iat": NOW.seconds(),
            "jti": format!("jti {number}"),
        })
    }

    /// The claims with `changes`; what is null is left out.
    pub(super) fn claims_with(&self, changes: &Value) -> Value {
        let mut claims = self.claims();
        for (name, value) in changes.as_object().unwrap() {
            claims[name] = value.clone();
        }
        claims.as_object_mut().unwrap().retain(|_, value| !value.is_null());
        claims
    }

    /// A form with a good assertion.
    pub(super) fn proven(&self, form: &Form, key: &Key, algorithm: &str) -> Form {
        with(form, &key.sign(&key.header(algorithm), &self.claims()))
    }

    pub(super) async fn redeem(&self, code: &str, assertion: &str) -> Reply {
        self.world.redeem(&with(&self.client.redemption(code), assertion)).await
    }
}

pub(super) fn with(form: &Form, assertion: &str) -> Form {
    form.with("client_assertion_type", ASSERTION_TYPE).with("client_assertion", assertion)
}

pub(super) fn set(keys: &[&Key]) -> Value {
    json!({"keys": keys.iter().map(|key| key.public()).collect::<Vec<_>>()})
}

/// A document with its keys in it.
pub(super) fn inline(keys: &[&Key], headers: &str) -> Act {
    let changes = json!({"token_endpoint_auth_method": "private_key_jwt", "jwks": set(keys)});
    Act::Send(ok(headers, &document(changes)))
}

/// A document that says where its keys are.
pub(super) fn pointing(headers: &str) -> Act {
    let changes = json!({"token_endpoint_auth_method": "private_key_jwt", "jwks_uri": KEYS});
    Act::Send(ok(headers, &document(changes)))
}
