//! An MCP client, as far as OAuth goes.

use std::hash::{BuildHasher as _, RandomState};

use reqwest::{Client as Http, RequestBuilder, StatusCode};
use serde_json::{Value, json};

/// Where codes are sent. Nobody listens there.
pub(crate) const REDIRECT_URI: &str = "http://127.0.0.1:9/callback";
/// The pair of RFC 7636, appendix B.
pub(crate) const VERIFIER: &str = "dBjftJeZ4CVP-mB92K27uhbUJU1p1r_wW1gFWFOEjXk";
pub(crate) const CHALLENGE: &str = "E9Melhoa2OwvFrEMTJguCHaoeK1t8URWbuGJSstw-cM";

/// A registered client.
#[derive(Clone)]
pub(crate) struct Client {
    pub(crate) id: String,
    http: Http,
}

/// An answer of the token endpoint.
#[derive(Clone, Debug)]
pub(crate) struct Answer {
    pub(crate) status: StatusCode,
    pub(crate) body: Value,
}

impl Answer {
    fn text(&self, name: &str) -> String {
        self.body[name].as_str().unwrap_or_else(|| panic!("no {name} in {self:?}")).to_owned()
    }

    pub(crate) fn access_token(&self) -> String {
        self.text("access_token")
    }

    pub(crate) fn refresh_token(&self) -> String {
        self.text("refresh_token")
    }

    #[track_caller]
    pub(crate) fn granted(self) -> Self {
        assert_eq!(self.status, StatusCode::OK, "{self:?}");
        self
    }

    /// Whether it says that the grant is dead (RFC 6749 §5.2).
    pub(crate) fn is_dead_grant(&self) -> bool {
        self.status == StatusCode::BAD_REQUEST && self.body["error"] == "invalid_grant"
    }
}

impl Client {
    /// Registers at the replica `at`.
    pub(crate) async fn register(http: &Http, at: &str) -> Self {
        let metadata = json!({ "client_name": "Replica test", "redirect_uris": [REDIRECT_URI] });
        let request = http.post(format!("{at}/oauth/register")).json(&metadata);
        let answer: Value = from_anywhere(request).send().await.unwrap().json().await.unwrap();
        Self { id: answer["client_id"].as_str().unwrap().to_owned(), http: http.clone() }
    }

    pub(crate) async fn redeem(&self, at: &str, code: &str) -> Answer {
        let form = [
            ("grant_type", "authorization_code"),
            ("code", code),
            ("code_verifier", VERIFIER),
            ("redirect_uri", REDIRECT_URI),
        ];
        self.post(at, "/oauth/token", &form).await.unwrap()
    }

    /// Fails if the replica goes away meanwhile.
    pub(crate) async fn try_refresh(&self, at: &str, refresh_token: &str) -> reqwest::Result<Answer> {
        let form = [("grant_type", "refresh_token"), ("refresh_token", refresh_token)];
        self.post(at, "/oauth/token", &form).await
    }

    pub(crate) async fn refresh(&self, at: &str, refresh_token: &str) -> Answer {
        self.try_refresh(at, refresh_token).await.unwrap()
    }

    pub(crate) async fn revoke(&self, at: &str, token: &str) {
        let answer = self.post(at, "/oauth/revoke", &[("token", token)]).await.unwrap();
        assert_eq!(answer.status, StatusCode::OK, "{answer:?}");
    }

    /// Whether the replica lets the token in: it then says that `GET` is not the way, and else 401.
    pub(crate) async fn is_let_in(&self, at: &str, access_token: &str) -> bool {
        let answer = self.http.get(format!("{at}/mcp")).bearer_auth(access_token).send().await.unwrap();
        match answer.status() {
            StatusCode::METHOD_NOT_ALLOWED => true,
            StatusCode::UNAUTHORIZED => false,
            other => panic!("{other}: {answer:?}"),
        }
    }

    async fn post(&self, at: &str, path: &str, form: &[(&str, &str)]) -> reqwest::Result<Answer> {
        let mut form = form.to_vec();
        form.push(("client_id", &self.id));
        let answer = from_anywhere(self.http.post(format!("{at}{path}")).form(&form)).send().await?;
        let status = answer.status();
        let body = answer.bytes().await?;
        Ok(Answer { status, body: serde_json::from_slice(&body).unwrap_or_default() })
    }
}

/// From an address that nobody else has.
pub(crate) fn from_anywhere(request: RequestBuilder) -> RequestBuilder {
    let [_, a, b, c, ..] = RandomState::new().hash_one(0).to_be_bytes();
    request.header("x-forwarded-for", format!("10.{a}.{b}.{c}"))
}
