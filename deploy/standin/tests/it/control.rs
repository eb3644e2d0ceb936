//! Revocation, expiry and the switches.

use reqwest::StatusCode;
use serde_json::{Value, json};
use standin::Standin;

use crate::support::{ADA, Browser, GRACE, get, http, location, query, refresh, start, tokens};

async fn control(standin: &Standin, path: &str, body: Value) -> Value {
    let request = http().post(format!("{}/{path}", standin.control_url())).json(&body);
    let response = request.send().await.unwrap();
    assert_eq!(response.status(), StatusCode::OK);
    response.json().await.unwrap()
}

#[tokio::test]
async fn a_revoked_person_is_out_at_once_and_others_are_not() {
    let standin = start().await;
    let (ada, ada_refresh) = tokens(&standin, ADA).await;
    let (grace, grace_refresh) = tokens(&standin, GRACE).await;
    assert_eq!(control(&standin, "revoke", json!({ "email": ADA })).await, json!({ "revoked": 1 }));
    assert_eq!(get(&standin, &ada, "info").await.status(), StatusCode::UNAUTHORIZED);
    let answer: Value = refresh(&standin, &ada_refresh).await.json().await.unwrap();
    assert_eq!(answer["error"], "invalid_grant");
    assert_eq!(get(&standin, &grace, "info").await.status(), StatusCode::OK);
    assert_eq!(refresh(&standin, &grace_refresh).await.status(), StatusCode::OK);
}

#[tokio::test]
async fn a_revoked_person_is_asked_again() {
    let standin = start().await;
    let mut browser = Browser::new(&standin);
    assert!(query(&browser.sign_in(ADA).await, "code").is_some());
    standin.revoke(ADA);
    let answer = browser.get(browser.authorize_url(&[])).await;
    assert_eq!(location(&answer).path(), "/consent");
}

#[tokio::test]
async fn access_tokens_can_be_made_stale_and_refreshed() {
    let standin = start().await;
    let (access, refresh_token) = tokens(&standin, ADA).await;
    control(&standin, "expire", json!({})).await;
    assert_eq!(get(&standin, &access, "info").await.status(), StatusCode::UNAUTHORIZED);
    let answer: Value = refresh(&standin, &refresh_token).await.json().await.unwrap();
    let access = answer["access_token"].as_str().unwrap();
    assert_eq!(get(&standin, access, "info").await.status(), StatusCode::OK);
}

#[tokio::test]
async fn the_switches_change_what_comes_after() {
    let standin = start().await;
    let (_, refresh_token) = tokens(&standin, ADA).await;
    let now =
        control(&standin, "options", json!({ "rotate_refresh_tokens": false, "access_token_seconds": 0 }))
            .await;
    let expected = json!({ "rotate_refresh_tokens": false, "access_token_seconds": 0, "documented_forms": false, "sync_ms": 1500 });
    assert_eq!(now, expected);
    let answer: Value = refresh(&standin, &refresh_token).await.json().await.unwrap();
    assert_eq!(answer["refresh_token"], refresh_token);
    assert_eq!(answer["expires_in"], 0);
    let access = answer["access_token"].as_str().unwrap();
    assert_eq!(get(&standin, access, "info").await.status(), StatusCode::UNAUTHORIZED);
}
