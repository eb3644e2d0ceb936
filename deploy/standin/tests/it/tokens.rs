//! The token endpoint: single use, PKCE, rotation, client authentication, and what a restart leaves.

use reqwest::StatusCode;
use serde_json::{Value, json};
use standin::{Options, Standin};

use crate::support::{
    ADA, Browser, GRACE, REDIRECT_URI, VERIFIER, get, get_json, http, query, redeem, refresh, start, token,
    tokens,
};

async fn error(response: reqwest::Response) -> String {
    assert_eq!(response.status(), StatusCode::BAD_REQUEST);
    response.json::<Value>().await.unwrap()["error"].as_str().unwrap().to_owned()
}

#[tokio::test]
async fn the_metadata_says_where_everything_is() {
    let standin = start().await;
    let url = format!("{}/.well-known/oauth-authorization-server", standin.url());
    let metadata: Value = http().get(url).send().await.unwrap().json().await.unwrap();
    assert_eq!(metadata["issuer"], standin.url());
    assert_eq!(metadata["token_endpoint"], format!("{}/oauth2/token", standin.url()));
    assert_eq!(metadata["code_challenge_methods_supported"], json!(["S256"]));
    assert_eq!(metadata["token_endpoint_auth_methods_supported"], json!(["client_secret_basic"]));
    assert_eq!(metadata["authorization_response_iss_parameter_supported"], true);
}

#[tokio::test]
async fn a_code_is_good_once_and_for_its_verifier_and_address() {
    let standin = start().await;
    let code = query(&Browser::new(&standin).sign_in(ADA).await, "code").unwrap();
    let answer = redeem(&standin, &code).await;
    assert_eq!(answer.headers()["cache-control"], "no-store");
    let answer: Value = answer.json().await.unwrap();
    assert_eq!(answer["expires_in"], 300);
    assert_eq!(answer["token_type"], "Bearer");
    assert_eq!(answer["access_token"].as_str().unwrap().split('.').count(), 3);
    assert_eq!(error(redeem(&standin, &code).await).await, "invalid_grant");

    for (name, value) in
        [("code_verifier", "another-verifier"), ("redirect_uri", "http://127.0.0.1:1/oauth/callback")]
    {
        let code = query(&Browser::new(&standin).sign_in(ADA).await, "code").unwrap();
        let mut form = vec![
            ("grant_type", "authorization_code"),
            ("code", code.as_str()),
            ("redirect_uri", REDIRECT_URI),
            ("code_verifier", VERIFIER),
        ];
        form.iter_mut().filter(|(key, _)| *key == name).for_each(|pair| pair.1 = value);
        assert_eq!(error(token(&standin, &form).await).await, "invalid_grant", "{name}");
    }
}

#[tokio::test]
async fn a_rotated_refresh_token_is_spent_and_an_unrotated_one_is_not() {
    let standin = start().await;
    let (_, first) = tokens(&standin, ADA).await;
    let answer: Value = refresh(&standin, &first).await.json().await.unwrap();
    let second = answer["refresh_token"].as_str().unwrap();
    assert_ne!(first, second);
    assert_eq!(error(refresh(&standin, &first).await).await, "invalid_grant");
    standin.rotate_refresh_tokens(false);
    for _ in 0..2 {
        let answer: Value = refresh(&standin, second).await.json().await.unwrap();
        assert_eq!(answer["refresh_token"], second);
    }
}

#[tokio::test]
async fn the_client_must_authenticate_by_basic_with_urlencoded_halves() {
    let secret = "a secret: with+odd%characters";
    let options = Options { client_secret: secret.to_owned(), ..Options::default() };
    let standin = Standin::start(options).await.unwrap();
    let send = async |id: &str, secret: &str| {
        let request = http().post(format!("{}/oauth2/token", standin.url())).basic_auth(id, Some(secret));
        request.form(&[("grant_type", "refresh_token"), ("refresh_token", "x")]).send().await.unwrap()
    };
    let encoded: String = url::form_urlencoded::byte_serialize(secret.as_bytes()).collect();
    assert_eq!(error(send("peaka-mcp-gateway", &encoded).await).await, "invalid_grant");
    for (id, secret) in [("peaka-mcp-gateway", "wrong"), ("other", &*encoded), ("peaka-mcp-gateway", "")] {
        let answer = send(id, secret).await;
        assert_eq!(answer.status(), StatusCode::UNAUTHORIZED);
        assert!(answer.headers()["www-authenticate"].to_str().unwrap().starts_with("Basic"));
    }
    let form =
        [("grant_type", "refresh_token"), ("client_id", "peaka-mcp-gateway"), ("client_secret", secret)];
    let url = format!("{}/oauth2/token", standin.url());
    assert_eq!(http().post(url).form(&form).send().await.unwrap().status(), StatusCode::UNAUTHORIZED);
}

#[tokio::test]
async fn a_refresh_token_outlives_a_restart_with_a_data_directory() {
    let folder = tempfile::tempdir().unwrap();
    let options = Options { data_dir: Some(folder.path().join("data")), ..Options::default() };
    let first = Standin::start(options.clone()).await.unwrap();
    let (access, refresh_token) = tokens(&first, GRACE).await;
    first.shutdown().await;

    let second = Standin::start(options).await.unwrap();
    assert_eq!(get_json(&second, &access, "info").await["email"], GRACE);
    let answer = refresh(&second, &refresh_token).await;
    assert_eq!(answer.status(), StatusCode::OK);
    assert_eq!(error(refresh(&second, &refresh_token).await).await, "invalid_grant");

    let other = start().await;
    assert_eq!(get(&other, &access, "info").await.status(), StatusCode::UNAUTHORIZED);
}
