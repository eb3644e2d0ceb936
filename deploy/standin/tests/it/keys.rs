//! The three keys, and bearers that do not count.

use reqwest::StatusCode;
use standin::demo::{DISABLED_KEY, PARTNER_KEY, PROJECT, PROJECT_KEY, SINGLE_PROJECT};

use crate::support::{ADA, get, get_json, http, start};

#[tokio::test]
async fn only_the_project_key_names_a_project_in_info() {
    let standin = start().await;
    let info = get_json(&standin, PROJECT_KEY, "info").await;
    assert_eq!(info["projectId"], PROJECT);
    assert_eq!(info["projectName"], "Web Shop");
    let info = get_json(&standin, PARTNER_KEY, "info").await;
    assert!(info.get("projectId").is_none());
    assert_eq!(info["email"], ADA);
    assert_eq!(info["userId"].as_str().unwrap().len(), 36);
}

#[tokio::test]
async fn the_project_key_stays_in_its_project() {
    let standin = start().await;
    let status = async |path: &str| get(&standin, PROJECT_KEY, path).await.status();
    assert_eq!(status("organizations").await, StatusCode::FORBIDDEN);
    assert_eq!(status(&format!("data/projects/{PROJECT}/catalogs")).await, StatusCode::OK);
    assert_eq!(status(&format!("data/projects/{SINGLE_PROJECT}/catalogs")).await, StatusCode::FORBIDDEN);
}

#[tokio::test]
async fn what_does_not_count_is_refused_with_401() {
    let standin = start().await;
    for bearer in [DISABLED_KEY, "nonsense", "a.b.c", ""] {
        let answer = get(&standin, bearer, "info").await;
        assert_eq!(answer.status(), StatusCode::UNAUTHORIZED);
        let body: serde_json::Value = answer.json().await.unwrap();
        assert_eq!(body["status"], 401);
        assert_eq!(body["path"], "/api/v1/info");
    }
    let bare = http().get(format!("{}/info", standin.partner_api_url())).send().await.unwrap();
    assert_eq!(bare.status(), StatusCode::UNAUTHORIZED);
}
