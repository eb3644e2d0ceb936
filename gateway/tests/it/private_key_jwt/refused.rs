//! Assertions that prove nothing. None of them costs the client its code.

use base64::{Engine as _, prelude::BASE64_STANDARD};
use serde_json::{Value, json};

use super::{
    house::{House, inline, with},
    key::{Key, unsigned},
};
use crate::{
    cimd::host::{Act, ID, document, ok},
    harness::{Form, NOW, Reply, Tokens},
};

fn assert_refused(reply: &Reply, why: &str) {
    assert_eq!(reply.error(), "401 invalid_client", "{why}: {reply:?}");
    assert_eq!(reply.header("www-authenticate"), "");
    let description = reply.json()["error_description"].as_str().unwrap().to_owned();
    assert!(description.contains(why), "{why}: {description}");
}

#[tokio::test]
async fn each_claim_must_be_right() {
    let key = Key::ec("a");
    let house = House::inline(&[&key]).await;
    let code = house.code().await;
    let (now, origin) = (NOW.seconds(), house.world.origin.clone());
    let other = "https://client.example/app/other.json";
    for (changes, why) in [
        (json!({"iss": other}), "iss and sub"),
        (json!({"sub": other}), "iss and sub"),
        (json!({"iss": other, "sub": other}), "iss and sub"),
        (json!({"iss": null}), "must have"),
        (json!({"sub": null}), "must have"),
        (json!({"aud": null}), "must have"),
        (json!({"aud": []}), "aud"),
        (json!({"aud": 1}), "must have"),
        (json!({"aud": "https://other.example"}), "aud"),
        (json!({"aud": format!("{origin}/")}), "aud"),
        (json!({"aud": house.world.url("/mcp")}), "aud"),
        (json!({"aud": house.world.url("/oauth/revoke")}), "aud"),
        (json!({"aud": [origin, "https://other.example"]}), "aud"),
        (json!({"exp": null}), "must have"),
        (json!({"exp": "soon"}), "must have"),
        (json!({"exp": now - 60}), "expired"),
        (json!({"exp": -1}), "expired"),
        (json!({"exp": now + 361}), "within 5 minutes"),
        (json!({"exp": 1e300}), "within 5 minutes"),
        (json!({"iat": now + 61}), "not valid yet"),
        (json!({"nbf": now + 61}), "not valid yet"),
        (json!({"jti": null}), "jti"),
        (json!({"jti": ""}), "jti"),
        (json!({"jti": 1}), "jti"),
        (json!({"jti": "x".repeat(257)}), "jti"),
    ] {
        let assertion = key.sign(&key.header("ES256"), &house.claims_with(&changes));
        assert_refused(&house.redeem(&code, &assertion).await, why);
    }
    // The last moments that count, on clocks that differ.
    for changes in
        [json!({"exp": now - 59}), json!({"exp": now + 360}), json!({"iat": now + 60, "nbf": now + 60})]
    {
        let assertion = key.sign(&key.header("ES256"), &house.claims_with(&changes));
        let reply = house.redeem("pkm_ac_x", &assertion).await;
        assert_eq!(reply.error(), "400 invalid_grant", "{changes}");
    }
    let good = key.sign(&key.header("ES256"), &house.claims());
    Tokens::of(&house.redeem(&code, &good).await);
}

#[tokio::test]
async fn the_signature_must_be_of_a_stored_key_by_its_own_algorithm() {
    let (key, rsa) = (Key::ec("a"), Key::rsa("r"));
    let house = House::inline(&[&key, &rsa]).await;
    let code = house.code().await;
    let claims = || house.claims();
    let impostor = Key::ec("a");
    let good = key.sign(&key.header("ES256"), &claims());
    let (rest, signature) = good.rsplit_once('.').unwrap();
    let header = |changes: Value| {
        let mut header = key.header("ES256");
        for (name, value) in changes.as_object().unwrap() {
            header[name] = value.clone();
        }
        header
    };
    let mut wrong = vec![
        (impostor.sign(&impostor.header("ES256"), &claims()), "signature"),
        (impostor.sign(&json!({"alg": "ES256"}), &claims()), "signature"),
        (key.sign(&header(json!({"kid": "b"})), &claims()), "no key"),
        (key.sign(&header(json!({"kid": "r"})), &claims()), "no key"),
        (rsa.sign(&header(json!({"alg": "RS256"})), &claims()), "no key"),
        (format!("{rest}."), "signature"),
        (format!("{rest}.{}", &signature[..8]), "signature"),
        (rest.to_owned(), "not a compact JWS"),
        (format!("{good}.x"), "not a compact JWS"),
        (format!("{good}="), "not a compact JWS"),
        ("x".repeat(9000), "not a compact JWS"),
        (unsigned(&json!({"alg": "none"}), &claims()), "alg"),
        (unsigned(&header(json!({"alg": "None"})), &claims()), "alg"),
        (unsigned(&json!({"kid": "a"}), &claims()), "alg"),
        (key.sign(&header(json!({"typ": "at+jwt"})), &claims()), "typ"),
        (key.confuse(&claims(), &key.public().to_string()), "alg"),
        (key.confuse(&claims(), key.public()["x"].as_str().unwrap()), "alg"),
        (rsa.confuse(&claims(), &rsa.public()["n"].to_string()), "alg"),
    ];
    for (name, value) in [
        ("crit", json!(["exp"])),
        ("jwk", impostor.public()),
        ("jku", json!("https://evil.example/jwks")),
        ("x5u", json!("https://evil.example/cert")),
        ("x5c", json!(["AAAA"])),
        ("b64", json!(true)),
    ] {
        wrong.push((key.sign(&header(json!({name: value})), &claims()), "header"));
    }
    let mut twisted = house.claims();
    twisted["jti"] = "another".into();
    let other_payload = unsigned(&key.header("ES256"), &twisted);
    wrong.push((format!("{other_payload}{signature}"), "signature"));
    for (assertion, why) in wrong {
        assert_refused(&house.redeem(&code, &assertion).await, why);
    }
    Tokens::of(&house.redeem(&code, &good).await);
}

#[tokio::test]
async fn one_way_to_prove_it_and_that_one() {
    let key = Key::ec("a");
    let house = House::inline(&[&key]).await;
    let code = house.code().await;
    let bare = house.client.redemption(&code);
    let proven = || house.proven(&bare, &key, "ES256");
    let basic =
        format!("Basic {}", BASE64_STANDARD.encode("https%3A%2F%2Fclient.example%2Fapp%2Fclient.json:x"));
    let basic = [("authorization", basic.as_str())];
    assert_refused(&house.world.redeem(&bare).await, "must send a client_assertion");
    assert_refused(
        &house.world.redeem(&bare.with("client_secret", "x")).await,
        "must send a client_assertion",
    );
    let by_basic = house.world.post_with("/oauth/token", &bare, &basic).await;
    assert_eq!(by_basic.error(), "401 invalid_client");
    let both = house.world.post_with("/oauth/token", &proven(), &basic).await;
    assert_eq!(both.error(), "400 invalid_request");
    let kind = "client_assertion_type";
    for (form, error) in [
        (proven().with("client_secret", "x"), "400 invalid_request"),
        (proven().without(kind), "400 invalid_request"),
        (proven().without("client_assertion"), "400 invalid_request"),
        (proven().and("client_assertion", "x"), "400 invalid_request"),
        (
            proven().with(kind, "urn:ietf:params:oauth:client-assertion-type:saml2-bearer"),
            "401 invalid_client",
        ),
        (proven().with("client_id", "https://client.example/app/other.json"), "401 invalid_client"),
        (proven().with("client_id", "pkm_client_AAAA"), "401 invalid_client"),
        (with(&bare.without("client_id"), "x.y.z"), "401 invalid_client"),
    ] {
        assert_eq!(house.world.redeem(&form).await.error(), error, "{form:?}");
    }
    assert_eq!(house.world.database.count("sessions").await, 0);
    Tokens::of(&house.world.redeem(&proven()).await);
}

#[tokio::test]
async fn clients_without_keys_have_no_use_for_an_assertion() {
    let key = Key::ec("a");
    let public = Act::Send(ok("", &document(json!({"jwks": {"keys": [key.public()]}}))));
    let house = House::of(vec![public]).await;
    let code = house.code().await;
    let form = house.client.redemption(&code);
    assert_refused(&house.world.redeem(&house.proven(&form, &key, "ES256")).await, "no keys here");
    let registered = house.world.register().await;
    let mine = json!({"iss": registered.id, "sub": registered.id});
    let assertion = key.sign(&key.header("ES256"), &house.claims_with(&mine));
    let refused = house.world.redeem(&with(&registered.redemption("pkm_ac_x"), &assertion)).await;
    assert_refused(&refused, "no keys here");
    Tokens::of(&house.world.redeem(&form).await);
}

#[tokio::test]
async fn a_client_that_nobody_let_in_is_not_known() {
    let key = Key::ec("a");
    let house = House::of(vec![inline(&[&key], "")]).await;
    let form = Form::of([("grant_type", "authorization_code"), ("client_id", ID), ("code", "pkm_ac_x")]);
    assert_refused(&house.world.redeem(&house.proven(&form, &key, "ES256")).await, "not registered");
    assert_refused(&house.world.redeem(&form).await, "not registered");
    assert_eq!(house.host.connections(), 0);
}

#[tokio::test]
async fn while_the_database_is_away_nothing_is_said_against_the_client() {
    let key = Key::ec("a");
    let house = House::inline(&[&key]).await;
    let code = house.code().await;
    let form = house.proven(&house.client.redemption(&code), &key, "ES256");
    house.world.database.goes_away().await;
    let reply = house.world.redeem(&form).await;
    assert_eq!(reply.error(), "503 temporarily_unavailable");
    house.world.database.comes_back().await;
    // The assertion was not looked at, so it was not used.
    Tokens::of(&house.world.redeem(&form).await);
}
