//! Tokens signed with the gateway's own key that the gateway would never sign.

use base64::prelude::*;
use gateway::{
    keys::{Keys, MasterKeys},
    store::{Store, StoreSettings},
};
use josekit::jws::{ES256, JwsHeader, JwsSigner, alg::ecdsa::EcdsaJwsSigner};
use serde_json::{Value, json};
use shared::clock::Clock as _;

use crate::harness::World;

pub(crate) struct Forge {
    pub(crate) kid: String,
    pub(crate) public: Value,
    pub(crate) signer: EcdsaJwsSigner,
    issuer: String,
    now: i64,
}

impl Forge {
    /// With the key that signs access tokens: whoever holds database and master key has it.
    pub(crate) async fn with_the_real_key(world: &World) -> Self {
        let settings = StoreSettings {
            url: world.database.url.clone().into(),
            connections: 1,
            replicas: 1,
            acquire: std::time::Duration::from_secs(5),
        };
        let store = Store::connect(&settings).await.unwrap();
        let master = MasterKeys::parse(crate::harness::MASTER_KEY).unwrap();
        let keys = Keys::open(store, master, world.clock.now()).await.unwrap();
        keys.access(|ring| Self {
            kid: ring.active().kid().to_owned(),
            public: ring.active().public_jwk(),
            signer: ES256.signer_from_der(ring.active().to_der().unwrap()).unwrap(),
            issuer: world.origin.clone(),
            now: world.clock.now().seconds(),
        })
    }

    /// What a good token says.
    pub(crate) fn claims(&self) -> Value {
        json!({
            "iss": self.issuer, "aud": format!("{}/mcp", self.issuer), "sub": "mallory", "client_id": "c", "sid": "s",
            "scope": "peaka:read", "jti": "j", "iat": self.now, "exp": self.now + 900,
        })
    }

    pub(crate) fn header(&self) -> JwsHeader {
        let mut header = JwsHeader::new();
        header.set_token_type("at+jwt");
        header.set_key_id(&self.kid);
        header
    }

    pub(crate) fn sign(&self, header: &JwsHeader, payload: &[u8]) -> String {
        josekit::jws::serialize_compact(payload, header, &self.signer).unwrap()
    }

    pub(crate) fn signed(&self, claims: &Value) -> String {
        self.sign(&self.header(), claims.to_string().as_bytes())
    }

    /// Signed by somebody else's means.
    pub(crate) fn sign_with(&self, header: &JwsHeader, signer: &dyn JwsSigner) -> String {
        josekit::jws::serialize_compact(self.claims().to_string().as_bytes(), header, signer).unwrap()
    }

    /// Parts that no library would put together.
    pub(crate) fn assembled(header: &Value, claims: &Value, signature: &str) -> String {
        let encode = |part: &Value| BASE64_URL_SAFE_NO_PAD.encode(part.to_string());
        format!("{}.{}.{signature}", encode(header), encode(claims))
    }
}
