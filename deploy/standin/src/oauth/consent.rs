//! `GET` and `POST /consent`: whether the client may act for the person. Who allowed it before is not asked again.

use std::sync::Arc;

use axum::{
    Form,
    extract::{Query, State},
    http::{HeaderMap, StatusCode},
    response::{IntoResponse as _, Redirect, Response},
};
use serde::Deserialize;

use super::{
    pages,
    pending::{AuthorizationRequest, Code},
};
use crate::{app::App, demo::Person};

#[derive(Debug, Deserialize)]
pub(crate) struct Which {
    request: String,
}

#[derive(Debug, Deserialize)]
pub(crate) struct Decision {
    request: String,
    decision: String,
}

/// Where a person who is signed in goes: back to the client if they allowed it before, else to the consent page.
pub(crate) fn next(app: &App, id: &str, request: &AuthorizationRequest, person: &Person) -> Response {
    if app.grants.has_consented(person.email) && !request.ask_for_consent {
        return match app.pending.finish_request(id) {
            Some(request) => allow(app, &request, person),
            None => pages::gone(),
        };
    }
    Redirect::to(&format!("/consent?request={id}")).into_response()
}

pub(crate) async fn show(
    State(app): State<Arc<App>>,
    headers: HeaderMap,
    Query(Which { request }): Query<Which>,
) -> Response {
    if app.pending.request(&request).is_none() {
        return pages::gone();
    }
    match pages::signed_in(&app, &headers) {
        Some(person) => pages::consent(&request, person),
        None => pages::sign_in(StatusCode::OK, &request, "", None),
    }
}

pub(crate) async fn submit(
    State(app): State<Arc<App>>,
    headers: HeaderMap,
    Form(Decision { request: id, decision }): Form<Decision>,
) -> Response {
    let Some(person) = pages::signed_in(&app, &headers) else {
        return match app.pending.request(&id) {
            Some(_) => pages::sign_in(StatusCode::OK, &id, "", None),
            None => pages::gone(),
        };
    };
    let Some(request) = app.pending.finish_request(&id) else { return pages::gone() };
    if decision == "authorize" {
        app.grants.remember_consent(person.email);
        allow(&app, &request, person)
    } else {
        refuse(&app, &request, "access_denied")
    }
}

fn allow(app: &App, request: &AuthorizationRequest, person: &Person) -> Response {
    let code = app.pending.keep_code(Code {
        email: person.email.to_owned(),
        redirect_uri: request.redirect_uri.clone(),
        code_challenge: request.code_challenge.clone(),
    });
    answer(app, request, ("code", &code))
}

/// Back to the client with an error of RFC 6749 §4.1.2.1.
pub(crate) fn refuse(app: &App, request: &AuthorizationRequest, error: &str) -> Response {
    answer(app, request, ("error", error))
}

fn answer(app: &App, request: &AuthorizationRequest, (name, value): (&str, &str)) -> Response {
    let parameters =
        [(name, Some(value)), ("state", request.state.as_deref()), ("iss", Some(app.issuer.as_str()))];
    pages::back_to_client(&request.redirect_uri, &parameters)
}
