//! The pages of the sign-in. They work without scripts and send no `form-action`: Chrome applies it to the redirect
//! that answers a form, and would block the way back to the client.

use askama::Template;
use axum::{
    http::{
        HeaderMap, StatusCode,
        header::{CACHE_CONTROL, CONTENT_SECURITY_POLICY, COOKIE as COOKIE_HEADER, REFERRER_POLICY},
    },
    response::{Html, IntoResponse as _, Redirect, Response},
};
use url::Url;

use crate::{
    app::App,
    demo::{self, PEOPLE, Person},
};

/// The cookie of a browser that is signed in to Peaka.
pub(crate) const COOKIE: &str = "standin_session";
/// The client's name on the consent page.
pub(crate) const CLIENT_NAME: &str = "Peaka MCP Gateway";

#[derive(Template)]
#[template(path = "sign_in.html")]
struct SignIn<'a> {
    request: &'a str,
    email: &'a str,
    problem: Option<&'a str>,
    people: &'a [Person],
}

#[derive(Template)]
#[template(path = "consent.html")]
struct Consent<'a> {
    request: &'a str,
    client: &'a str,
    name: String,
    email: &'a str,
}

#[derive(Template)]
#[template(path = "problem.html")]
struct Problem<'a> {
    problem: &'a str,
}

pub(crate) fn sign_in(status: StatusCode, request: &str, email: &str, problem: Option<&str>) -> Response {
    page(status, &SignIn { request, email, problem, people: &PEOPLE })
}

pub(crate) fn consent(request: &str, person: &Person) -> Response {
    page(StatusCode::OK, &Consent { request, client: CLIENT_NAME, name: person.name(), email: person.email })
}

pub(crate) fn problem(status: StatusCode, problem: &str) -> Response {
    page(status, &Problem { problem })
}

/// The request is answered already, or was left lying too long.
pub(crate) fn gone() -> Response {
    problem(StatusCode::BAD_REQUEST, "This sign-in is over. Go back to the app and start again.")
}

fn page(status: StatusCode, template: &impl Template) -> Response {
    let headers = [
        (CACHE_CONTROL, "no-store"),
        (CONTENT_SECURITY_POLICY, "default-src 'none'; style-src 'unsafe-inline'; frame-ancestors 'none'"),
        (REFERRER_POLICY, "no-referrer"),
    ];
    match template.render() {
        Ok(html) => (status, headers, Html(html)).into_response(),
        Err(error) => {
            tracing::error!(%error, "could not render a page");
            StatusCode::INTERNAL_SERVER_ERROR.into_response()
        }
    }
}

/// `303 See Other` to the redirect URI with these parameters added to its query.
pub(crate) fn back_to_client(redirect_uri: &str, parameters: &[(&str, Option<&str>)]) -> Response {
    let Ok(mut url) = Url::parse(redirect_uri) else { return gone() };
    url.query_pairs_mut()
        .extend_pairs(parameters.iter().filter_map(|&(name, value)| value.map(|value| (name, value))));
    ([(CACHE_CONTROL, "no-store")], Redirect::to(url.as_str())).into_response()
}

/// The value of our cookie.
pub(crate) fn cookie(headers: &HeaderMap) -> Option<String> {
    let lines = headers.get_all(COOKIE_HEADER).into_iter().filter_map(|line| line.to_str().ok());
    lines
        .flat_map(|line| line.split(';'))
        .find_map(|pair| pair.trim().strip_prefix(COOKIE)?.strip_prefix('=').map(ToOwned::to_owned))
}

/// Who is signed in in this browser.
pub(crate) fn signed_in(app: &App, headers: &HeaderMap) -> Option<&'static Person> {
    demo::person(&app.pending.signed_in(&cookie(headers)?)?)
}
