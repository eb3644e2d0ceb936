//! The device authorization endpoint (RFC 8628 §3.1): a device without a browser gets a code for a person to type
//! elsewhere. Every request is a row, as the two codes have to find each other; it is swept when they have ended.

use std::{net::SocketAddr, sync::Arc, time::Duration};

use axum::{
    Json,
    extract::{ConnectInfo, State},
    response::{IntoResponse, Response},
};
use http::HeaderMap;
use serde_json::json;

use super::{
    client_auth,
    error::OAuthError,
    params::{FormBody, Params},
    request,
};
use crate::{
    answer::no_store,
    app::App,
    domain::{
        authorization::AuthorizationRequest,
        client::Client,
        device::UserCode,
        grant::Grant,
        interaction::Interaction,
        pkce::CodeChallenge,
        redirect::RedirectUri,
        secret::{hash, random_text},
        session::AUTHORIZATION_LIFETIME,
        token,
    },
    limits,
};

/// Where people type the code.
const PAGE: &str = "/oauth/device";
/// How long a device waits between two questions.
const INTERVAL: Duration = Duration::from_secs(5);
/// A user code that is in use is so unlikely that more tries than this mean something else is wrong.
const TRIES: usize = 3;

pub(crate) async fn begin(
    State(app): State<Arc<App>>,
    ConnectInfo(peer): ConnectInfo<SocketAddr>,
    headers: HeaderMap,
    FormBody(body): FormBody,
) -> Result<Response, OAuthError> {
    app.limit(&limits::DEVICE, peer, &headers).await?;
    if !app.grants.contains(Grant::Device) {
        return Err(OAuthError::UnsupportedGrantType);
    }
    let params = Params::parse(&body)?;
    let client = client_auth::authenticate(&app.clients, &headers, &params).await?;
    if !client.grants.contains(Grant::Device) {
        return Err(OAuthError::UnauthorizedClient);
    }
    if !params.all("resource").all(|resource| app.issuer.names_resource(resource)) {
        return Err(OAuthError::InvalidTarget);
    }
    let device_code = token::new_device_code()?;
    let id_hash = hash(&device_code);
    let request = request(&app, client, params.get("scope"), &id_hash)?;
    let user_code = write(&app, &id_hash, &request).await?;
    let page = app.issuer.join(PAGE);
    let answer = json!({
        "device_code": device_code,
        "user_code": user_code.shown(),
        "verification_uri": page,
        "verification_uri_complete": format!("{page}?user_code={}", user_code.shown()),
        "expires_in": AUTHORIZATION_LIFETIME.as_secs(),
        "interval": INTERVAL.as_secs(),
    });
    let mut response = Json(answer).into_response();
    no_store(response.headers_mut());
    Ok(response)
}

/// What is asked goes the way of every authorization request, but for its end: no code, so no place to send one to and
/// nothing to prove. What stands there instead fits nobody.
fn request(
    app: &App,
    client: Client,
    scope: Option<&str>,
    id_hash: &str,
) -> Result<AuthorizationRequest, OAuthError> {
    let scopes = request::scopes(scope).and_then(|scopes| scopes.within(client.ceiling));
    let scopes = scopes.ok_or(OAuthError::InvalidScope("this client may ask for none of these scopes"))?;
    let unfit = |_| OAuthError::Unavailable("the issuer is no place for a device's request".into());
    Ok(AuthorizationRequest {
        client_id: client.id,
        client: client.metadata,
        client_origin: client.origin,
        redirect_uri: RedirectUri::parse(&app.issuer.join(PAGE)).map_err(unfit)?,
        state: None,
        code_challenge: CodeChallenge::parse(&hash(&random_text()?))
            .map_err(|_| OAuthError::Unavailable("a hash is no code challenge".into()))?,
        dpop_jkt: None,
        scopes,
        interaction: Interaction::default(),
        device: Some(id_hash.to_owned()),
    })
}

async fn write(app: &App, id_hash: &str, request: &AuthorizationRequest) -> Result<UserCode, OAuthError> {
    let now = app.clock.now();
    let life = (now, now.plus(AUTHORIZATION_LIFETIME));
    for _ in 0..TRIES {
        let code = UserCode::new()?;
        if app.store.begin_device(id_hash, &hash(code.as_str()), request, INTERVAL, life).await? {
            return Ok(code);
        }
    }
    Err(OAuthError::Unavailable("every user code that was tried is in use".into()))
}
