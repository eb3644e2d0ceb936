//! The pages, from the authorization endpoint to the way back.

use reqwest::StatusCode;

use crate::support::{ADA, Browser, GRACE, REDIRECT_URI, hidden, location, query, start};

#[tokio::test]
async fn the_pages_lead_back_with_code_state_and_issuer() {
    let standin = start().await;
    let back = Browser::new(&standin).sign_in(ADA).await;
    assert!(back.as_str().starts_with(REDIRECT_URI));
    assert_eq!(query(&back, "state").as_deref(), Some("a state"));
    assert_eq!(query(&back, "iss").as_deref(), Some(standin.url()));
    assert!(query(&back, "code").is_some());
}

#[tokio::test]
async fn a_person_who_agreed_before_is_sent_straight_back_unless_asked_to_sign_in() {
    let standin = start().await;
    let mut browser = Browser::new(&standin);
    browser.sign_in(ADA).await;
    let again = browser.get(browser.authorize_url(&[])).await;
    assert_eq!(again.status(), StatusCode::SEE_OTHER);
    assert!(query(&location(&again), "code").is_some());
    let forced = browser.get(browser.authorize_url(&[("prompt", "login")])).await;
    assert_eq!(forced.status(), StatusCode::OK);
    assert!(forced.text().await.unwrap().contains("name=\"password\""));
    let other = browser.get(browser.authorize_url(&[("prompt", "consent")])).await;
    assert!(location(&other).path().starts_with("/consent"));
}

#[tokio::test]
async fn the_consent_page_names_the_client_and_the_person_and_can_be_cancelled() {
    let standin = start().await;
    let mut browser = Browser::new(&standin);
    let page = browser.get(browser.authorize_url(&[])).await.text().await.unwrap();
    let form = [("request", &*hidden(&page)), ("email", GRACE), ("password", "nanosecond-wire")];
    let answer = browser.post("/login", &form).await;
    let page = browser.get(location(&answer)).await;
    assert!(!page.headers()["content-security-policy"].to_str().unwrap().contains("form-action"));
    let page = page.text().await.unwrap();
    assert!(page.contains("Peaka MCP Gateway") && page.contains("Grace Hopper") && page.contains(GRACE));
    let answer = browser.post("/consent", &[("request", &hidden(&page)), ("decision", "cancel")]).await;
    let back = location(&answer);
    assert_eq!(query(&back, "error").as_deref(), Some("access_denied"));
    assert_eq!(query(&back, "iss").as_deref(), Some(standin.url()));
    let late = browser.post("/consent", &[("request", &hidden(&page)), ("decision", "authorize")]).await;
    assert_eq!(late.status(), StatusCode::BAD_REQUEST);
}

#[tokio::test]
async fn a_wrong_password_shows_the_form_again() {
    let standin = start().await;
    let mut browser = Browser::new(&standin);
    let page = browser.get(browser.authorize_url(&[])).await.text().await.unwrap();
    let form = [("request", &*hidden(&page)), ("email", ADA), ("password", "nanosecond-wire")];
    let answer = browser.post("/login", &form).await;
    assert_eq!(answer.status(), StatusCode::UNAUTHORIZED);
    assert!(browser.cookie.is_none());
    assert_eq!(hidden(&answer.text().await.unwrap()), hidden(&page));
}

#[tokio::test]
async fn consent_needs_the_browser_that_signed_in() {
    let standin = start().await;
    let mut browser = Browser::new(&standin);
    let page = browser.get(browser.authorize_url(&[])).await.text().await.unwrap();
    let form = [("request", &*hidden(&page)), ("email", ADA), ("password", "analytical-engine")];
    browser.post("/login", &form).await;
    let mut stranger = Browser::new(&standin);
    let answer = stranger.post("/consent", &[("request", &hidden(&page)), ("decision", "authorize")]).await;
    assert_eq!(answer.status(), StatusCode::OK);
    assert!(answer.text().await.unwrap().contains("name=\"password\""));
}

#[tokio::test]
async fn an_unknown_client_or_address_is_told_to_the_person_only() {
    let standin = start().await;
    let mut browser = Browser::new(&standin);
    for wrong in [
        ("client_id", "someone-else"),
        ("redirect_uri", "https://evil.example/oauth/callback"),
        ("redirect_uri", "http://127.0.0.1:9/elsewhere"),
        ("redirect_uri", "http://127.0.0.1.evil.example/oauth/callback"),
        ("redirect_uri", ""),
    ] {
        let answer = browser.get(browser.authorize_url(&[wrong])).await;
        assert_eq!(answer.status(), StatusCode::BAD_REQUEST, "{wrong:?}");
    }
}

#[tokio::test]
async fn a_faulty_request_is_told_to_the_client() {
    let standin = start().await;
    let mut browser = Browser::new(&standin);
    for (wrong, error) in [
        (("response_type", "token"), "unsupported_response_type"),
        (("code_challenge", ""), "invalid_request"),
        (("code_challenge_method", "plain"), "invalid_request"),
        (("scope", "everything"), "invalid_scope"),
        (("prompt", "none"), "login_required"),
    ] {
        let answer = browser.get(browser.authorize_url(&[wrong])).await;
        assert_eq!(answer.status(), StatusCode::SEE_OTHER, "{wrong:?}");
        assert_eq!(query(&location(&answer), "error").as_deref(), Some(error));
        assert_eq!(query(&location(&answer), "state").as_deref(), Some("a state"));
    }
}

#[tokio::test]
async fn registered_addresses_are_compared_as_text() {
    let uri = "https://gateway.example/oauth/callback";
    let options = standin::Options { redirect_uris: vec![uri.to_owned()], ..Default::default() };
    let standin = standin::Standin::start(options).await.unwrap();
    let mut browser = Browser::new(&standin);
    let good = browser.get(browser.authorize_url(&[("redirect_uri", uri)])).await;
    assert_eq!(good.status(), StatusCode::OK);
    for wrong in [REDIRECT_URI, "https://gateway.example/x/../oauth/callback"] {
        let answer = browser.get(browser.authorize_url(&[("redirect_uri", wrong)])).await;
        assert_eq!(answer.status(), StatusCode::BAD_REQUEST);
    }
}
