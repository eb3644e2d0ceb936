//! A client that holds a key.

use std::sync::atomic::{AtomicUsize, Ordering};

use gateway::domain::secret::hash;
use serde_json::{Map, Value, json};
use shared::clock::Clock as _;

use crate::{
    harness::{Browser, Client, Form, Reply, Tokens, World},
    private_key_jwt::key::Key,
};

pub(crate) struct Holder {
    pub(super) key: Key,
    algorithm: &'static str,
    made: AtomicUsize,
}

impl Holder {
    pub(crate) fn new() -> Self {
        Self::of(Key::ec("k"), "ES256")
    }

    pub(super) fn of(key: Key, algorithm: &'static str) -> Self {
        Self { key, algorithm, made: AtomicUsize::new(0) }
    }

    /// The members of the public key that make it.
    pub(super) fn jwk(&self) -> Value {
        let public = self.key.public();
        let members: Map<String, Value> = ["crv", "e", "kty", "n", "x", "y"]
            .into_iter()
            .filter_map(|name| Some((name.to_owned(), public.get(name)?.clone())))
            .collect();
        members.into()
    }

    /// RFC 7638 §3
    pub(crate) fn thumbprint(&self) -> String {
        let jwk = self.jwk();
        let members: Vec<String> = ["crv", "e", "kty", "n", "x", "y"]
            .into_iter()
            .filter_map(|name| Some(format!("\"{name}\":{}", jwk.get(name)?)))
            .collect();
        hash(&format!("{{{}}}", members.join(",")))
    }

    pub(super) fn header(&self) -> Value {
        json!({"typ": "dpop+jwt", "alg": self.algorithm, "jwk": self.jwk()})
    }

    /// What a good proof for a POST says, each time with another `jti`.
    pub(super) fn claims(&self, world: &World, path: &str) -> Value {
        let number = self.made.fetch_add(1, Ordering::SeqCst);
        json!({
            "jti": format!("jti {number}"),
            "htm": "POST",
            "htu": world.url(path),
            "iat": world.clock.now().seconds(),
        })
    }

    pub(super) fn sign(&self, claims: &Value) -> String {
        self.key.sign(&self.header(), claims)
    }

    /// A good proof for a POST.
    pub(crate) fn proof(&self, world: &World, path: &str) -> String {
        self.sign(&self.claims(world, path))
    }

    /// What a good proof for a call of the resource says.
    pub(super) fn claims_for(&self, world: &World, token: &str) -> Value {
        with(&self.claims(world, "/mcp"), "ath", hash(token).into())
    }

    /// A good proof for a call of the resource.
    pub(crate) fn proof_for(&self, world: &World, token: &str) -> String {
        self.sign(&self.claims_for(world, token))
    }
}

/// The claims with this one; without it, if it is null.
pub(super) fn with(claims: &Value, name: &str, value: Value) -> Value {
    let mut claims = claims.clone();
    claims[name] = value;
    claims.as_object_mut().unwrap().retain(|_, value| !value.is_null());
    claims
}

/// A token request with a proof.
pub(crate) async fn redeem(world: &World, form: &Form, proof: &str) -> Reply {
    world.post_with("/oauth/token", form, &[("dpop", proof)]).await
}

/// A call of the resource with a bound token.
pub(crate) async fn present(world: &World, token: &str, proof: &str) -> Reply {
    world.mcp_with(&[("authorization", &format!("DPoP {token}")), ("dpop", proof)]).await
}

/// A public client with tokens that are bound.
pub(crate) async fn connect(world: &World, holder: &Holder) -> (Client, Tokens) {
    let client = world.register().await;
    let code = Browser::new(world).code_for(&client).await;
    let proof = holder.proof(world, "/oauth/token");
    let tokens = Tokens::of(&redeem(world, &client.redemption(&code), &proof).await);
    (client, tokens)
}
