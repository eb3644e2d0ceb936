//! `/control/...`: the switches that the real Peaka does not have. They are for tests and stay unguarded: a stand-in
//! listens on loopback or inside a test network.

use std::sync::Arc;

use axum::{Json, extract::State};
use serde::Deserialize;
use serde_json::{Value, json};

use crate::{app::App, faults::Fault, options::SwitchesChange};

#[derive(Debug, Deserialize)]
pub(crate) struct Whose {
    email: String,
}

pub(crate) async fn add_fault(State(app): State<Arc<App>>, Json(fault): Json<Fault>) -> Json<Value> {
    app.faults.add(fault);
    faults(State(app)).await
}

pub(crate) async fn clear_faults(State(app): State<Arc<App>>) -> Json<Value> {
    app.faults.clear();
    faults(State(app)).await
}

pub(crate) async fn faults(State(app): State<Arc<App>>) -> Json<Value> {
    Json(json!({ "faults": app.faults.waiting() }))
}

pub(crate) async fn revoke(State(app): State<Arc<App>>, Json(Whose { email }): Json<Whose>) -> Json<Value> {
    Json(json!({ "revoked": app.grants.revoke(&email.trim().to_lowercase()) }))
}

pub(crate) async fn expire(State(app): State<Arc<App>>) -> Json<Value> {
    app.grants.expire_access_tokens();
    Json(json!({}))
}

pub(crate) async fn options(State(app): State<Arc<App>>, Json(change): Json<SwitchesChange>) -> Json<Value> {
    Json(json!(app.switch(change)))
}

pub(crate) async fn requests(State(app): State<Arc<App>>) -> Json<Value> {
    let requests = app.requests.all();
    let told = requests.iter().map(|request| {
        json!({
            "method": request.method, "path": request.path, "query": request.query,
            "user": request.user, "bearer": format!("{:?}", request.bearer),
        })
    });
    Json(json!({ "requests": told.collect::<Vec<_>>() }))
}

pub(crate) async fn clear_requests(State(app): State<Arc<App>>) -> Json<Value> {
    app.requests.clear();
    Json(json!({ "requests": [] }))
}
