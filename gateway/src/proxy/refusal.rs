//! Every way in which `/mcp` refuses, and the one place that turns them into HTTP. 401 only for a bad token, 403 only
//! for scope or origin, and 503 with `Retry-After` for every outage; bodies are JSON-RPC errors.

use axum::{
    Json,
    response::{IntoResponse, Response},
};
use http::{HeaderValue, StatusCode, header};
use serde_json::json;
use shared::{chain::Chain, scope::Scopes};
use tracing::error;

use super::scheme::Scheme;
use crate::{
    access_token::BadToken,
    answer::{RETRY_AFTER_OUTAGE, no_store},
    bulkhead::Full,
    domain::issuer::Issuer,
    dpop::{BadProof, NONCE, ProofAlgorithm},
};

#[derive(Debug)]
pub(crate) enum Refusal {
    /// No token was presented.
    NoToken,
    /// More than one was.
    TwoTokens,
    /// The header is not of the form `Bearer token`, so there is no valid token.
    Malformed,
    /// The token is bad.
    Token(BadToken),
    /// It is bound to a key, and came without a proof.
    Bound,
    /// It is bound to no key, and came as if it were.
    Unbound,
    /// It is bound to another key than the one of the proof.
    OtherKey,
    /// The proof is bad. `nonce`: the one for the next proof, if that would be better with one.
    Proof { bad: BadProof, nonce: Option<HeaderValue> },
    /// The token is good, but Peaka wants its person to sign in again.
    SignInAgain,
    /// The token lacks scopes; these are all that the call needs.
    Scope(Scopes),
    /// A web page of another origin called.
    Origin,
    /// Not POST.
    Method,
    /// An MCP session id that this server did not give to this session.
    UnknownSession,
    /// Too many requests of this person are under way.
    Crowded,
    /// Too many requests of everybody are.
    Overloaded,
    /// The answer is a stream, and there are too many. The backend has begun, so nobody is told to ask again.
    StreamLost,
    /// The body is too large.
    TooLarge,
    /// The body stopped coming.
    BodyBroken,
    /// The backend answered with something that must not be passed on.
    Backend,
    /// The backend took too long.
    Timeout,
    /// Something is away.
    Unavailable(Box<dyn std::error::Error + Send + Sync>),
}

impl From<BadToken> for Refusal {
    fn from(bad: BadToken) -> Self {
        Self::Token(bad)
    }
}

impl From<Full> for Refusal {
    fn from(full: Full) -> Self {
        match full {
            Full::Person => Self::Crowded,
            Full::Everybody => Self::Overloaded,
        }
    }
}

impl Refusal {
    fn status(&self) -> StatusCode {
        match self {
            Self::NoToken
            | Self::Malformed
            | Self::Token(_)
            | Self::Bound
            | Self::Unbound
            | Self::OtherKey
            | Self::Proof { .. }
            | Self::SignInAgain => StatusCode::UNAUTHORIZED,
            Self::TwoTokens => StatusCode::BAD_REQUEST,
            Self::Scope(_) | Self::Origin => StatusCode::FORBIDDEN,
            Self::Method => StatusCode::METHOD_NOT_ALLOWED,
            Self::UnknownSession => StatusCode::NOT_FOUND,
            Self::Crowded => StatusCode::TOO_MANY_REQUESTS,
            Self::TooLarge => StatusCode::PAYLOAD_TOO_LARGE,
            Self::BodyBroken => StatusCode::REQUEST_TIMEOUT,
            Self::Backend | Self::StreamLost => StatusCode::BAD_GATEWAY,
            Self::Timeout => StatusCode::GATEWAY_TIMEOUT,
            Self::Overloaded | Self::Unavailable(_) => StatusCode::SERVICE_UNAVAILABLE,
        }
    }

    fn message(&self) -> String {
        match self {
            Self::NoToken => "Sign in first: this resource needs an access token.".to_owned(),
            Self::TwoTokens => "Send one Authorization header.".to_owned(),
            Self::Malformed => "The Authorization header should read: Bearer, a space, the token.".to_owned(),
            Self::Token(bad) => bad.to_string(),
            Self::Bound => {
                "This access token is bound to a key; send it under the scheme DPoP with a proof.".to_owned()
            }
            Self::Unbound => {
                "This access token is bound to no key; send it under the scheme Bearer.".to_owned()
            }
            Self::OtherKey => {
                "This access token is bound to another key than the one of the DPoP proof.".to_owned()
            }
            Self::Proof { bad, .. } => bad.to_string(),
            Self::SignInAgain => "Peaka wants you to sign in again.".to_owned(),
            Self::Scope(needed) => format!("This call needs the scope {needed}."),
            Self::Origin => "Pages of this origin may not call this server.".to_owned(),
            Self::Method => {
                "Send requests with POST; there are no streams to open or sessions to delete.".to_owned()
            }
            Self::UnknownSession => "This MCP session is not known here; initialize a new one.".to_owned(),
            Self::Crowded => {
                "Too many of your requests and streams are under way; close some or wait.".to_owned()
            }
            Self::Overloaded => "The server has as much to do as it can right now; try again.".to_owned(),
            Self::StreamLost => {
                "This call was begun, but its answer is a stream, and the server has as many open as it can \
                 bear. Look whether it was carried out before you repeat it."
                    .to_owned()
            }
            Self::TooLarge => "The request is larger than 4 MiB.".to_owned(),
            Self::BodyBroken => "The request's body did not arrive.".to_owned(),
            Self::Backend => "The tool server failed to answer this request.".to_owned(),
            Self::Timeout => "The tool server did not answer in time.".to_owned(),
            Self::Unavailable(_) => "The tool server is not available right now; try again.".to_owned(),
        }
    }

    /// Whether whoever was refused holds a token of somebody else's, or goes about it as if.
    pub(super) fn is_of_a_thief(&self) -> bool {
        match self {
            Self::Bound | Self::OtherKey => true,
            // Who is only asked for a nonce, or for the time, has done nothing wrong.
            Self::Proof { bad, .. } => !matches!(bad, BadProof::Nonce | BadProof::Time),
            _ => false,
        }
    }

    /// The `error` of the challenge (RFC 6750 §3.1, RFC 9449 §7.1).
    const fn code(&self) -> Option<&'static str> {
        match self {
            Self::Malformed
            | Self::Token(_)
            | Self::Bound
            | Self::Unbound
            | Self::OtherKey
            | Self::SignInAgain => Some("invalid_token"),
            Self::Proof { bad: BadProof::Nonce, .. } => Some("use_dpop_nonce"),
            Self::Proof { .. } => Some("invalid_dpop_proof"),
            Self::Scope(_) => Some("insufficient_scope"),
            Self::TwoTokens => Some("invalid_request"),
            _ => None,
        }
    }

    /// The schemes to come back with; of two, that of most clients comes first, since some read no further.
    const fn schemes(&self, scheme: Scheme) -> &'static [Scheme] {
        match (self, scheme) {
            // It is bound, so it has to come the other way; a new one need not be.
            (Self::Bound, _) | (Self::Unbound, _) => &[Scheme::Bearer, Scheme::Dpop],
            (Self::NoToken, _) | (_, Scheme::Bearer) => &[Scheme::Bearer],
            (_, Scheme::Dpop) => &[Scheme::Dpop],
        }
    }

    /// The challenge (RFC 6750 §3, RFC 9728 §5.1). Without a token there is no error to name. Every ordinary scope is in
    /// it, since some clients never ask for more while they hold a refresh token.
    fn challenge(&self, issuer: &Issuer, scheme: Scheme) -> Option<String> {
        let metadata =
            format!("resource_metadata=\"{}\"", issuer.join("/.well-known/oauth-protected-resource/mcp"));
        let scope = |scopes: Scopes| format!("scope=\"{scopes}\"");
        let code = self.code();
        let mut members: Vec<String> = code.map(|code| format!("error=\"{code}\"")).into_iter().collect();
        let described = format!("error_description=\"{}\"", self.message());
        match self {
            Self::NoToken => members.extend([metadata, scope(Scopes::ALL)]),
            Self::TwoTokens => members.push(metadata),
            Self::Scope(needed) => members.extend([described, scope(*needed), metadata]),
            _ if code.is_some() => members.extend([described, metadata, scope(Scopes::ALL)]),
            _ => return None,
        }
        Some(match scheme {
            Scheme::Bearer => format!("Bearer {}", members.join(", ")),
            Scheme::Dpop => {
                let algorithms = ProofAlgorithm::ALL.map(ProofAlgorithm::as_str).join(" ");
                format!("DPoP {}, algs=\"{algorithms}\"", members.join(", "))
            }
        })
    }

    /// `scheme`: how the token came, if one did.
    pub(super) fn into_response(self, issuer: &Issuer, scheme: Scheme) -> Response {
        // -32000 to -32099 are the server's own (JSON-RPC 2.0 §5.1); the request's id is not known here.
        let body =
            json!({ "jsonrpc": "2.0", "id": null, "error": { "code": -32000, "message": self.message() } });
        let mut response = (self.status(), Json(body)).into_response();
        let headers = response.headers_mut();
        no_store(headers);
        for scheme in self.schemes(scheme) {
            let challenge = self.challenge(issuer, *scheme);
            if let Some(challenge) = challenge.and_then(|text| HeaderValue::try_from(text).ok()) {
                headers.append(header::WWW_AUTHENTICATE, challenge);
            }
        }
        match &self {
            Self::Method => {
                headers.insert(header::ALLOW, HeaderValue::from_static("POST"));
            }
            Self::Proof { nonce: Some(nonce), .. } => {
                headers.insert(NONCE, nonce.clone());
            }
            Self::Unavailable(cause) => {
                error!(error = %Chain(cause.as_ref()), "a resource request met an outage");
                headers.insert(header::RETRY_AFTER, HeaderValue::from(RETRY_AFTER_OUTAGE));
            }
            Self::Timeout | Self::Crowded | Self::Overloaded => {
                headers.insert(header::RETRY_AFTER, HeaderValue::from(RETRY_AFTER_OUTAGE));
            }
            _ => {}
        }
        response
    }
}
