//! The device grant (RFC 8628 §3.4, §3.5): the device asks again and again until its person has decided.

use axum::response::Response;
use base64::{Engine as _, prelude::BASE64_URL_SAFE_NO_PAD};
use tracing::info;

use super::{
    super::{error::OAuthError, scopes::below_ceiling},
    Request,
    answer::{answer, refresh_key},
};
use crate::{
    app::App,
    domain::{
        client::Client,
        dpop::Thumbprint,
        grant::Grant,
        secret::{hash, random},
        session::Session,
        token::{self, SESSION_ID_BYTES},
    },
    limits,
    store::{DeviceApproval, DeviceStage},
};

const DEAD_CODE: OAuthError =
    OAuthError::InvalidGrant("the device code is unknown or was used; begin the authorization again");

pub(super) async fn grant(app: &App, request: Request<'_>) -> Result<Response, OAuthError> {
    let Request { client, params, key } = request;
    let code = params.require("device_code")?;
    if !token::is_device_code(code) {
        return Err(DEAD_CODE);
    }
    // Another client's code is as good as none, and changes nothing.
    let found = app.store.device(&hash(code)).await?.filter(|found| found.client_id == client.id);
    let found = found.ok_or(DEAD_CODE)?;
    if matches!(found.stage, DeviceStage::Pending) {
        app.count(&limits::DEVICE_POLLS, &found.id_hash).await?;
    }
    let now = app.clock.now();
    match found.stage {
        DeviceStage::Exchanged => Err(DEAD_CODE),
        _ if now >= found.expires_at => Err(OAuthError::ExpiredToken),
        DeviceStage::Denied => Err(OAuthError::AccessDenied),
        DeviceStage::Pending if app.store.poll_device(&found.id_hash, now).await? => {
            Err(OAuthError::AuthorizationPending)
        }
        DeviceStage::Pending => Err(OAuthError::SlowDown),
        DeviceStage::Approved(approval) => {
            let session = begin(app, client, *approval, key)?;
            let answer = answer(app, &session, session.scopes, key)?;
            if !app.store.redeem_device(&found.id_hash, &session, now).await? {
                return Err(DEAD_CODE);
            }
            info!(
                session_id = session.id,
                subject = session.subject,
                client_id = client.id,
                "began a session of a device"
            );
            Ok(answer)
        }
    }
}

fn begin(
    app: &App,
    client: &Client,
    approval: DeviceApproval,
    key: Option<&Thumbprint>,
) -> Result<Session, OAuthError> {
    let now = app.clock.now();
    Ok(Session {
        id: BASE64_URL_SAFE_NO_PAD.encode(random::<SESSION_ID_BYTES>()?),
        subject: approval.subject,
        email: approval.email,
        client_id: client.id.clone(),
        client_name: approval.request.client.name,
        redirect_uri: String::new(),
        scopes: below_ceiling(client, approval.scopes)?,
        projects: approval.projects,
        resource: app.issuer.resource(),
        generation: u32::from(client.metadata.refreshes && app.grants.contains(Grant::RefreshToken)),
        key_thumbprint: refresh_key(client, key),
        credential_id: approval.credential_id,
        created_at: now,
        refreshed_at: now,
        idle_expires_at: now.plus(app.lifetimes.session_idle),
        expires_at: app.lifetimes.end(now, approval.terms.life),
        revoked_at: None,
    })
}
