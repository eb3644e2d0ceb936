//! What is done to a deployment, one thing at a time.

use axum::{
    body::{Body, to_bytes},
    response::{Html, IntoResponse, Redirect, Response},
};
use http::{HeaderMap, HeaderValue, Method, StatusCode, header, request::Parts};
use shared::clock::{Clock as _, SystemClock};

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Mischief {
    None,
    /// The 401 loses its challenge.
    NoChallenge,
    /// The 401 becomes the redirect of a single sign-on.
    LoginPage,
    /// In documents at paths that begin so, one text becomes another.
    Rewrite(&'static str, &'static str, &'static str),
    /// Preflights are answered by somebody else.
    NoPreflights,
    /// The 401 may be read by pages, but not its challenge.
    NotExposed,
    /// A web page with this status answers for this path.
    Page(&'static str, u16),
    /// Programs that call themselves so are blocked.
    Blocks(&'static str),
    /// Only the redirect URIs' own ports are let through.
    Ports,
    /// The authorization endpoint is behind a sign-in of another.
    SignOn,
    /// The clock is ten minutes late.
    Late,
    /// Answers are passed on when they are complete.
    Buffers,
    /// Streams are called something else.
    Octets,
    /// The client's token is kept.
    KeepsAuthorization,
    /// What must not be stored may be.
    Caches,
    /// GET of the resource is not passed on.
    NoGet,
}

/// What was asked.
pub(super) struct Asked {
    method: Method,
    path: String,
    query: String,
    agent: String,
}

impl Asked {
    pub(super) fn of(head: &Parts) -> Self {
        let agent = head.headers.get(header::USER_AGENT).and_then(|agent| agent.to_str().ok());
        Self {
            method: head.method.clone(),
            path: head.uri.path().to_owned(),
            query: head.uri.query().unwrap_or_default().to_owned(),
            agent: agent.unwrap_or_default().to_owned(),
        }
    }
}

fn page(status: u16) -> Response {
    let html = "<!doctype html><html><head><title>Just a moment...</title></head></html>";
    (StatusCode::from_u16(status).unwrap(), Html(html)).into_response()
}

impl Mischief {
    /// The answer that the gateway is not asked for.
    pub(super) fn instead(self, asked: &Asked) -> Option<Response> {
        match self {
            Self::Page(path, status) if asked.path == path && asked.method != Method::OPTIONS => {
                Some(page(status))
            }
            Self::Blocks(agent) if asked.agent.contains(agent) => Some(page(403)),
            Self::NoPreflights if asked.method == Method::OPTIONS => {
                Some(StatusCode::METHOD_NOT_ALLOWED.into_response())
            }
            Self::NoGet if asked.method == Method::GET && asked.path == "/mcp" => {
                Some(StatusCode::METHOD_NOT_ALLOWED.into_response())
            }
            Self::Ports if asked.query.contains("localhost%3A61999") => Some(page(400)),
            Self::SignOn if asked.path == "/oauth/authorize" => {
                Some(Redirect::to("https://sso.example.com/start?next=x").into_response())
            }
            _ => None,
        }
    }

    pub(super) fn on_the_way_in(self, headers: &mut HeaderMap) {
        if self == Self::KeepsAuthorization {
            headers.remove(header::AUTHORIZATION);
        }
    }

    pub(super) async fn on_the_way_out(self, asked: &Asked, mut response: Response) -> Response {
        let refused = response.status() == StatusCode::UNAUTHORIZED;
        let headers = response.headers_mut();
        match self {
            Self::NoChallenge => drop(headers.remove(header::WWW_AUTHENTICATE)),
            Self::LoginPage if refused && asked.path == "/mcp" => {
                return Redirect::to("https://sso.example.com/start?next=x").into_response();
            }
            Self::NotExposed => drop(headers.remove(header::ACCESS_CONTROL_EXPOSE_HEADERS)),
            Self::Late => {
                let late =
                    chrono::DateTime::from_timestamp_millis(SystemClock.now().minus(TEN_MINUTES).millis());
                let late = late.unwrap().format("%a, %d %b %Y %H:%M:%S GMT").to_string();
                headers.insert(header::DATE, HeaderValue::try_from(late).unwrap());
            }
            Self::Caches => drop(headers.remove(header::CACHE_CONTROL)),
            Self::Octets if asked.path == "/probe/stream" => {
                let octets = HeaderValue::from_static("application/octet-stream");
                headers.insert(header::CONTENT_TYPE, octets);
            }
            Self::Buffers => return rewritten(response, |text| text).await,
            Self::Rewrite(path, from, to) if asked.path.starts_with(path) => {
                return rewritten(response, |text| text.replace(from, to)).await;
            }
            _ => {}
        }
        response
    }
}

const TEN_MINUTES: std::time::Duration = std::time::Duration::from_secs(600);

async fn rewritten(response: Response, change: impl FnOnce(String) -> String) -> Response {
    let (mut head, body) = response.into_parts();
    let text = String::from_utf8(to_bytes(body, 1 << 20).await.unwrap().to_vec()).unwrap();
    head.headers.remove(header::CONTENT_LENGTH);
    head.headers.remove(header::TRANSFER_ENCODING);
    Response::from_parts(head, Body::from(change(text)))
}
