//! Codes, refresh tokens, and what Peaka's answers prove.

use std::{collections::HashMap, time::Duration};

use base64::prelude::*;
use gateway::peaka::{Credential, GrantError, Outage};
use secrecy::{ExposeSecret as _, SecretString};
use serde_json::{Value, json};
use url::Url;

use super::{Double, NOW, Reply, client, client_of, issuer};

fn callback() -> Url {
    Url::parse("https://gw.example/oauth/callback").unwrap()
}

fn secret(text: &str) -> SecretString {
    text.into()
}

fn tokens(extra: Value) -> Reply {
    let mut body = json!({"access_token": "a1", "token_type": "bearer"});
    body.as_object_mut().unwrap().extend(extra.as_object().unwrap().clone());
    Reply::json(200, body)
}

#[tokio::test]
async fn the_authorization_request_has_pkce_and_whatever_else_is_asked_for() {
    let double = issuer(|_| Reply::Never).await;
    let (peaka, _) = client(&double, &[("PEAKA_SCOPES", "openid  user_access")]);
    let step = peaka.sign_in.authorization_url(&callback(), "st&te", &[("prompt", "login")]).await.unwrap();
    assert!(step.url.as_str().starts_with(&format!("{}/authorize?tenant=a&", double.origin)));
    let query: HashMap<_, _> = step.url.query_pairs().into_owned().collect();
    let verifier = step.pkce_verifier.expose_secret().to_owned();
    assert_eq!(query["code_challenge_method"], "S256");
    assert_eq!(query["code_challenge"], challenge_of(&verifier));
    assert_eq!(query["response_type"], "code");
    assert_eq!(query["client_id"], "gateway:1");
    assert_eq!(query["redirect_uri"], callback().as_str());
    assert_eq!(query["scope"], "openid user_access");
    assert_eq!(query["state"], "st&te");
    assert_eq!(query["prompt"], "login");
    let other = peaka.sign_in.authorization_url(&callback(), "s", &[]).await.unwrap();
    assert_ne!(other.pkce_verifier.expose_secret(), verifier);
}

fn challenge_of(verifier: &str) -> String {
    let digest = aws_lc_rs::digest::digest(&aws_lc_rs::digest::SHA256, verifier.as_bytes());
    BASE64_URL_SAFE_NO_PAD.encode(digest)
}

#[tokio::test]
async fn a_code_becomes_a_credential() {
    let double = issuer(|_| tokens(json!({"refresh_token": "r1", "expires_in": 299}))).await;
    let (peaka, _) = client(&double, &[]);
    let credential =
        peaka.sign_in.exchange_code(&secret("c0de"), &secret("v3rifier"), &callback()).await.unwrap();
    assert_eq!(credential.access_token.expose_secret(), "a1");
    assert_eq!(credential.refresh_token.unwrap().expose_secret(), "r1");
    assert_eq!(credential.expires_at, NOW.plus(Duration::from_secs(299)));
    let asked = double.seen().pop().unwrap();
    // RFC 6749 §2.3.1: id and secret are form-encoded before they are joined.
    assert_eq!(
        asked.authorization.unwrap(),
        format!("Basic {}", BASE64_STANDARD.encode("gateway%3A1:s3cret%2F%2B"))
    );
    let form: Vec<_> =
        ["grant_type", "code", "code_verifier", "redirect_uri"].map(|name| asked.form[name].clone()).into();
    assert_eq!(form, ["authorization_code", "c0de", "v3rifier", callback().as_str()]);
    assert_eq!(asked.form.len(), 4);
}

#[tokio::test]
async fn a_life_that_is_not_told_is_taken_for_five_minutes() {
    let double = issuer(|_| tokens(json!({}))).await;
    let (peaka, clock) = client(&double, &[]);
    clock.advance(Duration::from_secs(7));
    let credential = peaka.sign_in.exchange_code(&secret("c"), &secret("v"), &callback()).await.unwrap();
    assert_eq!(credential.expires_at, NOW.plus(Duration::from_secs(307)));
    assert!(credential.refresh_token.is_none());
}

#[tokio::test]
async fn the_secret_can_go_into_the_form() {
    let double = issuer(|_| tokens(json!({}))).await;
    let (peaka, _) = client(&double, &[("PEAKA_CLIENT_AUTH", "post")]);
    peaka.sign_in.refresh(&secret("r0")).await.unwrap();
    let asked = double.seen().pop().unwrap();
    assert_eq!(asked.authorization, None);
    assert_eq!(asked.form["client_id"], "gateway:1");
    assert_eq!(asked.form["client_secret"], "s3cret/+");
}

#[tokio::test]
async fn a_refresh_token_stays_unless_peaka_rotates_it() {
    let double = issuer(|seen| match seen.form["refresh_token"].as_str() {
        "rotated" => tokens(json!({"refresh_token": "r2"})),
        _ => tokens(json!({})),
    })
    .await;
    let (peaka, _) = client(&double, &[]);
    for (given, kept) in [("rotated", "r2"), ("kept", "kept")] {
        let credential = peaka.sign_in.refresh(&secret(given)).await.unwrap();
        assert_eq!(credential.refresh_token.unwrap().expose_secret(), kept);
    }
    let asked = double.seen().pop().unwrap();
    assert_eq!(asked.form["grant_type"], "refresh_token");
    assert!(!asked.form.contains_key("scope"), "a narrower scope must not be asked for");
}

#[tokio::test]
async fn only_a_400_with_invalid_grant_proves_a_grant_dead() {
    let error = |status, code: &str| Reply::json(status, json!({"error": code, "error_description": "d"}));
    type Case = (fn(&dyn Fn(u16, &str) -> Reply) -> Reply, fn(&Outage) -> bool);
    let outages: [Case; 15] = [
        (|e| e(401, "invalid_grant"), |o| matches!(o, Outage::Misconfigured(_))),
        (|e| e(403, "invalid_grant"), |o| matches!(o, Outage::Status(_))),
        (|e| e(404, "invalid_grant"), |o| matches!(o, Outage::Status(_))),
        (|e| e(429, "invalid_grant"), |o| matches!(o, Outage::Status(_))),
        (|e| e(500, "invalid_grant"), |o| matches!(o, Outage::Status(_))),
        (|e| e(503, "invalid_grant"), |o| matches!(o, Outage::Status(_))),
        (|e| e(302, "invalid_grant"), |o| matches!(o, Outage::Status(_))),
        (|e| e(200, "invalid_grant"), |o| matches!(o, Outage::Malformed(_))),
        (|e| e(400, "invalid_client"), |o| matches!(o, Outage::Misconfigured("invalid_client"))),
        (|e| e(400, "unauthorized_client"), |o| matches!(o, Outage::Misconfigured(_))),
        (|e| e(400, "slow_down"), |o| matches!(o, Outage::Malformed(_))),
        (|_| Reply::json(400, json!({"message": "invalid_grant"})), |o| matches!(o, Outage::Malformed(_))),
        (|_| Reply::html(400), |o| matches!(o, Outage::Malformed(_))),
        (|_| Reply::Text(400, "application/json", String::new()), |o| matches!(o, Outage::Malformed(_))),
        (|_| Reply::html(502), |o| matches!(o, Outage::Status(_))),
    ];
    for (number, (reply, expected)) in outages.into_iter().enumerate() {
        let double = issuer(move |_| reply(&error)).await;
        let (peaka, _) = client(&double, &[]);
        match peaka.sign_in.refresh(&secret("r")).await {
            Err(GrantError::Outage(outage)) => assert!(expected(&outage), "case {number}: {outage}"),
            other => panic!("case {number}: {other:?}"),
        }
    }
    let double = issuer(move |_| error(400, "invalid_grant")).await;
    let (peaka, _) = client(&double, &[]);
    assert!(matches!(peaka.sign_in.refresh(&secret("r")).await, Err(GrantError::Refused)));
    let exchanged = peaka.sign_in.exchange_code(&secret("c"), &secret("v"), &callback()).await;
    assert!(matches!(exchanged, Err(GrantError::Refused)));
}

#[tokio::test]
async fn an_answer_that_is_no_token_is_an_outage() {
    for body in [
        json!({"token_type": "bearer"}),
        json!({"access_token": "a"}),
        json!({"access_token": "a", "token_type": "DPoP"}),
        json!({"access_token": "", "token_type": "bearer"}),
        json!({"access_token": "a\nb", "token_type": "bearer"}),
        json!({"access_token": "a".repeat(1 << 20), "token_type": "bearer"}),
        json!([]),
    ] {
        let told = body.to_string();
        let double = issuer(move |_| Reply::json(200, body.clone())).await;
        let (peaka, _) = client(&double, &[]);
        let answer = peaka.sign_in.refresh(&secret("r")).await;
        assert!(
            matches!(answer, Err(GrantError::Outage(Outage::Malformed(_)))),
            "{}: {answer:?}",
            told.get(..80).unwrap_or(&told)
        );
    }
}

#[tokio::test]
async fn peaka_away_is_an_outage() {
    let gone = Double::start(|_, _| Reply::Never).await.origin.clone();
    let (peaka, _) = client_of(&gone, &[]);
    let opened = peaka.sign_in.authorization_url(&callback(), "s", &[]).await;
    assert!(matches!(opened, Err(Outage::Unreachable(_))), "{opened:?}");
    let refreshed = peaka.sign_in.refresh(&secret("r")).await;
    assert!(matches!(refreshed, Err(GrantError::Outage(Outage::Unreachable(_)))));
}

#[tokio::test]
async fn an_authorization_response_of_another_issuer_is_not_accepted() {
    let double = issuer(|_| Reply::Never).await;
    let (peaka, _) = client(&double, &[]);
    let slash = format!("{}/", double.origin);
    for (iss, accepted) in [
        (Some(double.origin.as_str()), true),
        (Some(slash.as_str()), false),
        (Some(""), false),
        (Some("https://evil.example"), false),
        // The metadata promises it.
        (None, false),
    ] {
        assert_eq!(peaka.sign_in.accepts_issuer(iss).await.unwrap(), accepted, "{iss:?}");
    }
    let endpoint = format!("{}/x", double.origin);
    let unpromised = [("PEAKA_AUTHORIZATION_ENDPOINT", &*endpoint), ("PEAKA_TOKEN_ENDPOINT", &*endpoint)];
    let (peaka, _) = client(&double, &unpromised);
    assert!(peaka.sign_in.accepts_issuer(None).await.unwrap());
    assert!(!peaka.sign_in.accepts_issuer(Some("https://evil.example")).await.unwrap());
}

#[test]
fn a_credential_survives_being_written_and_shows_nothing() {
    let credential = Credential {
        access_token: secret("canary-a"),
        refresh_token: Some(secret("canary-r")),
        expires_at: NOW.plus(Duration::from_millis(1)),
    };
    let read = Credential::from_json(&credential.to_json()).unwrap();
    assert_eq!(read.access_token.expose_secret(), "canary-a");
    assert_eq!(read.refresh_token.unwrap().expose_secret(), "canary-r");
    assert_eq!(read.expires_at, credential.expires_at);
    assert!(!format!("{credential:?}").contains("canary"));
    let without = Credential { refresh_token: None, ..credential };
    assert!(Credential::from_json(&without.to_json()).unwrap().refresh_token.is_none());
    for bad in [&b""[..], b"{}", b"{\"access_token\":\"canary\",\"expires_at_ms\":\"1\"}"] {
        assert_eq!(
            Credential::from_json(bad).unwrap_err().to_string(),
            "the stored Peaka credential is malformed"
        );
    }
}
