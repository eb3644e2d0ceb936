//! What every request passes: who calls, the record, the faults on demand, and the form of errors.

use std::{sync::Arc, time::Duration};

use axum::{
    extract::{Request, State},
    middleware::Next,
    response::Response,
};

use crate::{
    api::{caller::Caller, error::ApiError},
    app::App,
    faults,
    requests::{Bearer, SeenRequest},
};

pub(crate) async fn watch(State(app): State<Arc<App>>, mut request: Request, next: Next) -> Response {
    let path = request.uri().path().to_owned();
    if path.starts_with("/control/") {
        return next.run(request).await;
    }
    if path.starts_with("/api/") {
        let caller = Caller::of(&app, request.headers()).ok();
        app.requests.add(seen(&request, caller));
        if let Some(caller) = caller {
            request.extensions_mut().insert(caller);
        }
    }
    if let Some(fault) = app.faults.take(&path) {
        match faults::answer(fault.fault, &path) {
            Some(answer) => return answer,
            None => tokio::time::sleep(Duration::from_millis(fault.delay_ms)).await,
        }
    }
    let response = next.run(request).await;
    match response.extensions().get::<ApiError>() {
        Some(error) => error.render(&path, app.switches().documented_forms),
        None => response,
    }
}

fn seen(request: &Request, caller: Option<Caller>) -> SeenRequest {
    let fields = request.headers().iter();
    SeenRequest {
        method: request.method().to_string(),
        path: request.uri().path().to_owned(),
        query: request.uri().query().map(ToOwned::to_owned),
        user: caller.map(|caller| caller.person.email.to_owned()),
        bearer: caller.map_or(Bearer::Refused, |caller| caller.bearer),
        headers: fields
            .map(|(name, value)| (name.to_string(), String::from_utf8_lossy(value.as_bytes()).into_owned()))
            .collect(),
    }
}
