//! Assertions that are not taken. None of them leaves a trace.

use std::io::Write as _;

use gateway::Config;
use serde_json::{Value, json};
use shared::env::Env;

use super::house::{EMAIL, House, issuer};
use crate::{
    harness::NOW,
    private_key_jwt::key::{Key, unsigned},
};

#[tokio::test]
async fn each_claim_must_be_right() {
    let house = House::with_ada().await;
    let (now, origin) = (NOW.seconds(), house.world.origin.clone());
    for (changes, why) in [
        (json!({"iss": null}), "JWS"),
        (json!({"iss": "https://idp.example.com/tenant/"}), "trusts"),
        (json!({"iss": "https://idp.example.com"}), "trusts"),
        (json!({"iss": ["https://idp.example.com/tenant"]}), "JWS"),
        (json!({"sub": null}), "must have"),
        (json!({"sub": ""}), "must have"),
        (json!({"aud": null}), "must have"),
        (json!({"aud": []}), "aud"),
        (json!({"aud": 1}), "must have"),
        (json!({"aud": format!("{origin}/")}), "aud"),
        (json!({"aud": format!("{origin}/oauth/token")}), "aud"),
        (json!({"aud": format!("{origin}/mcp")}), "aud"),
        (json!({"aud": [origin, "https://other.example"]}), "aud"),
        (json!({"client_id": null}), "must have"),
        (json!({"client_id": "other"}), "another client"),
        (json!({"client_id": "Agent"}), "another client"),
        (json!({"resource": null}), "must have"),
        (json!({"resource": "https://other.example/mcp"}), "resource"),
        (json!({"resource": []}), "resource"),
        (json!({"resource": [format!("{origin}/mcp"), "https://other.example/mcp"]}), "resource"),
        (json!({"exp": null}), "must have"),
        (json!({"exp": "soon"}), "must have"),
        (json!({"exp": now - 60, "iat": now - 300}), "expired"),
        (json!({"exp": -1}), "expired"),
        (json!({"exp": now + 601}), "10 minutes"),
        (json!({"exp": 1e300}), "10 minutes"),
        (json!({"iat": null}), "must have"),
        (json!({"iat": now + 61}), "not valid yet"),
        (json!({"iat": now - 400}), "10 minutes"),
        (json!({"nbf": now + 61}), "not valid yet"),
        (json!({"jti": null}), "must have"),
        (json!({"jti": ""}), "must have"),
        (json!({"jti": 1}), "must have"),
        (json!({"jti": "x".repeat(257)}), "must have"),
        (json!({"scope": "openid"}), "scope"),
        (json!({"scope": ["peaka:read"]}), "must have"),
        (json!({"email": null}), "must have"),
        (json!({"email": 1}), "must have"),
        (json!({"email": "ada@evil.example"}), "e-mail"),
        (json!({"email": format!("ada@evil.example@{}", EMAIL.split_once('@').unwrap().1)}), "e-mail"),
        (json!({"email": format!("{EMAIL}.evil.example")}), "e-mail"),
        (json!({"email": format!("ada@sub.{}", EMAIL.split_once('@').unwrap().1)}), "e-mail"),
        (json!({"email": format!(" {EMAIL}")}), "e-mail"),
        (json!({"email": "ada"}), "e-mail"),
        (json!({"email": format!("@{}", EMAIL.split_once('@').unwrap().1)}), "e-mail"),
        (json!({"email_verified": false}), "not verified"),
        (json!({"email_verified": "true"}), "not verified"),
        (json!({"email_verified": null}), "not verified"),
    ] {
        house.assert_refused(&house.saying(&changes), why).await;
    }
    // The last moments that count, on clocks that differ; and a list of one.
    for changes in [
        json!({"exp": now - 59, "iat": now - 300}),
        json!({"exp": now + 600}),
        json!({"iat": now + 60, "nbf": now + 60}),
        json!({"aud": [origin], "resource": [format!("{origin}/mcp")]}),
        json!({"email": EMAIL.to_uppercase()}),
    ] {
        assert_eq!(house.redeem(&house.saying(&changes)).await.status, 200, "{changes}");
    }
}

#[tokio::test]
async fn the_signature_must_be_of_the_issuer() {
    let house = House::with_ada().await;
    let claims = house.claims(&json!({}));
    let good = house.key.sign(&house.header(&json!({})), &claims);
    let (rest, signature) = good.rsplit_once('.').unwrap();
    let impostor = Key::ec("idp");
    let header = |changes: Value| house.key.sign(&house.header(&changes), &claims);
    let mut bad = vec![
        impostor.sign(&house.header(&json!({})), &claims),
        Key::rsa("idp").sign(&house.header(&json!({"alg": "RS256"})), &claims),
        unsigned(&house.header(&json!({"alg": "none"})), &claims),
        house.key.confuse(&claims, &house.key.public().to_string()),
        header(json!({"kid": "other"})),
        header(json!({"kid": "../../dev/null"})),
        header(json!({"kid": "' OR 1=1--"})),
        header(json!({"kid": "x".repeat(9000)})),
        header(json!({"typ": null})),
        header(json!({"typ": "JWT"})),
        header(json!({"typ": "at+jwt"})),
        header(json!({"typ": "client-authentication+jwt"})),
        header(json!({"jwk": impostor.public()})),
        header(json!({"jku": "https://evil.example/jwks"})),
        header(json!({"x5u": "https://evil.example/x"})),
        header(json!({"crit": ["exp"]})),
        header(json!({"b64": false})),
        format!("{rest}."),
        rest.to_owned(),
        format!("{good}.{signature}"),
        format!("{good}="),
        "x".to_owned(),
        "..".to_owned(),
    ];
    bad.push(format!("{rest}.{}", signature.chars().rev().collect::<String>()));
    for assertion in &bad {
        house.assert_refused(assertion, "JWS").await;
    }
    assert_eq!(house.redeem(&good).await.status, 200);
    house.assert_refused(&good, "used before").await;
}

#[tokio::test]
async fn only_the_client_that_was_meant_and_that_proves_itself() {
    let house = House::with_ada().await;
    let world = &house.world;
    let public = world.register().await;
    let before = world.database.dump().await;
    let good = house.good();
    let form = house.form(&good);
    for (form, error) in [
        (form.without("client_secret"), "401 invalid_client"),
        (form.with("client_secret", "wrong"), "401 invalid_client"),
        // It is a client with this grant, but not one that the issuer speaks to.
        (form.with("client_id", "other"), "400 invalid_grant"),
        (form.with("client_id", "app"), "400 unauthorized_client"),
        (form.with("client_id", &public.id).without("client_secret"), "400 unauthorized_client"),
        (form.with("scope", "peaka:write"), "400 invalid_scope"),
        (form.with("resource", "https://other.example/mcp"), "400 invalid_target"),
        (form.without("assertion"), "400 invalid_request"),
        (form.and("assertion", &good), "400 invalid_request"),
        (form.with("grant_type", "client_credentials"), "400 unauthorized_client"),
    ] {
        assert_eq!(world.redeem(&form).await.error(), error, "{form:?}");
    }
    assert_eq!(world.database.dump().await, before);
    // None of them has used it up.
    assert_eq!(house.redeem(&good).await.status, 200);
}

#[test]
fn every_mistake_in_the_file_is_told_with_its_place() {
    let key = Key::ec("a");
    let good = issuer(json!({"jwks": {"keys": [key.public()]}}));
    let content = json!({"issuers": [
        good, good,
        issuer(json!({"jwks": {"keys": [key.private()]}, "client_ids": [], "email_domains": ["", "example", "*.example.com"]})),
        {"issuer": "http://hunter2.example", "jwks_uri": "http://hunter2.example/jwks", "client_ids": [1], "emails_are_verified": 1},
        {"jwks_uri": "https://idp.example.com/jwks", "email_domains": "example.com", "client_ids": ["a"], "secret": "hunter2"},
    ]});
    let mut file = tempfile::NamedTempFile::new().unwrap();
    file.write_all(content.to_string().as_bytes()).unwrap();
    let env = Env::of([("GATEWAY_ENTERPRISE_ISSUERS_FILE", file.path().to_str().unwrap())]);
    let told = Config::read(env).unwrap_err().to_string();
    assert!(!told.contains("hunter2"), "{told}");
    let lines: Vec<&str> = told
        .lines()
        .filter_map(|line| line.trim().strip_prefix("GATEWAY_ENTERPRISE_ISSUERS_FILE: "))
        .collect();
    insta::assert_snapshot!(lines.join("\n"), @r#"
    issuers[1].issuer is there twice
    issuers[2].jwks: a key is private or symmetric; it is known to everyone now, so replace it and publish public keys only
    issuers[2].client_ids should be a list of at least one
    issuers[2].email_domains[0] should be like example.com
    issuers[2].email_domains[1] should be like example.com
    issuers[2].email_domains[2] should be like example.com
    issuers[3].issuer should be the https URL of the issuer, as its assertions write it
    issuers[3].jwks_uri: it does not start with https://
    issuers[3].client_ids[0] should be text
    issuers[3].email_domains should be a list of at least one
    issuers[3].emails_are_verified should be true or false
    issuers[4].secret is not known; known are issuer, jwks, jwks_uri, client_ids, email_domains, scope, email_claim, email_verified_claim, emails_are_verified
    issuers[4].issuer is missing; it should be the https URL of the issuer, as its assertions write it
    issuers[4].email_domains should be a list of texts
    "#);
}
