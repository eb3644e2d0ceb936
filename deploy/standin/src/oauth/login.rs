//! `GET /login` (the sign-in page again, for another account), `POST /login` (e-mail and password), `/logout`.

use std::sync::Arc;

use axum::{
    Form,
    extract::{Query, State},
    http::{HeaderMap, HeaderValue, StatusCode, header::SET_COOKIE},
    response::Response,
};
use serde::Deserialize;

use super::{consent, pages};
use crate::{app::App, chance, demo};

#[derive(Debug, Deserialize)]
pub(crate) struct Which {
    request: String,
}

#[derive(Deserialize)]
pub(crate) struct Credentials {
    request: String,
    #[serde(default)]
    email: String,
    #[serde(default)]
    password: String,
}

pub(crate) async fn show(State(app): State<Arc<App>>, Query(Which { request }): Query<Which>) -> Response {
    match app.pending.request(&request) {
        Some(_) => pages::sign_in(StatusCode::OK, &request, "", None),
        None => pages::gone(),
    }
}

pub(crate) async fn submit(State(app): State<Arc<App>>, Form(form): Form<Credentials>) -> Response {
    let Some(request) = app.pending.request(&form.request) else { return pages::gone() };
    let person =
        demo::person(&form.email).filter(|person| chance::same(person.password, form.password.trim_end()));
    let Some(person) = person else {
        let problem = "That e-mail address and password do not go together.";
        return pages::sign_in(StatusCode::UNAUTHORIZED, &form.request, &form.email, Some(problem));
    };
    let cookie = app.pending.sign_in(person.email);
    let mut response = consent::next(&app, &form.request, &request, person);
    set_cookie(&mut response, &cookie, 86_400);
    response
}

pub(crate) async fn sign_out(State(app): State<Arc<App>>, headers: HeaderMap) -> Response {
    if let Some(cookie) = pages::cookie(&headers) {
        app.pending.sign_out(&cookie);
    }
    let mut response = pages::problem(StatusCode::OK, "You are signed out.");
    set_cookie(&mut response, "", 0);
    response
}

fn set_cookie(response: &mut Response, value: &str, seconds: u32) {
    let text = format!("{}={value}; Path=/; HttpOnly; SameSite=Lax; Max-Age={seconds}", pages::COOKIE);
    if let Ok(header) = HeaderValue::from_str(&text) {
        response.headers_mut().append(SET_COOKIE, header);
    }
}
