//! From nothing to tokens and on.

use serde_json::json;

use super::{
    house::{House, inline, pointing, set, with},
    key::Key,
};
use crate::{
    cimd::host::{Act, answer, ok},
    harness::{Form, Tokens},
};

const UNKEPT: &str = "cache-control: no-store\r\n";

#[tokio::test]
async fn a_client_with_a_key_in_its_document_connects_and_stays() {
    let key = Key::ec("a");
    let house = House::inline(&[&key]).await;
    let code = house.code().await;
    let good = key.sign(&key.header("ES256"), &house.claims());
    let tokens = Tokens::of(&house.redeem(&code, &good).await);
    assert_eq!(house.world.mcp(&tokens.access).await.status, 200);
    // The assertion says who it is of (RFC 7521 §4.2).
    let form = house.client.refreshing(&tokens.refresh).without("client_id");
    let newer = Tokens::of(&house.world.redeem(&house.proven(&form, &key, "ES256")).await);
    let form = house.client.revoking(&newer.refresh);
    assert_eq!(house.world.post("/oauth/revoke", &form).await.error(), "401 invalid_client");
    assert_eq!(house.world.mcp(&newer.access).await.status, 200);
    let revoked = house.world.post("/oauth/revoke", &house.proven(&form, &key, "ES256")).await;
    assert_eq!(revoked.status, 200, "{revoked:?}");
    assert_eq!(house.world.mcp(&newer.access).await.status, 401);
    assert_eq!(house.host.connections(), 1, "the document, once");
}

#[tokio::test]
async fn a_client_with_its_keys_elsewhere_needs_its_site_for_the_approval_only() {
    let (rsa, other) = (Key::rsa("r"), Key::ec("e"));
    let keys = Act::Send(ok("", &set(&[&other, &rsa]).to_string()));
    let house = House::of(vec![pointing(""), keys]).await;
    let code = house.code().await;
    assert_eq!(house.host.connections(), 2);
    // From here on the site answers nobody.
    let redeem = house.proven(&house.client.redemption(&code), &rsa, "RS256");
    let mut tokens = Tokens::of(&house.world.redeem(&redeem).await);
    for (key, algorithm) in [(&rsa, "PS256"), (&other, "ES256"), (&rsa, "RS256")] {
        let form = house.client.refreshing(&tokens.refresh);
        tokens = Tokens::of(&house.world.redeem(&house.proven(&form, key, algorithm)).await);
    }
    // Not even for a key that may be its newest.
    let unknown = Key::ec("new");
    let form = house.proven(&house.client.refreshing(&tokens.refresh), &unknown, "ES256");
    assert_eq!(house.world.redeem(&form).await.error(), "401 invalid_client");
    let form = house.proven(&house.client.revoking(&tokens.refresh), &rsa, "RS256");
    assert_eq!(house.world.post("/oauth/revoke", &form).await.status, 200);
    assert_eq!(house.host.connections(), 2, "someone fetched");
}

#[tokio::test]
async fn new_keys_are_taken_at_the_next_approval() {
    let (old, new) = (Key::ec("old"), Key::ec("new"));
    let house = House::of(vec![inline(&[&old], UNKEPT), inline(&[&new], UNKEPT)]).await;
    let code = house.code().await;
    let redeem = house.client.redemption(&code);
    let early = house.world.redeem(&house.proven(&redeem, &new, "ES256")).await;
    assert_eq!(early.error(), "401 invalid_client");
    let tokens = Tokens::of(&house.world.redeem(&house.proven(&redeem, &old, "ES256")).await);
    house.code().await;
    let form = house.client.refreshing(&tokens.refresh);
    let late = house.world.redeem(&house.proven(&form, &old, "ES256")).await;
    assert_eq!(late.error(), "401 invalid_client");
    Tokens::of(&house.world.redeem(&house.proven(&form, &new, "ES256")).await);
}

#[tokio::test]
async fn the_stored_keys_serve_while_the_key_server_is_down() {
    let key = Key::ec("a");
    let keys = Act::Send(ok(UNKEPT, &set(&[&key]).to_string()));
    let away = Act::Send(answer("503 Busy", "", ""));
    let house = House::of(vec![pointing(UNKEPT), keys, pointing(UNKEPT), away]).await;
    house.code().await;
    let code = house.code().await;
    assert_eq!(house.host.requests(), 4);
    Tokens::of(&house.world.redeem(&house.proven(&house.client.redemption(&code), &key, "ES256")).await);
}

#[tokio::test]
async fn the_forms_that_libraries_write_are_taken() {
    let (key, bare) = (Key::ec("a"), Key::rsa("b"));
    let mut nameless = bare.public();
    nameless.as_object_mut().unwrap().remove("kid");
    let document = json!({
        "token_endpoint_auth_method": "private_key_jwt",
        "jwks": {"keys": [key.public(), nameless]},
        "something": null,
    });
    let house = House::of(vec![Act::Send(ok("", &crate::cimd::host::document(document)))]).await;
    let token_endpoint = house.world.url("/oauth/token");
    let exp = house.claims()["exp"].as_i64().unwrap();
    let mut tokens = None;
    for (key, header, changes) in [
        (&key, key.header("ES256"), json!({"aud": token_endpoint})),
        (&key, key.header("ES256"), json!({"aud": [house.world.origin, token_endpoint]})),
        (&key, key.header("ES256"), json!({"aud": [token_endpoint], "iat": null, "custom": [1]})),
        (&key, key.header("ES256"), json!({"exp": exp as f64 + 0.5, "nbf": exp - 60})),
        (&key, json!({"alg": "ES256", "typ": "client-authentication+jwt", "kid": "a"}), json!({})),
        // Without a kid every key that suits is tried, and so is one that has none.
        (&key, json!({"alg": "ES256"}), json!({})),
        (&bare, json!({"alg": "RS256", "x5t": "AAAA"}), json!({"jti": "é".repeat(256)})),
        (&bare, json!({"alg": "PS256"}), json!({})),
    ] {
        let form: Form = match &tokens {
            None => house.client.redemption(&house.code().await),
            Some(Tokens { refresh, .. }) => house.client.refreshing(refresh),
        };
        let assertion = key.sign(&header, &house.claims_with(&changes));
        tokens = Some(Tokens::of(&house.world.redeem(&with(&form, &assertion)).await));
    }
}
