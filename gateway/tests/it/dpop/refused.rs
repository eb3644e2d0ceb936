//! Proofs that prove nothing (RFC 9449 §4.3), at the token endpoint and at the resource. Nothing is spent on them, and the
//! backend hears of none.

use serde_json::{Value, json};

use super::{Holder, connect, holder::with, present, redeem};
use crate::{
    harness::{Browser, Tokens, World},
    private_key_jwt::key::{Key, symmetric, unsigned},
};

/// Proofs that are good but for one thing, made of good claims for where they go.
fn bad(holder: &Holder, good: impl Fn() -> Value) -> Vec<(&'static str, String)> {
    let sign = |header: &Value| holder.key.sign(header, &good());
    let header = holder.header();
    let header_with = |name: &str, value: Value| with(&header, name, value);
    let claims_with = |name: &str, value: Value| holder.sign(&with(&good(), name, value));
    let private = {
        let mut jwk = holder.jwk();
        jwk["d"] = holder.key.private()["d"].clone();
        jwk
    };
    let (other, small) = (Holder::new(), Key::ec("k"));
    let whole = holder.sign(&good());
    let (signed, signature) = whole.rsplit_once('.').unwrap();
    vec![
        ("typ JWT", sign(&header_with("typ", json!("JWT")))),
        ("no typ", sign(&header_with("typ", Value::Null))),
        ("alg none", unsigned(&header_with("alg", json!("none")), &good())),
        ("alg HS256", symmetric(&header_with("alg", json!("HS256")), &good(), &holder.jwk().to_string())),
        (
            "a symmetric key",
            symmetric(
                &with(
                    &header_with("alg", json!("HS256")),
                    "jwk",
                    json!({"kty": "oct", "k": "a2V5a2V5a2V5a2V5a2V5a2V5a2V5a2V5"}),
                ),
                &good(),
                &"key".repeat(11),
            ),
        ),
        ("the private key", sign(&header_with("jwk", private))),
        ("no key", sign(&header_with("jwk", Value::Null))),
        ("a key by reference", sign(&header_with("jku", json!("https://evil.example/keys")))),
        ("an extension", sign(&header_with("crit", json!(["b64"])))),
        ("the key of somebody else", sign(&header_with("jwk", other.jwk()))),
        ("signed by somebody else", small.sign(&header, &good())),
        (
            "another algorithm than the key's",
            Key::rsa("k").sign(&header_with("alg", json!("RS256")), &good()),
        ),
        ("htm GET", claims_with("htm", json!("GET"))),
        ("htm in lower case", claims_with("htm", json!("post"))),
        ("no htm", claims_with("htm", Value::Null)),
        ("htu elsewhere", claims_with("htu", json!("https://evil.example/mcp"))),
        (
            "htu of another endpoint",
            claims_with("htu", json!(good()["htu"].as_str().unwrap().to_owned() + "/x")),
        ),
        ("no htu", claims_with("htu", Value::Null)),
        ("no jti", claims_with("jti", Value::Null)),
        ("an empty jti", claims_with("jti", json!(""))),
        ("a long jti", claims_with("jti", json!("j".repeat(257)))),
        ("no iat", claims_with("iat", Value::Null)),
        ("iat as text", claims_with("iat", json!("1800000000"))),
        ("stale", claims_with("iat", json!(good()["iat"].as_i64().unwrap() - 120))),
        ("of the future", claims_with("iat", json!(good()["iat"].as_i64().unwrap() + 61))),
        ("cut", signed.to_owned()),
        ("without signature", format!("{signed}.")),
        ("with padding", format!("{whole}=")),
        ("a fourth part", format!("{signed}.{signature}.x")),
        ("nothing", String::new()),
        ("endless", "x".repeat(9000)),
    ]
}

#[tokio::test]
async fn at_the_token_endpoint_nothing_is_spent() {
    let world = World::start().await;
    let holder = Holder::new();
    let client = world.register().await;
    let code = Browser::new(&world).code_for(&client).await;
    let form = client.redemption(&code);
    let before = world.database.dump().await;
    for (what, proof) in bad(&holder, || holder.claims(&world, "/oauth/token")) {
        assert_eq!(redeem(&world, &form, &proof).await.error(), "400 invalid_dpop_proof", "{what}");
        assert_eq!(world.database.dump().await, before, "{what}");
    }
    let (one, two) = (holder.proof(&world, "/oauth/token"), holder.proof(&world, "/oauth/token"));
    let both = [("dpop", one.as_str()), ("dpop", two.as_str())];
    let reply = world.post_with("/oauth/token", &form, &both).await;
    assert_eq!(reply.error(), "400 invalid_dpop_proof");
    // Neither was looked at, so the first is good still.
    let tokens = Tokens::of(&redeem(&world, &form, &one).await);
    // Once.
    let refreshing = client.refreshing(&tokens.refresh);
    let reply = redeem(&world, &refreshing, &one).await;
    assert_eq!(reply.error(), "400 invalid_dpop_proof");
    assert!(reply.json()["error_description"].as_str().unwrap().contains("used before"), "{reply:?}");
    assert_eq!(redeem(&world, &refreshing, &two).await.status, 200);
    assert!(world.database.noted("proof_refused").await.starts_with("refused"));
}

#[tokio::test]
async fn at_the_resource_the_backend_hears_of_none() {
    let world = World::start().await;
    let holder = Holder::new();
    let (_, tokens) = connect(&world, &holder).await;
    let token = tokens.access.as_str();
    let mut all = bad(&holder, || holder.claims_for(&world, token));
    let good = holder.claims_for(&world, token);
    all.push(("no ath", holder.sign(&with(&good, "ath", Value::Null))));
    all.push(("ath of another token", holder.sign(&with(&good, "ath", json!(hash_of(&tokens.refresh))))));
    all.push(("made for the token endpoint", holder.proof(&world, "/oauth/token")));
    for (what, proof) in all {
        let reply = present(&world, token, &proof).await;
        let challenge = reply.header("www-authenticate");
        assert_eq!(reply.status, 401, "{what}");
        assert!(challenge.starts_with("DPoP error=\"invalid_dpop_proof\""), "{what} {challenge}");
        assert!(challenge.contains("algs=\"ES256 EdDSA Ed25519 RS256\""), "{challenge}");
        assert_eq!(reply.json()["jsonrpc"], "2.0");
    }
    let (one, two) = (holder.proof_for(&world, token), holder.proof_for(&world, token));
    let authorization = format!("DPoP {token}");
    let both = [("authorization", authorization.as_str()), ("dpop", one.as_str()), ("dpop", two.as_str())];
    assert_eq!(world.mcp_with(&both).await.status, 401);
    assert_eq!(world.mcp_with(&both[..1]).await.status, 401);
    assert!(world.backend.seen().is_empty());
    assert_eq!(present(&world, token, &one).await.status, 200);
    let replayed = present(&world, token, &one).await;
    assert!(replayed.header("www-authenticate").contains("used before"), "{replayed:?}");
    assert_eq!(world.backend.seen().len(), 1);
}

fn hash_of(text: &str) -> String {
    gateway::domain::secret::hash(text)
}
