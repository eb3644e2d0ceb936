//! A gateway that trusts one enterprise.

use std::sync::atomic::{AtomicUsize, Ordering};

use serde_json::{Value, json};

use crate::{
    clients_file::{SECRET, file},
    harness::{Form, NOW, Reply, World},
    private_key_jwt::key::Key,
};

pub(super) const ISSUER: &str = "https://idp.example.com/tenant";
pub(super) const EMAIL: &str = "ada@demo.peaka.local";

pub(crate) struct House {
    pub(crate) world: World,
    pub(super) key: Key,
    made: AtomicUsize,
}

pub(super) fn issuer(changes: Value) -> Value {
    let mut issuer = json!({
        "issuer": ISSUER,
        "client_ids": ["agent"],
        "email_domains": [EMAIL.split_once('@').unwrap().1],
    });
    for (name, value) in changes.as_object().unwrap() {
        issuer[name] = value.clone();
    }
    issuer
}

impl House {
    pub(super) async fn start() -> Self {
        let key = Key::ec("idp");
        Self::of(key.clone(), issuer(json!({"jwks": {"keys": [key.public()]}})), &[]).await
    }

    /// Ada has signed in once, and let an app in.
    pub(crate) async fn with_ada() -> Self {
        let house = Self::start().await;
        house.world.connect().await;
        house
    }

    pub(super) async fn of(key: Key, issuer: Value, variables: &[(&str, &str)]) -> Self {
        let client = |id: &str| {
            json!({"client_id": id, "token_endpoint_auth_method": "client_secret_post", "grant_types": ["id_jag"],
                "client_secret": {"env": "A_SECRET"}})
        };
        let mut app = client("app");
        app["grant_types"] = json!(["authorization_code"]);
        app["redirect_uris"] = json!(["https://app.example/cb"]);
        let clients = file(&json!({"clients": [client("agent"), client("other"), app]}));
        let issuers = file(&json!({"issuers": [issuer]}));
        let mut all = vec![
            ("GATEWAY_CLIENTS_FILE", clients.path().to_str().unwrap()),
            ("GATEWAY_ENTERPRISE_ISSUERS_FILE", issuers.path().to_str().unwrap()),
            ("A_SECRET", SECRET),
        ];
        all.extend(variables);
        let world = World::start_with(&all).await;
        Self { world, key, made: AtomicUsize::new(0) }
    }

    /// What a good assertion says, each time with another `jti`.
    pub(super) fn claims(&self, changes: &Value) -> Value {
        let number = self.made.fetch_add(1, Ordering::SeqCst);
        let mut claims = json!({
            "iss": ISSUER,
            "sub": "00u1",
            "aud": self.world.origin,
            "client_id": "agent",
            "resource": self.world.url("/mcp"),
            "scope": "peaka:read peaka:query openid",
            "email": EMAIL,
            "email_verified": true,
            "jti": format!("jti {number}"),
            "iat": NOW.seconds(),
            "exp": NOW.seconds() + 300,
        });
        for (name, value) in changes.as_object().unwrap() {
            claims[name] = value.clone();
        }
        claims.as_object_mut().unwrap().retain(|_, value| !value.is_null());
        claims
    }

    pub(super) fn header(&self, changes: &Value) -> Value {
        let mut header = self.key.header("ES256");
        header["typ"] = "oauth-id-jag+jwt".into();
        for (name, value) in changes.as_object().unwrap() {
            header[name] = value.clone();
        }
        header.as_object_mut().unwrap().retain(|_, value| !value.is_null());
        header
    }

    /// An assertion with these changes to what it should say; what is null is left out.
    pub(super) fn saying(&self, changes: &Value) -> String {
        self.key.sign(&self.header(&json!({})), &self.claims(changes))
    }

    pub(crate) fn good(&self) -> String {
        self.saying(&json!({}))
    }

    #[expect(clippy::unused_self, reason = "it reads better")]
    pub(crate) fn form(&self, assertion: &str) -> Form {
        Form::of([
            ("grant_type", "urn:ietf:params:oauth:grant-type:jwt-bearer"),
            ("client_id", "agent"),
            ("client_secret", SECRET),
            ("assertion", assertion),
        ])
    }

    pub(super) async fn redeem(&self, assertion: &str) -> Reply {
        self.world.redeem(&self.form(assertion)).await
    }

    /// Refused for this reason, without a trace.
    pub(super) async fn assert_refused(&self, assertion: &str, why: &str) {
        let before = self.world.database.dump().await;
        let reply = self.redeem(assertion).await;
        assert_eq!(reply.error(), "400 invalid_grant", "{why}: {reply:?}");
        let description = reply.json()["error_description"].as_str().unwrap().to_owned();
        assert!(description.contains(why), "{why}: {description}");
        assert_eq!(self.world.database.dump().await, before, "{why}");
    }
}
