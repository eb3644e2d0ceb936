//! The gateway as an ordinary confidential OAuth client of Peaka: authorization code with PKCE, and refresh.

use std::{borrow::Cow, fmt, sync::Arc};

use oauth2::{
    AuthType, AuthUrl, AuthorizationCode, ClientId, ClientSecret, CsrfToken, PkceCodeChallenge,
    PkceCodeVerifier, RedirectUrl, RefreshToken, Scope, TokenUrl, basic::BasicClient,
};
use secrecy::{ExposeSecret as _, SecretString};
use shared::clock::SharedClock;
use url::Url;

use super::{
    credential::Credential,
    error::{GrantError, Outage},
    http::Http,
    issuer::Issuer,
    settings::{ClientAuthentication, Settings},
    token_endpoint::{TokenEndpoint, judge},
};

/// Peaka's authorization server, as this gateway's client registration sees it.
pub struct SignIn {
    settings: Arc<Settings>,
    issuer: Arc<Issuer>,
    token_endpoint: TokenEndpoint,
    clock: SharedClock,
}

impl fmt::Debug for SignIn {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("SignIn").field("settings", &self.settings).finish_non_exhaustive()
    }
}

/// Where the browser goes, and what must be kept until it comes back.
#[derive(Debug)]
pub struct AuthorizationStep {
    /// Peaka's authorization endpoint with the request.
    pub url: Url,
    /// The PKCE verifier (RFC 7636 §4.1), to be given to [`SignIn::exchange_code`].
    pub pkce_verifier: SecretString,
}

impl SignIn {
    pub(super) fn new(settings: Arc<Settings>, issuer: Arc<Issuer>, http: Http, clock: SharedClock) -> Self {
        Self { settings, issuer, token_endpoint: TokenEndpoint::new(http), clock }
    }

    /// Opens a sign-in. `extra` holds further parameters, such as `prompt` or `login_hint`; none of OAuth's own.
    ///
    /// # Errors
    ///
    /// When the issuer's metadata is needed and cannot be had.
    pub async fn authorization_url(
        &self,
        redirect_uri: &Url,
        state: &str,
        extra: &[(&str, &str)],
    ) -> Result<AuthorizationStep, Outage> {
        let metadata = self.issuer.metadata().await?;
        let (challenge, verifier) = PkceCodeChallenge::new_random_sha256();
        let client = self
            .client()
            .set_auth_uri(AuthUrl::from_url(metadata.authorization_endpoint.clone()))
            .set_redirect_uri(RedirectUrl::from_url(redirect_uri.clone()));
        let mut request = client
            .authorize_url(|| CsrfToken::new(state.to_owned()))
            .add_scopes(self.settings.scopes.iter().cloned().map(Scope::new))
            .set_pkce_challenge(challenge);
        for (name, value) in extra {
            request = request.add_extra_param(*name, *value);
        }
        let (url, _) = request.url();
        Ok(AuthorizationStep { url, pkce_verifier: verifier.into_secret().into() })
    }

    /// Whether an authorization response with this `iss` can be Peaka's (RFC 9207 §2.4): one that is there must be
    /// the issuer, byte for byte, and where the metadata promises one it must be there. Ask before the code is used.
    ///
    /// # Errors
    ///
    /// When the issuer's metadata is needed and cannot be had.
    pub async fn accepts_issuer(&self, iss: Option<&str>) -> Result<bool, Outage> {
        match iss {
            Some(iss) => Ok(iss == self.settings.issuer),
            None => Ok(!self.issuer.metadata().await?.names_issuer),
        }
    }

    /// Redeems a code (RFC 6749 §4.1.3, RFC 7636 §4.5). Both URIs must be those the sign-in was opened with.
    pub async fn exchange_code(
        &self,
        code: &SecretString,
        pkce_verifier: &SecretString,
        redirect_uri: &Url,
    ) -> Result<Credential, GrantError> {
        let metadata = self.issuer.metadata().await?;
        let client = self.client().set_token_uri(TokenUrl::from_url(metadata.token_endpoint.clone()));
        let _turn = self.token_endpoint.turn().await?;
        let sent_at = self.clock.now();
        let answer = client
            .exchange_code(AuthorizationCode::new(code.expose_secret().to_owned()))
            .set_pkce_verifier(PkceCodeVerifier::new(pkce_verifier.expose_secret().to_owned()))
            .set_redirect_uri(Cow::Owned(RedirectUrl::from_url(redirect_uri.clone())))
            .request_async(&self.token_endpoint)
            .await;
        Ok(Credential::from_answer(&judge(answer)?, sent_at)?)
    }

    /// Renews a credential (RFC 6749 §6). The refresh token in it is the new one where Peaka rotates, otherwise the
    /// one given. As a rotated token exists nowhere but in this answer, do not drop the future half-way: run it and
    /// the storing of its outcome in a task that outlives the request.
    pub async fn refresh(&self, refresh_token: &SecretString) -> Result<Credential, GrantError> {
        let metadata = self.issuer.metadata().await?;
        let client = self.client().set_token_uri(TokenUrl::from_url(metadata.token_endpoint.clone()));
        let _turn = self.token_endpoint.turn().await?;
        let sent_at = self.clock.now();
        let answer = client
            .exchange_refresh_token(&RefreshToken::new(refresh_token.expose_secret().to_owned()))
            .request_async(&self.token_endpoint)
            .await;
        let mut credential = Credential::from_answer(&judge(answer)?, sent_at)?;
        credential.refresh_token.get_or_insert_with(|| refresh_token.clone());
        Ok(credential)
    }

    fn client(&self) -> BasicClient {
        BasicClient::new(ClientId::new(self.settings.client_id.clone()))
            .set_client_secret(ClientSecret::new(self.settings.client_secret.expose_secret().to_owned()))
            .set_auth_type(match self.settings.client_authentication {
                ClientAuthentication::Basic => AuthType::BasicAuth,
                ClientAuthentication::Post => AuthType::RequestBody,
            })
    }
}
