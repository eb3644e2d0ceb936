//! The first wall: nothing is answered without exactly one good identity header. It runs before anything that
//! reads the request.

use std::sync::Arc;

use axum::{
    extract::{Request, State},
    middleware::Next,
    response::{IntoResponse, Response},
};
use http::{HeaderMap, HeaderValue, StatusCode, header};
use secrecy::SecretString;
use serde_json::Value;
use shared::assertion::HEADER;
use tracing::{info, warn};

use crate::{
    caller::Caller,
    credential::Credential,
    envelope::{self, code},
    gateway::{Exchange, IdentityKeys, RETRY_AFTER, Unverified},
};

/// What the wall works with.
#[derive(Clone)]
pub(crate) struct Gate {
    pub(crate) keys: Arc<IdentityKeys>,
    pub(crate) exchange: Arc<Exchange>,
}

/// Why a request is not let in.
enum Stopped {
    /// No header, more than one, or one in another spelling.
    NotOneHeader,
    /// It is not a good assertion.
    NotVerified,
    /// It could not be found out.
    NoKeys,
}

impl IntoResponse for Stopped {
    fn into_response(self) -> Response {
        let (status, code, sentence) = match self {
            Self::NotOneHeader => (
                StatusCode::UNAUTHORIZED,
                code::UNAUTHENTICATED,
                "This server is reached through its gateway only.",
            ),
            Self::NotVerified => (
                StatusCode::UNAUTHORIZED,
                code::UNAUTHENTICATED,
                "The identity of the caller could not be verified.",
            ),
            Self::NoKeys => (
                StatusCode::SERVICE_UNAVAILABLE,
                code::INTERNAL_ERROR,
                "Identities cannot be verified at the moment. Try again shortly.",
            ),
        };
        let mut response = envelope::error(status, Value::Null, code, sentence);
        if matches!(self, Self::NoKeys) {
            response.headers_mut().insert(header::RETRY_AFTER, HeaderValue::from(RETRY_AFTER.as_secs()));
        }
        response
    }
}

/// Verifies who is calling, takes the header out of the request, and puts the [`Caller`] in.
pub(crate) async fn require(State(gate): State<Gate>, mut request: Request, next: Next) -> Response {
    match caller(&gate, request.headers_mut()).await {
        Ok(caller) => {
            request.extensions_mut().insert(caller);
            next.run(request).await
        }
        Err(stopped) => stopped.into_response(),
    }
}

async fn caller(gate: &Gate, headers: &mut HeaderMap) -> Result<Caller, Stopped> {
    let assertion = take_only(headers).ok_or(Stopped::NotOneHeader)?;
    let identity = gate.keys.verify(&assertion).await.map_err(|unverified| match unverified {
        Unverified::Refused(refusal) => {
            info!(%refusal, "refused an identity assertion");
            Stopped::NotVerified
        }
        Unverified::NoKeys => {
            warn!("a request could not be answered for want of the gateway's keys");
            Stopped::NoKeys
        }
    })?;
    let traceparent = headers.get("traceparent").cloned();
    let credential = Credential::exchanged(Arc::clone(&gate.exchange), SecretString::from(assertion));
    Ok(Caller::new(identity, credential, traceparent))
}

/// The identity header's value, taken out of `headers`, if it is there exactly once and in its one spelling. A
/// second spelling (`X_Peaka_Identity`) is what some intermediaries fold into the first.
fn take_only(headers: &mut HeaderMap) -> Option<String> {
    let named_alike = headers.iter().filter(|(name, _)| name.as_str().replace('_', "-") == HEADER).count();
    let value = headers.remove(HEADER)?;
    (named_alike == 1).then(|| value.to_str().ok().map(str::to_owned)).flatten()
}
