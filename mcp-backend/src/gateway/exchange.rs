//! The token exchange (RFC 8693): the identity header in, that person's Peaka token out.

use std::time::{Duration, Instant};

use http::{Method, StatusCode};
use secrecy::{ExposeSecret as _, SecretString};
use serde::Deserialize;
use shared::telemetry::trace;
use tracing::{Instrument as _, error, warn};

use super::{MAX_ANSWER_BYTES, RETRY_AFTER};
use crate::{
    bounded::{self, ReadError},
    metrics::{EXCHANGE_SECONDS, Exchanged},
};

const GRANT_TYPE: &str = "urn:ietf:params:oauth:grant-type:token-exchange";
const TOKEN_TYPE: &str = "urn:ietf:params:oauth:token-type:jwt";

/// A person's access token for the Partner API.
#[derive(Clone, Debug)]
pub(crate) struct PeakaToken {
    secret: SecretString,
    /// Whether it was asked for because Peaka had refused another one.
    pub(crate) is_replacement: bool,
}

impl PeakaToken {
    /// An API key, which is sent as a token is.
    pub(crate) fn of_key(secret: SecretString) -> Self {
        Self { secret, is_replacement: false }
    }

    /// The value of the `Authorization` header, marked so that nothing prints it. `None` if it cannot stand in one.
    pub(crate) fn authorization(&self) -> Option<http::HeaderValue> {
        let mut value =
            http::HeaderValue::try_from(format!("Bearer {}", self.secret.expose_secret())).ok()?;
        value.set_sensitive(true);
        Some(value)
    }

    /// base64url(SHA-256) of the token: names it to the gateway without telling it.
    fn fingerprint(&self) -> String {
        use base64::{Engine as _, prelude::BASE64_URL_SAFE_NO_PAD};
        let digest =
            aws_lc_rs::digest::digest(&aws_lc_rs::digest::SHA256, self.secret.expose_secret().as_bytes());
        BASE64_URL_SAFE_NO_PAD.encode(digest)
    }
}

/// Why there is no token.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Fault {
    /// The session is over, or Peaka does not accept this person's credential any more.
    SignInAgain,
    /// The gateway could not be asked, or could not answer. The session may well be alive.
    Outage {
        /// When to try again.
        retry_after: Duration,
    },
}

/// The gateway's token endpoint.
#[derive(Debug)]
pub(crate) struct Exchange {
    http: reqwest::Client,
    /// For second tries: of the connections that are kept, more may lead to a replica which is gone.
    anew: reqwest::Client,
    url: String,
}

/// How one try ended.
enum Failure {
    /// The connection broke, such as that to a replica which is being restarted. Another try may meet another replica.
    BrokeOff,
    Told(Fault),
}

#[derive(Deserialize)]
struct Granted {
    access_token: String,
}

#[derive(Deserialize)]
struct Denied {
    error: String,
}

impl Exchange {
    /// At `gateway_internal_url`. `anew` keeps no connections.
    pub(crate) fn new(http: reqwest::Client, anew: reqwest::Client, gateway_internal_url: &str) -> Self {
        Self { http, anew, url: format!("{gateway_internal_url}/internal/token") }
    }

    /// Exchanges `identity`. `refused` is a token that the Partner API has just answered with 401, so that the
    /// gateway does not hand it out again.
    pub(crate) async fn exchange(
        &self,
        identity: &SecretString,
        refused: Option<&PeakaToken>,
    ) -> Result<PeakaToken, Fault> {
        let began = Instant::now();
        // Asking twice changes nothing: what was renewed by the first try is handed out by the second.
        let exchanged = match self.ask(&self.http, identity, refused).await {
            Err(Failure::BrokeOff) => self.ask(&self.anew, identity, refused).await,
            once => once,
        };
        let exchanged = exchanged.map_err(|failure| match failure {
            Failure::BrokeOff => Fault::Outage { retry_after: RETRY_AFTER },
            Failure::Told(fault) => fault,
        });
        let outcome = match exchanged {
            Ok(_) => Exchanged::Granted,
            Err(Fault::SignInAgain) => Exchanged::SignInAgain,
            Err(Fault::Outage { .. }) => Exchanged::Outage,
        };
        EXCHANGE_SECONDS.observe(outcome, began.elapsed());
        exchanged
    }

    async fn ask(
        &self,
        http: &reqwest::Client,
        identity: &SecretString,
        refused: Option<&PeakaToken>,
    ) -> Result<PeakaToken, Failure> {
        let fingerprint = refused.map(PeakaToken::fingerprint);
        let mut form = vec![
            ("grant_type", GRANT_TYPE),
            ("subject_token", identity.expose_secret()),
            ("subject_token_type", TOKEN_TYPE),
        ];
        form.extend(fingerprint.as_deref().map(|fingerprint| ("rejected_token_sha256", fingerprint)));
        let unreachable = |error: reqwest::Error| {
            // What was too slow once is not asked to be slow again.
            let broke_off = !error.is_timeout();
            warn!(error = %error.without_url(), "the gateway's token exchange could not be reached");
            if broke_off {
                Failure::BrokeOff
            } else {
                Failure::Told(Fault::Outage { retry_after: RETRY_AFTER })
            }
        };
        let span = trace::call("token exchange", &Method::POST);
        let mut request = http.post(&self.url).form(&form).build().map_err(unreachable)?;
        trace::inject(&span, request.headers_mut());
        let response = http.execute(request).instrument(span.clone()).await.map_err(unreachable)?;
        trace::answered(&span, response.status());
        let status = response.status();
        let retry_after = bounded::retry_after(response.headers()).map_or(RETRY_AFTER, Duration::from_secs);
        let outage = Failure::Told(Fault::Outage { retry_after });
        let body = match bounded::read(response, MAX_ANSWER_BYTES).await {
            Ok(body) => body,
            Err(error) => {
                warn!(%error, "the gateway's token exchange broke off");
                return Err(match error {
                    ReadError::Broken(error) if !error.is_timeout() => Failure::BrokeOff,
                    _ => outage,
                });
            }
        };
        match status {
            StatusCode::OK => serde_json::from_slice(&body)
                .map(|Granted { access_token }| PeakaToken {
                    secret: SecretString::from(access_token),
                    is_replacement: refused.is_some(),
                })
                .map_err(|_| {
                    error!("the gateway's token exchange answered 200 without a token");
                    outage
                }),
            StatusCode::BAD_REQUEST if is_invalid_grant(&body) => Err(Failure::Told(Fault::SignInAgain)),
            // Whatever else it says is about this deployment, not about the person's session.
            _ => {
                warn!(%status, "the gateway's token exchange gave no token");
                Err(outage)
            }
        }
    }
}

fn is_invalid_grant(body: &[u8]) -> bool {
    serde_json::from_slice(body).is_ok_and(|Denied { error }| error == "invalid_grant")
}
