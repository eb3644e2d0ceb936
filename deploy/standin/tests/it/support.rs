//! What the tests share: a stand-in on a free port, a browser, and the client that the gateway would be.

use base64::{Engine as _, engine::general_purpose::URL_SAFE_NO_PAD};
use reqwest::{Client, Method, Response, StatusCode};
use serde_json::{Value, json};
use standin::{Options, Standin, demo};
use url::Url;

pub(crate) const REDIRECT_URI: &str = "http://127.0.0.1:9/oauth/callback";
pub(crate) const VERIFIER: &str = "a-code-verifier-of-more-than-forty-three-characters";
pub(crate) const ADA: &str = "ada@demo.peaka.local";
pub(crate) const GRACE: &str = "grace@demo.peaka.local";
pub(crate) const LINUS: &str = "linus@demo.peaka.local";

pub(crate) fn challenge() -> String {
    let digest = aws_lc_rs::digest::digest(&aws_lc_rs::digest::SHA256, VERIFIER.as_bytes());
    URL_SAFE_NO_PAD.encode(digest)
}

/// Every test has a thread and a runtime of its own, and one client for them.
#[expect(clippy::disallowed_methods, reason = "the tests of the stand-in use nothing of the services")]
pub(crate) fn http() -> Client {
    thread_local! {
        static CLIENT: Client =
            Client::builder().no_proxy().redirect(reqwest::redirect::Policy::none()).build().unwrap();
    }
    CLIENT.with(Clone::clone)
}

pub(crate) async fn start() -> Standin {
    Standin::start(Options::default()).await.unwrap()
}

/// One browser at the pages of one stand-in.
pub(crate) struct Browser {
    http: Client,
    url: String,
    pub(crate) cookie: Option<String>,
}

impl Browser {
    pub(crate) fn new(standin: &Standin) -> Self {
        Self { http: http(), url: standin.url().to_owned(), cookie: None }
    }

    pub(crate) fn authorize_url(&self, more: &[(&str, &str)]) -> Url {
        let mut url = Url::parse(&format!("{}/oauth2/authorize", self.url)).unwrap();
        let challenge = challenge();
        let mut parameters = vec![
            ("response_type", "code"),
            ("client_id", "peaka-mcp-gateway"),
            ("redirect_uri", REDIRECT_URI),
            ("scope", "user_access"),
            ("state", "a state"),
            ("code_challenge", challenge.as_str()),
            ("code_challenge_method", "S256"),
        ];
        parameters.retain(|(name, _)| more.iter().all(|(other, _)| other != name));
        parameters.extend(more.iter().filter(|(_, value)| !value.is_empty()));
        url.query_pairs_mut().extend_pairs(parameters);
        url
    }

    pub(crate) async fn get(&mut self, url: impl AsRef<str>) -> Response {
        self.send(Method::GET, url.as_ref(), None).await
    }

    pub(crate) async fn post(&mut self, path: &str, form: &[(&str, &str)]) -> Response {
        self.send(Method::POST, path, Some(form)).await
    }

    async fn send(&mut self, method: Method, url: &str, form: Option<&[(&str, &str)]>) -> Response {
        let url = if url.starts_with('/') { format!("{}{url}", self.url) } else { url.to_owned() };
        let mut request = self.http.request(method, url);
        if let Some(cookie) = &self.cookie {
            request = request.header("cookie", cookie);
        }
        if let Some(form) = form {
            request = request.form(form);
        }
        let response = request.send().await.unwrap();
        if let Some(cookie) = response.headers().get("set-cookie") {
            let pair = cookie.to_str().unwrap().split(';').next().unwrap();
            self.cookie = (!pair.ends_with('=')).then(|| pair.to_owned());
        }
        response
    }

    /// Opens the authorization endpoint, signs in, agrees, and returns where the browser is sent.
    pub(crate) async fn sign_in(&mut self, email: &str) -> Url {
        let url = self.authorize_url(&[]);
        let page = self.get(url).await;
        let request = hidden(&page.text().await.unwrap());
        let person = demo::person(email).unwrap();
        let form = [("request", request.as_str()), ("email", email), ("password", person.password)];
        let answer = self.post("/login", &form).await;
        assert_eq!(answer.status(), StatusCode::SEE_OTHER);
        let to = location(&answer);
        if to.as_str().starts_with(REDIRECT_URI) {
            return to;
        }
        let page = self.get(&to).await;
        assert_eq!(page.status(), StatusCode::OK);
        let request = hidden(&page.text().await.unwrap());
        let answer = self.post("/consent", &[("request", &request), ("decision", "authorize")]).await;
        assert_eq!(answer.status(), StatusCode::SEE_OTHER);
        location(&answer)
    }
}

/// The value of the page's hidden field `request`.
pub(crate) fn hidden(page: &str) -> String {
    let (_, rest) = page.split_once("name=\"request\" value=\"").expect("the page has no form");
    rest.split('"').next().unwrap().to_owned()
}

/// Where a redirect goes; a path becomes a URL of nowhere, of which [`Browser::get`] uses the path.
pub(crate) fn location(response: &Response) -> Url {
    let to = response.headers()["location"].to_str().unwrap();
    response.url().join(to).unwrap()
}

pub(crate) fn query(url: &Url, name: &str) -> Option<String> {
    url.query_pairs().find(|(key, _)| key == name).map(|(_, value)| value.into_owned())
}

pub(crate) async fn token(standin: &Standin, form: &[(&str, &str)]) -> Response {
    let request = http().post(format!("{}/oauth2/token", standin.url()));
    request.basic_auth("peaka-mcp-gateway", Some("standin-gateway-secret")).form(form).send().await.unwrap()
}

pub(crate) async fn redeem(standin: &Standin, code: &str) -> Response {
    let form = [
        ("grant_type", "authorization_code"),
        ("code", code),
        ("redirect_uri", REDIRECT_URI),
        ("code_verifier", VERIFIER),
    ];
    token(standin, &form).await
}

pub(crate) async fn refresh(standin: &Standin, refresh_token: &str) -> Response {
    token(standin, &[("grant_type", "refresh_token"), ("refresh_token", refresh_token)]).await
}

/// Access and refresh token of a fresh sign-in.
pub(crate) async fn tokens(standin: &Standin, email: &str) -> (String, String) {
    let back = Browser::new(standin).sign_in(email).await;
    let answer = redeem(standin, &query(&back, "code").unwrap()).await;
    assert_eq!(answer.status(), StatusCode::OK);
    let answer: Value = answer.json().await.unwrap();
    let field = |name: &str| answer[name].as_str().unwrap().to_owned();
    (field("access_token"), field("refresh_token"))
}

pub(crate) async fn get(standin: &Standin, bearer: &str, path: &str) -> Response {
    http().get(format!("{}/{path}", standin.partner_api_url())).bearer_auth(bearer).send().await.unwrap()
}

pub(crate) async fn get_json(standin: &Standin, bearer: &str, path: &str) -> Value {
    let response = get(standin, bearer, path).await;
    assert_eq!(response.status(), StatusCode::OK, "{path}");
    response.json().await.unwrap()
}

pub(crate) async fn post(standin: &Standin, bearer: &str, path: &str, body: &Value) -> Response {
    send(standin, Method::POST, bearer, path, body).await
}

pub(crate) async fn send(
    standin: &Standin,
    method: Method,
    bearer: &str,
    path: &str,
    body: &Value,
) -> Response {
    let request = http().request(method, format!("{}/{path}", standin.partner_api_url()));
    request.bearer_auth(bearer).json(body).send().await.unwrap()
}

/// Runs a statement in the demo project with the partner key; the answer's status and body.
pub(crate) async fn run(standin: &Standin, statement: &str, format: &str) -> (StatusCode, Value) {
    let path = format!("data/projects/{}/queries/execute?format={format}", demo::PROJECT);
    let response = post(standin, demo::PARTNER_KEY, &path, &json!({ "statement": statement })).await;
    (response.status(), response.json().await.unwrap())
}

/// The rows of a statement that must succeed.
pub(crate) async fn rows(standin: &Standin, statement: &str) -> Value {
    let (status, body) = run(standin, statement, "COMPACT").await;
    assert_eq!(status, StatusCode::OK, "{statement}: {body}");
    body["data"].clone()
}

/// The message of a statement that must fail with 400.
pub(crate) async fn complaint(standin: &Standin, statement: &str) -> String {
    let (status, body) = run(standin, statement, "COMPACT").await;
    assert_eq!(status, StatusCode::BAD_REQUEST, "{statement}: {body}");
    body["message"].as_str().unwrap().to_owned()
}
