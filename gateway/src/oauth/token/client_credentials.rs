//! The client credentials grant (RFC 6749 §4.4): a client of the operator's acts for itself, with the Peaka API key that
//! the operator gave it. There is no refresh token (§4.4.3): the client can ask again.

use axum::response::Response;
use tracing::info;

use super::{
    super::{error::OAuthError, scopes::narrowed},
    Request,
    answer::answer,
    without_browser::{Asked, session},
};
use crate::{
    app::App,
    domain::{grant::Grant, session::machine_subject},
    limits,
    operator_clients::NoApiKey,
};

pub(super) async fn grant(app: &App, request: Request<'_>) -> Result<Response, OAuthError> {
    let Request { client, params, key } = request;
    if !client.is_confidential() {
        return Err(OAuthError::UnauthorizedClient);
    }
    app.count(&limits::MACHINE, &client.id).await?;
    let scopes = narrowed(params.get("scope"), client.ceiling)?;
    // A token that could do nothing is not given.
    app.operator_clients.api_key(&client.id).await.map_err(|error| match error {
        NoApiKey::None => OAuthError::UnauthorizedClient,
        other => OAuthError::Unavailable(other.into()),
    })?;
    let subject = machine_subject(&client.id);
    let asked = Asked {
        grant: Grant::ClientCredentials,
        of: &subject,
        email: &subject,
        // The key is looked up under the client when it is needed, so there is no credential of the session's own.
        credential_id: &subject,
        client,
        scopes,
        said_by: None,
        once: None,
    };
    let session = session(app, &asked).await?;
    info!(session_id = session.id, client_id = client.id, "gave a client a token for itself");
    answer(app, &session, scopes, key)
}
