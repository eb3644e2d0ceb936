//! The internal token endpoint (RFC 8693): the backend presents the identity header it was given and gets that person's
//! Peaka access token for this one request; a client that acts for itself its API key. Only on the internal listener.

mod machine;

use std::sync::Arc;

use axum::{
    Json,
    extract::State,
    response::{IntoResponse, Response},
};
use http::header;
use secrecy::ExposeSecret as _;
use serde_json::json;
use tracing::{debug, warn};

use crate::{
    answer::no_store,
    app::App,
    credentials::NoCredential,
    domain::{audit::Refusal, session::machine_client},
    oauth::{
        error::OAuthError,
        params::{FormBody, Params},
    },
};

const GRANT: &str = "urn:ietf:params:oauth:grant-type:token-exchange";
const JWT: &str = "urn:ietf:params:oauth:token-type:jwt";
const ACCESS_TOKEN: &str = "urn:ietf:params:oauth:token-type:access_token";

/// The identity keys, for backends (RFC 7517 §5).
pub(crate) async fn jwks(State(app): State<Arc<App>>) -> impl IntoResponse {
    ([(header::CACHE_CONTROL, "max-age=60")], Json(app.keys.identity(|ring| ring.published().clone())))
}

pub(crate) async fn exchange(
    State(app): State<Arc<App>>,
    FormBody(body): FormBody,
) -> Result<Response, OAuthError> {
    let params = Params::parse(&body)?;
    if params.require("grant_type")? != GRANT {
        return Err(OAuthError::UnsupportedGrantType);
    }
    if params.require("subject_token_type")? != JWT {
        return Err(OAuthError::InvalidRequest(format!("subject_token_type should be {JWT}").into()));
    }
    if params.get("requested_token_type").is_some_and(|kind| kind != ACCESS_TOKEN) {
        return Err(OAuthError::InvalidRequest(
            format!("requested_token_type should be {ACCESS_TOKEN}").into(),
        ));
    }
    let subject_token = params.require("subject_token")?;
    let now = app.clock.now();
    let identity = app
        .keys
        .identity(|ring| app.assertions.verify(subject_token, ring.verification(), app.issuer.as_str(), now))
        .map_err(|refusal| {
            warn!(%refusal, "refused an identity assertion");
            app.audit.refused(Refusal::Assertion, None);
            OAuthError::InvalidRequest("subject_token is not a valid identity assertion".into())
        })?;
    let rejected = params.get("rejected_token_sha256");
    let token = if machine_client(&identity.subject) == Some(identity.client_id.as_str()) {
        machine::api_key(&app, &identity, rejected).await?
    } else {
        app.credentials.for_session(&identity.session_id, rejected).await.map_err(|error| match error {
            NoCredential::SessionOver => {
                OAuthError::InvalidGrant("the session is over; its person must sign in again")
            }
            other => OAuthError::Unavailable(other.into()),
        })?
    };
    debug!(session_id = identity.session_id, "exchanged an identity for a credential");
    let answer = json!({
        "access_token": token.access_token.expose_secret(),
        "issued_token_type": ACCESS_TOKEN,
        "token_type": "Bearer",
        "expires_in": token.lifetime.as_secs(),
    });
    let mut response = Json(answer).into_response();
    no_store(response.headers_mut());
    Ok(response)
}
