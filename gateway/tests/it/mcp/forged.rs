//! Tokens that are not ours, or say what ours do not say, open nothing (RFC 8725, RFC 9068 §4).

use josekit::jws::{ES256, HS256, RS256};
use serde_json::{Value, json};

use super::Forge;
use crate::harness::{NOW, World};

/// Refused, also the second time, and the backend hears nothing.
async fn assert_refused(world: &World, token: &str, what: &str) {
    let before = world.backend.seen().len();
    for _ in 0..2 {
        let reply = world.mcp(token).await;
        assert_eq!(reply.status, 401, "accepted: {what}");
        assert!(reply.header("www-authenticate").starts_with("Bearer error=\"invalid_token\""), "{what}");
    }
    assert_eq!(world.backend.seen().len(), before, "{what}");
}

#[tokio::test]
async fn the_forge_itself_works() {
    let world = World::start().await;
    let forge = Forge::with_the_real_key(&world).await;
    assert_eq!(world.mcp(&forge.signed(&forge.claims())).await.status, 200);
}

#[tokio::test]
async fn every_claim_must_be_there_and_of_its_type() {
    let world = World::start().await;
    let forge = Forge::with_the_real_key(&world).await;
    for name in ["iss", "aud", "sub", "client_id", "sid", "scope", "jti", "iat", "exp"] {
        for value in [None, Some(Value::Null), Some(json!({})), Some(json!([]))] {
            let mut claims = forge.claims();
            match &value {
                None => drop(claims.as_object_mut().unwrap().remove(name)),
                Some(value) => claims[name] = value.clone(),
            }
            assert_refused(&world, &forge.signed(&claims), &format!("{name}={value:?}")).await;
        }
    }
    let now = NOW.seconds();
    let (issuer, resource) = (world.origin.as_str(), world.url("/mcp"));
    for (name, value) in [
        ("exp", json!((now + 900).to_string())),
        ("exp", json!(now)),
        ("exp", json!(now - 1)),
        ("exp", json!(-1)),
        ("exp", json!(1.9e9)),
        ("iat", json!(now + 3600)),
        ("iat", json!("0")),
        ("iss", json!(format!("{issuer}/"))),
        ("iss", json!("https://evil.example")),
        ("iss", json!(issuer.to_uppercase())),
        ("aud", json!([resource])),
        ("aud", json!(["https://other.example"])),
        ("aud", json!("https://other.example/mcp")),
        ("aud", json!(issuer)),
        ("aud", json!(format!("{resource}/"))),
        ("aud", json!("peaka-mcp-backend")),
        ("scope", json!("peaka:admin")),
        ("scope", json!(["peaka:read"])),
        ("projects", json!("all")),
    ] {
        let mut claims = forge.claims();
        claims[name] = value.clone();
        assert_refused(&world, &forge.signed(&claims), &format!("{name}={value}")).await;
    }
    let endless = forge.claims().to_string().replace(&(now + 900).to_string(), "1e400");
    assert_refused(&world, &forge.sign(&forge.header(), endless.as_bytes()), "exp=1e400").await;
    let twice = format!("{{\"exp\":{},{}", now + 900, &forge.claims().to_string()[1..]);
    assert_refused(&world, &forge.sign(&forge.header(), twice.as_bytes()), "exp twice").await;
    assert_refused(&world, &forge.sign(&forge.header(), b"not json"), "no JSON").await;
}

#[tokio::test]
async fn a_header_that_brings_its_own_key_or_names_another_is_refused() {
    let world = World::start().await;
    let forge = Forge::with_the_real_key(&world).await;
    let payload = forge.claims().to_string();
    for kid in ["", "../../dev/null", "' OR 1=1--", "unknown", &"k".repeat(6000), &format!("{} ", forge.kid)]
    {
        let mut header = forge.header();
        header.set_key_id(kid);
        assert_refused(&world, &forge.sign(&header, payload.as_bytes()), &format!("kid={kid:.20}")).await;
    }
    for typ in ["JWT", "jwt", "AT+JWT", "application/at+jwt", "peaka-identity+jwt", "dpop+jwt", ""] {
        let mut header = forge.header();
        header.set_token_type(typ);
        assert_refused(&world, &forge.sign(&header, payload.as_bytes()), &format!("typ={typ}")).await;
    }
    for (name, value) in [
        ("jwk", forge.public.clone()),
        ("jku", json!(format!("{}/keys", world.backend.origin))),
        ("x5u", json!(format!("{}/cert", world.backend.origin))),
        ("x5c", json!(["AAAA"])),
        ("b64", json!(true)),
        ("zip", json!("DEF")),
        ("unknown", json!(1)),
    ] {
        let mut header = forge.header();
        header.set_claim(name, Some(value)).unwrap();
        assert_refused(&world, &forge.sign(&header, payload.as_bytes()), name).await;
    }
    for name in ["typ", "kid"] {
        let mut header = forge.header();
        header.set_claim(name, None).unwrap();
        assert_refused(&world, &forge.sign(&header, payload.as_bytes()), &format!("no {name}")).await;
    }
}

#[tokio::test]
async fn another_algorithm_or_no_signature_is_refused() {
    let world = World::start().await;
    let forge = Forge::with_the_real_key(&world).await;
    let header = |alg: &str| json!({"alg": alg, "typ": "at+jwt", "kid": forge.kid});
    for alg in ["none", "None", "NONE", "ES256", "HS256", "RS256", "", "ES256K"] {
        for signature in ["", "AAAA"] {
            let token = Forge::assembled(&header(alg), &forge.claims(), signature);
            assert_refused(&world, &token, &format!("alg={alg}")).await;
        }
    }
    // The published key as the secret of a MAC.
    for secret in [forge.public.to_string(), forge.public["x"].as_str().unwrap().to_owned()] {
        let signer = HS256.signer_from_bytes(format!("{secret:032}").as_bytes()).unwrap();
        assert_refused(&world, &forge.sign_with(&forge.header(), &signer), "HS256 with the public key").await;
    }
    let rsa = RS256.generate_key_pair(2048).unwrap();
    let signer = RS256.signer_from_der(rsa.to_der_private_key()).unwrap();
    assert_refused(&world, &forge.sign_with(&forge.header(), &signer), "RS256").await;
    let impostor = josekit::jwk::alg::ec::EcKeyPair::generate(josekit::jwk::alg::ec::EcCurve::P256).unwrap();
    let signer = ES256.signer_from_der(impostor.to_der_private_key()).unwrap();
    assert_refused(&world, &forge.sign_with(&forge.header(), &signer), "another key under our kid").await;
    // A good signature over another payload.
    let good = forge.signed(&forge.claims());
    let mut parts: Vec<&str> = good.split('.').collect();
    let mut claims = forge.claims();
    claims["scope"] = json!("peaka:read peaka:query peaka:write");
    let widened = Forge::assembled(&header("ES256"), &claims, parts[2]);
    assert_refused(&world, &widened, "a widened scope").await;
    parts.push("AAAA");
    for mangled in [
        parts.join("."),
        parts[..2].join("."),
        good[1..].to_owned(),
        good[..good.len() - 1].to_owned(),
        format!("{good}="),
    ] {
        assert_refused(&world, &mangled, "a mangled token").await;
    }
    assert_refused(&world, &"a".repeat(20_000), "a long text").await;
}

#[tokio::test]
async fn a_token_for_something_else_is_refused() {
    let world = World::start().await;
    let connected = world.connect().await;
    let other = World::start().await.connect().await;
    world.mcp(&connected.tokens.access).await;
    let identity = world.backend.seen()[0].header("x-peaka-identity").unwrap().to_owned();
    let form = crate::exchange::form(&identity);
    let peakas =
        crate::exchange::exchange(&world, &form).await.json()["access_token"].as_str().unwrap().to_owned();
    for (token, what) in [
        (connected.tokens.refresh.as_str(), "a refresh token"),
        (&connected.code, "a code"),
        (&identity, "an identity header"),
        (&peakas, "Peaka's own token"),
        (standin::demo::PROJECT_KEY, "a Peaka key"),
        (&other.tokens.access, "a token of another gateway"),
    ] {
        assert_refused(&world, token, what).await;
    }
}
