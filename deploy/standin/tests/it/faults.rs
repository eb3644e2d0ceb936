//! Each fault on demand.

use std::time::Duration;

use reqwest::{Client, StatusCode};
use serde_json::{Value, json};
use standin::{Fault, FaultKind, demo::PARTNER_KEY};

use crate::support::{get, http, refresh, start};

#[tokio::test]
async fn each_fault_answers_as_it_says_and_once() {
    let standin = start().await;
    for (fault, status) in [
        (FaultKind::Unauthorized, StatusCode::UNAUTHORIZED),
        (FaultKind::Forbidden, StatusCode::FORBIDDEN),
        (FaultKind::BadRequestNumeric, StatusCode::BAD_REQUEST),
        (FaultKind::BadRequestNamed, StatusCode::BAD_REQUEST),
        (FaultKind::BadRequestFramework, StatusCode::BAD_REQUEST),
        (FaultKind::TooManyRequests, StatusCode::TOO_MANY_REQUESTS),
        (FaultKind::Internal, StatusCode::INTERNAL_SERVER_ERROR),
        (FaultKind::BadGatewayHtml, StatusCode::BAD_GATEWAY),
        (FaultKind::Unavailable, StatusCode::SERVICE_UNAVAILABLE),
        (FaultKind::Empty, StatusCode::OK),
        (FaultKind::InvalidGrant, StatusCode::BAD_REQUEST),
    ] {
        standin.faults().add(Fault::new(fault));
        let answer = get(&standin, PARTNER_KEY, "info").await;
        assert_eq!(answer.status(), status, "{fault:?}");
        let retry = answer.headers().get("retry-after").map(|v| v.to_str().unwrap().to_owned());
        let body = answer.text().await.unwrap();
        match fault {
            FaultKind::Empty => assert_eq!(body, ""),
            FaultKind::BadGatewayHtml => assert!(body.starts_with("<html>")),
            FaultKind::TooManyRequests | FaultKind::Unavailable => assert_eq!(retry.as_deref(), Some("1")),
            _ => assert!(serde_json::from_str::<Value>(&body).is_ok()),
        }
        assert_eq!(get(&standin, PARTNER_KEY, "info").await.status(), StatusCode::OK, "{fault:?} twice");
    }
}

#[tokio::test]
async fn a_reset_ends_the_connection_without_an_answer() {
    let standin = start().await;
    standin.faults().add(Fault::new(FaultKind::Reset));
    let url = format!("{}/info", standin.partner_api_url());
    let failed = http().get(&url).bearer_auth(PARTNER_KEY).send().await;
    let mut cause: Option<&dyn std::error::Error> = None;
    let error = failed.unwrap_err();
    let mut next = std::error::Error::source(&error);
    while let Some(error) = next {
        cause = Some(error);
        next = error.source();
    }
    let cause = cause.unwrap().to_string();
    assert!(cause.contains("reset") || cause.contains("closed"), "{cause}");
}

#[tokio::test]
async fn a_slow_answer_is_the_truth_but_late() {
    let standin = start().await;
    standin.faults().add(Fault::new(FaultKind::Slow).delay(Duration::from_secs(600)));
    let url = format!("{}/info", standin.partner_api_url());
    let client: Client = http();
    let impatient =
        client.get(&url).bearer_auth(PARTNER_KEY).timeout(Duration::from_millis(200)).send().await;
    assert!(impatient.unwrap_err().is_timeout());
    standin.faults().add(Fault::new(FaultKind::Slow).delay(Duration::from_millis(1)));
    assert_eq!(get(&standin, PARTNER_KEY, "info").await.status(), StatusCode::OK);
}

#[tokio::test]
async fn faults_hit_the_paths_they_name_as_often_as_they_say() {
    let standin = start().await;
    standin.faults().add(Fault::new(FaultKind::Internal).on("/organizations").times(2));
    standin.faults().add(Fault::new(FaultKind::Unavailable).on("/oauth2/token"));
    assert_eq!(get(&standin, PARTNER_KEY, "info").await.status(), StatusCode::OK);
    for status in [StatusCode::INTERNAL_SERVER_ERROR, StatusCode::INTERNAL_SERVER_ERROR, StatusCode::OK] {
        assert_eq!(get(&standin, PARTNER_KEY, "organizations").await.status(), status);
    }
    assert_eq!(refresh(&standin, "x").await.status(), StatusCode::SERVICE_UNAVAILABLE);
    assert_eq!(refresh(&standin, "x").await.status(), StatusCode::BAD_REQUEST);
}

#[tokio::test]
async fn faults_can_be_ordered_and_cleared_over_http() {
    let standin = start().await;
    let url = format!("{}/faults", standin.control_url());
    let fault = json!({ "match": "/api/v1/info", "times": 3, "fault": "forbidden" });
    assert_eq!(http().post(&url).json(&fault).send().await.unwrap().status(), StatusCode::OK);
    assert_eq!(get(&standin, PARTNER_KEY, "info").await.status(), StatusCode::FORBIDDEN);
    let left: Value = http().get(&url).send().await.unwrap().json().await.unwrap();
    assert_eq!(left["faults"][0]["times"], 2);
    http().delete(&url).send().await.unwrap();
    assert_eq!(get(&standin, PARTNER_KEY, "info").await.status(), StatusCode::OK);
    let wrong = http().post(&url).json(&json!({ "fault": "gremlins" })).send().await.unwrap();
    assert!(wrong.status().is_client_error());
}
