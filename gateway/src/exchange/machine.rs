//! The credential of a client that acts for itself: the Peaka API key that its operator gave it. It is looked up each
//! time, so that a key that was changed, or a client that was removed, is so at once.

use std::time::Duration;

use aws_lc_rs::constant_time::verify_slices_are_equal;
use secrecy::{ExposeSecret as _, SecretString};
use shared::assertion::Identity;
use tracing::warn;

use crate::{
    app::App, credentials::PeakaToken, domain::secret::hash, oauth::error::OAuthError,
    operator_clients::NoApiKey,
};

/// An API key has no end that is known; a caller should ask again after so long.
const ASK_AGAIN: Duration = Duration::from_secs(60);

const OVER: OAuthError =
    OAuthError::InvalidGrant("the session is over; the client must ask for another token");

/// The API key of the client that `identity` is of. `rejected` is the hash of a key that Peaka has just refused: there is
/// no other to give. The session is not ended for it, as it would only begin anew; the operator has to act.
pub(super) async fn api_key(
    app: &App,
    identity: &Identity,
    rejected: Option<&str>,
) -> Result<PeakaToken, OAuthError> {
    let now = app.clock.now();
    let session = app.store.session(&identity.session_id).await?;
    // The subject of the row counts: the one in the identity only said where to look.
    let live = session.is_some_and(|session| {
        session.subject == identity.subject && session.revoked_at.is_none() && now < session.expires_at
    });
    if !live {
        return Err(OVER);
    }
    let key: SecretString =
        app.operator_clients.api_key(&identity.client_id).await.map_err(|error| match error {
            NoApiKey::None => OVER,
            other => OAuthError::Unavailable(other.into()),
        })?;
    let held = hash(key.expose_secret());
    let refused = |rejected: &str| verify_slices_are_equal(held.as_bytes(), rejected.as_bytes()).is_ok();
    if rejected.is_some_and(refused) {
        warn!(client_id = identity.client_id, "Peaka refuses the API key of a client; give it another one");
        return Err(OVER);
    }
    Ok(PeakaToken { access_token: key, lifetime: ASK_AGAIN })
}
