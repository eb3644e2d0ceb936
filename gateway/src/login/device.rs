//! Where a person types the code that a device shows (RFC 8628 §3.3). The right code leads to the page that names the
//! client, and from there on everything is as for every other authorization.

use std::{net::SocketAddr, sync::Arc};

use axum::{
    extract::{ConnectInfo, RawQuery, State},
    response::Response,
};
use http::HeaderMap;

use crate::{
    app::App,
    domain::{audit::Refusal, device::UserCode, grant::Grant, secret::hash},
    limits,
    oauth::{
        authorize::{ask, malformed},
        error::OAuthError,
        params::{FormBody, Params},
    },
    pages::{self, PageError},
    same_origin::is_same_origin,
};

/// The form. A link may bring the code along, but the person has to press the button (§5.4).
pub(crate) async fn show(
    State(app): State<Arc<App>>,
    ConnectInfo(peer): ConnectInfo<SocketAddr>,
    headers: HeaderMap,
    RawQuery(query): RawQuery,
) -> Result<Response, PageError> {
    app.limit(&limits::AUTHORIZE, peer, &headers).await?;
    is_on(&app)?;
    let params = Params::parse(query.unwrap_or_default().as_bytes()).map_err(malformed)?;
    let code = params.get("user_code").and_then(UserCode::typed);
    pages::device(code.map(|code| code.shown()).as_deref())
}

pub(crate) async fn enter(
    State(app): State<Arc<App>>,
    ConnectInfo(peer): ConnectInfo<SocketAddr>,
    headers: HeaderMap,
    form: Result<FormBody, OAuthError>,
) -> Result<Response, PageError> {
    // A code is short, so what protects it is that few are tried (§5.1): by one neighbourhood, by one site, and by all
    // together. In this order: who is refused takes nothing of what the others have.
    app.limit(&limits::USER_CODE, peer, &headers).await?;
    app.limit_site(&limits::USER_CODE_SITE, peer, &headers).await?;
    app.count(&limits::USER_CODES, "everybody").await?;
    is_on(&app)?;
    if !is_same_origin(&headers, &app.issuer) {
        app.audit.refused(Refusal::Form, None);
        return Err(PageError::Foreign);
    }
    let FormBody(body) = form.map_err(malformed)?;
    let params = Params::parse(&body).map_err(malformed)?;
    let code = params.get("user_code").and_then(UserCode::typed).ok_or_else(unknown)?;
    let request = app.store.device_by_user_code(&hash(code.as_str()), app.clock.now()).await?;
    ask(&app, &headers, request.ok_or_else(unknown)?, None)
}

fn is_on(app: &App) -> Result<(), PageError> {
    if app.grants.contains(Grant::Device) {
        return Ok(());
    }
    Err(PageError::refused("devices_off"))
}

fn unknown() -> PageError {
    PageError::refused("device_code")
}
