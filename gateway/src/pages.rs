//! What people see: server-rendered pages that work without scripts and load nothing from elsewhere.

mod account;
mod card;
mod consent;
mod error;
mod moment;

use askama::Template;
use axum::{
    body::Body,
    response::{IntoResponse, Response},
};
use http::{HeaderMap, HeaderValue, StatusCode, header};
use shared::assertion::Projects;

pub(crate) use self::{
    account::{AccountPage, account, sign_in},
    consent::{Chosen, Remembering, consent},
    error::PageError,
};
use self::{
    card::ClientCard,
    consent::{ScopeChoice, choices},
};
use crate::{
    answer::no_store,
    domain::authorization::{Approval, AuthorizationRequest},
    language::Here,
};

#[derive(Template)]
#[template(path = "ask.html")]
struct Ask<'a> {
    w: Here,
    client: &'a ClientCard,
    choices: Vec<ScopeChoice>,
    sealed_request: &'a str,
    again: Option<AgainCard>,
}

/// What its person decided about the client before.
pub(crate) struct Again<'a> {
    pub(crate) email: &'a str,
    pub(crate) approval: &'a Approval,
}

/// The same, as it is told.
struct AgainCard {
    heading: String,
    projects: String,
}

impl AgainCard {
    fn of(w: &Here, again: &Again<'_>) -> Self {
        let projects = match &again.approval.projects {
            Projects::All => w.t("ask.in_all_projects").to_string(),
            Projects::Only(ids) => w.say("ask.in_some_projects", "number", ids.len()),
        };
        Self { heading: w.say("ask.allowed_before", "email", again.email), projects }
    }
}

/// Who asks, with one button that goes on to Peaka; or, if it was decided before, that does so again.
pub(crate) fn ask(
    request: &AuthorizationRequest,
    sealed_request: &str,
    again: Option<Again<'_>>,
    cookie: Option<HeaderValue>,
) -> Result<Response, PageError> {
    let w = Here::now();
    let scopes = again.as_ref().map_or(request.scopes, |again| again.approval.scopes);
    let (client, choices) = (&ClientCard::of(&w, request), choices(&w, scopes, scopes));
    let again = again.map(|again| AgainCard::of(&w, &again));
    let mut response = render(StatusCode::OK, &Ask { w, client, choices, sealed_request, again })?;
    set_cookie(&mut response, cookie);
    Ok(response)
}

/// Addresses for the connect page.
pub(crate) struct ConnectLinks {
    /// The one URL.
    pub(crate) url: String,
    /// Opens Claude's form.
    pub(crate) claude: String,
    /// Opens Cursor.
    pub(crate) cursor: String,
    /// Opens VS Code.
    pub(crate) vscode: String,
}

#[derive(Template)]
#[template(path = "connect.html")]
struct Connect<'a> {
    w: Here,
    url: &'a str,
    claude_link: &'a str,
    cursor_link: &'a str,
    vscode_link: &'a str,
}

/// The one URL, and how each client takes it.
pub(crate) fn connect(links: &ConnectLinks) -> Result<Response, PageError> {
    let ConnectLinks { url, claude, cursor, vscode } = links;
    let w = Here::now();
    let mut response = render(
        StatusCode::OK,
        &Connect { w, url, claude_link: claude, cursor_link: cursor, vscode_link: vscode },
    )?;
    // No person is signed in here and nothing is decided: this page alone may run a script of ours, to copy with.
    let policy = HeaderValue::from_static(POLICY_WITH_SCRIPT);
    response.headers_mut().insert(header::CONTENT_SECURITY_POLICY, policy);
    Ok(response)
}

#[derive(Template)]
#[template(path = "device.html")]
struct Device<'a> {
    w: Here,
    code: &'a str,
}

/// Where a person types the code that a device shows.
pub(crate) fn device(code: Option<&str>) -> Result<Response, PageError> {
    render(StatusCode::OK, &Device { w: Here::now(), code: code.unwrap_or_default() })
}

#[derive(Template)]
#[template(path = "done.html")]
struct Done {
    w: Here,
    title: String,
    text: String,
}

/// The end of a device's way: the browser is sent nowhere. The address that led here cannot be asked for again.
pub(crate) fn device_decided(allowed: bool) -> Result<Response, PageError> {
    let w = Here::now().alone();
    let (title, text) = if allowed {
        (w.t("device.connected"), w.t("device.connected_text"))
    } else {
        (w.t("device.not_connected"), w.t("device.not_connected_text"))
    };
    let (title, text) = (title.to_owned(), text.to_owned());
    render(StatusCode::OK, &Done { w, title, text })
}

#[derive(Template)]
#[template(path = "leave.html")]
struct Leave<'a> {
    w: Here,
    title: String,
    to: &'a str,
}

/// Whom a page that navigates leaves for.
#[derive(Clone, Copy, Debug)]
pub(crate) enum Leaving<'a> {
    /// Peaka's sign-in.
    ToPeaka,
    /// The client, by its name.
    Back(&'a str),
}

/// A page that navigates on by itself. A redirect in answer to a form post would be stopped by the page's own
/// `form-action`, which browsers apply to where the post is redirected.
pub(crate) fn leave(leaving: Leaving<'_>, to: &str) -> Result<Response, PageError> {
    let w = Here::now();
    let title = match leaving {
        Leaving::ToPeaka => w.t("leave.to_peaka").to_owned(),
        Leaving::Back(app) => w.say("leave.back", "app", app),
    };
    render(StatusCode::OK, &Leave { w, title, to })
}

fn render(status: StatusCode, page: &impl Template) -> Result<Response, PageError> {
    let html = page.render().map_err(PageError::unavailable)?;
    let mut response = (status, Body::from(html)).into_response();
    response.headers_mut().insert(header::CONTENT_TYPE, HeaderValue::from_static("text/html; charset=utf-8"));
    protect(response.headers_mut());
    Ok(response)
}

/// Adds a cookie to an answer.
pub(crate) fn set_cookie(response: &mut Response, cookie: Option<HeaderValue>) {
    if let Some(cookie) = cookie {
        response.headers_mut().append(header::SET_COOKIE, cookie);
    }
}

const CONTENT_SECURITY_POLICY: &str = "default-src 'none'; style-src 'self'; img-src 'self'; form-action 'self'; \
     base-uri 'none'; frame-ancestors 'none'";

const POLICY_WITH_SCRIPT: &str = "default-src 'none'; script-src 'self'; style-src 'self'; img-src 'self'; \
     form-action 'self'; base-uri 'none'; frame-ancestors 'none'";

/// No script, no frame, no referrer, no copy kept on the way.
pub(crate) fn protect(headers: &mut HeaderMap) {
    no_store(headers);
    let mut set = |name, value| headers.insert(name, HeaderValue::from_static(value));
    set(header::CONTENT_SECURITY_POLICY, CONTENT_SECURITY_POLICY);
    set(header::X_FRAME_OPTIONS, "DENY");
    set(header::X_CONTENT_TYPE_OPTIONS, "nosniff");
    set(header::REFERRER_POLICY, "no-referrer");
    set(header::HeaderName::from_static("cross-origin-opener-policy"), "same-origin");
}

/// The script of the connect page.
pub(crate) async fn copy_script() -> Response {
    asset("text/javascript; charset=utf-8", include_str!("../assets/copy.js"))
}

/// The style sheet of all pages.
pub(crate) async fn style() -> Response {
    asset("text/css; charset=utf-8", include_str!("../assets/style.css"))
}

fn asset(kind: &'static str, text: &'static str) -> Response {
    let headers = [
        (header::CONTENT_TYPE, kind),
        (header::CACHE_CONTROL, "public, max-age=3600"),
        (header::X_CONTENT_TYPE_OPTIONS, "nosniff"),
    ];
    (headers, text).into_response()
}
