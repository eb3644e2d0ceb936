//! Peaka's token endpoint: how many calls it gets at a time, and what its answers prove.

use std::{pin::Pin, time::Duration};

use http::StatusCode;
use oauth2::{
    AsyncHttpClient, HttpRequest, HttpResponse, RequestTokenError,
    basic::{BasicErrorResponse, BasicErrorResponseType, BasicTokenResponse},
};
use tokio::{
    sync::{Semaphore, SemaphorePermit},
    time::timeout,
};

use super::{
    error::{GrantError, Outage},
    http::Http,
};

/// Calls at a time. When Peaka is slow, the gateway's other work goes on beside it.
const CALLS_AT_A_TIME: usize = 32;
/// How long a call waits for its turn.
const TURN: Duration = Duration::from_secs(2);

#[derive(Debug)]
pub(super) struct TokenEndpoint {
    http: Http,
    turns: Semaphore,
}

impl TokenEndpoint {
    pub(super) fn new(http: Http) -> Self {
        Self { http, turns: Semaphore::new(CALLS_AT_A_TIME) }
    }

    /// To be held over a call.
    pub(super) async fn turn(&self) -> Result<SemaphorePermit<'_>, Outage> {
        match timeout(TURN, self.turns.acquire()).await {
            Ok(Ok(turn)) => Ok(turn),
            Ok(Err(_)) | Err(_) => Err(Outage::Busy),
        }
    }
}

impl<'c> AsyncHttpClient<'c> for TokenEndpoint {
    type Error = Outage;
    type Future = Pin<Box<dyn Future<Output = Result<HttpResponse, Outage>> + Send + 'c>>;

    /// Lets only those answers through to the OAuth library that can decide something: a success, and the 400 of
    /// RFC 6749 §5.2. An `invalid_grant` under any other status proves nothing.
    fn call(&'c self, request: HttpRequest) -> Self::Future {
        Box::pin(async move {
            let answer = self.http.token_request(request).await?;
            match answer.status() {
                StatusCode::OK | StatusCode::BAD_REQUEST => Ok(answer),
                StatusCode::UNAUTHORIZED => Err(misconfigured("HTTP status 401 at the token endpoint")),
                other => Err(Outage::Status(other)),
            }
        })
    }
}

/// What an answer of the token endpoint proves. The errors of the library hold bodies, so none is passed on.
pub(super) fn judge(
    answer: Result<BasicTokenResponse, RequestTokenError<Outage, BasicErrorResponse>>,
) -> Result<BasicTokenResponse, GrantError> {
    let error = match answer {
        Ok(answer) => return Ok(answer),
        Err(error) => error,
    };
    Err(match error {
        RequestTokenError::Request(outage) => outage.into(),
        RequestTokenError::ServerResponse(refusal) => match refusal.error() {
            BasicErrorResponseType::InvalidGrant => GrantError::Refused,
            BasicErrorResponseType::InvalidClient => misconfigured("invalid_client").into(),
            BasicErrorResponseType::UnauthorizedClient => misconfigured("unauthorized_client").into(),
            BasicErrorResponseType::UnsupportedGrantType => misconfigured("unsupported_grant_type").into(),
            BasicErrorResponseType::InvalidScope => misconfigured("invalid_scope").into(),
            BasicErrorResponseType::InvalidRequest => misconfigured("invalid_request").into(),
            BasicErrorResponseType::Extension(_) => Outage::Malformed("an unknown error code").into(),
        },
        RequestTokenError::Parse(..) | RequestTokenError::Other(_) => {
            Outage::Malformed("not an answer of a token endpoint").into()
        }
    })
}

fn misconfigured(code: &'static str) -> Outage {
    tracing::error!(
        code,
        "Peaka refuses the gateway as its client: check PEAKA_CLIENT_ID, PEAKA_CLIENT_SECRET, PEAKA_CLIENT_AUTH and \
         PEAKA_SCOPES; until then nobody can sign in and no credential is renewed"
    );
    Outage::Misconfigured(code)
}
