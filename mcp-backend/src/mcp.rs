//! `POST /mcp`: what is checked before rmcp sees the request, and what is read off it afterwards.

mod listing;

use std::{sync::Arc, time::Duration};

use axum::{
    Extension,
    body::Body,
    extract::{Request, State},
    response::{IntoResponse, Response},
};
use bytes::Bytes;
use http::{HeaderMap, HeaderValue, Method, StatusCode, header};
use http_body_util::{BodyExt as _, Full, LengthLimitError, Limited};
use rmcp::transport::streamable_http_server::{StreamableHttpService, session::never::NeverSessionManager};
use serde_json::Value;
use shared::{
    assertion::{REQUIRED_SCOPE_HEADER, SIGN_IN_AGAIN_HEADER},
    scope::Scope,
};
use tokio::time::timeout;

use crate::{
    caller::Caller,
    catalogue::Catalogue,
    envelope::{self, Malformed, Message, code},
    gateway::Fault,
    peaka::PeakaError,
    progress::ReadsStreams,
    server::{INSUFFICIENT_SCOPE, PeakaServer},
};

/// How long a body may take to arrive.
const BODY_DEADLINE: Duration = Duration::from_secs(30);
/// The most bytes of an answer of rmcp's own that are repeated.
const MAX_REASON_BYTES: usize = 4096;

/// What the endpoint works with.
#[derive(Clone)]
pub(crate) struct Endpoint {
    pub(crate) rmcp: StreamableHttpService<Arc<PeakaServer>, NeverSessionManager>,
    pub(crate) catalogue: Arc<Catalogue>,
    pub(crate) max_body_bytes: usize,
}

/// Why a request does not get to rmcp.
enum Refusal {
    Method,
    ContentType,
    TooLarge(usize),
    TooSlow,
    Broken,
    Malformed(Malformed),
    Scope { id: Value, needed: Scope },
}

impl IntoResponse for Refusal {
    fn into_response(self) -> Response {
        let refuse = |status, code, sentence: &str| envelope::error(status, Value::Null, code, sentence);
        match self {
            Self::Method => {
                let sentence = "This endpoint takes POST only; it keeps no sessions and opens no streams.";
                let mut response = refuse(StatusCode::METHOD_NOT_ALLOWED, code::INVALID_REQUEST, sentence);
                response.headers_mut().insert(header::ALLOW, HeaderValue::from_static("POST"));
                response
            }
            Self::ContentType => {
                let sentence = "The Content-Type must be application/json.";
                refuse(StatusCode::UNSUPPORTED_MEDIA_TYPE, code::INVALID_REQUEST, sentence)
            }
            Self::TooLarge(most) => {
                let sentence = format!("The request's body is longer than {most} bytes.");
                refuse(StatusCode::PAYLOAD_TOO_LARGE, code::INVALID_REQUEST, &sentence)
            }
            Self::TooSlow => {
                refuse(StatusCode::REQUEST_TIMEOUT, code::INVALID_REQUEST, "The body did not arrive in time.")
            }
            Self::Broken => refuse(StatusCode::BAD_REQUEST, code::INVALID_REQUEST, "The body broke off."),
            Self::Malformed(malformed) => {
                let (code, sentence) = match malformed {
                    Malformed::NotJson => (code::PARSE_ERROR, "The body is not JSON."),
                    Malformed::Batch => (code::INVALID_REQUEST, "Batches are not served; send one message."),
                    Malformed::NotAMessage => (code::INVALID_REQUEST, "The body is no JSON-RPC 2.0 message."),
                };
                refuse(StatusCode::BAD_REQUEST, code, sentence)
            }
            Self::Scope { id, needed } => {
                let sentence =
                    format!("This call needs the scope {needed}, which the person has not granted.");
                let mut response = envelope::error(StatusCode::FORBIDDEN, id, INSUFFICIENT_SCOPE, &sentence);
                let needed = HeaderValue::from_static(needed.as_str());
                response.headers_mut().insert(REQUIRED_SCOPE_HEADER, needed);
                response
            }
        }
    }
}

/// Answers one message of the protocol.
pub(crate) async fn answer(
    State(endpoint): State<Endpoint>,
    Extension(caller): Extension<Caller>,
    request: Request,
) -> Response {
    match checked(&endpoint, &caller, request).await {
        Ok(Checked { request, id, lists_tools }) => {
            let response = endpoint.rmcp.handle(request).await.map(Body::new);
            match fault_told_in_http(&caller, &response) {
                Some(fault) => told(fault, id),
                None if lists_tools && response.status().is_success() => {
                    listing::fill(response, endpoint.catalogue.written()).await
                }
                None => readable(response, id).await,
            }
        }
        Err(refusal) => refusal.into_response(),
    }
}

/// A request that may go to rmcp.
struct Checked {
    request: http::Request<Full<Bytes>>,
    /// The message's JSON-RPC id.
    id: Value,
    lists_tools: bool,
}

/// The request as rmcp gets it.
async fn checked(endpoint: &Endpoint, caller: &Caller, request: Request) -> Result<Checked, Refusal> {
    let (mut parts, body) = request.into_parts();
    if parts.method != Method::POST {
        return Err(Refusal::Method);
    }
    if !is_json(&parts.headers) {
        return Err(Refusal::ContentType);
    }
    let body = read(body, endpoint.max_body_bytes).await?;
    let message = Message::parse(&body).map_err(Refusal::Malformed)?;
    let (id, lists_tools) = (message.id(), message.lists_tools());
    // The body decides. Headers that repeat the method or the tool's name are a client's to write.
    if let Some(needed) = message.called_tool().and_then(|tool| endpoint.catalogue.scope_of(tool))
        && !caller.may(needed)
    {
        return Err(Refusal::Scope { id, needed });
    }
    parts.extensions.insert(ReadsStreams(reads_streams(&parts.headers)));
    // rmcp insists on both types by name; clients that name none, or `*/*`, are served all the same.
    let both = HeaderValue::from_static("application/json, text/event-stream");
    parts.headers.insert(header::ACCEPT, both);
    parts.headers.remove(header::CONTENT_LENGTH);
    let request = http::Request::from_parts(parts, Full::from(message.into_bytes()));
    Ok(Checked { request, id, lists_tools })
}

fn is_json(headers: &HeaderMap) -> bool {
    let essence = |value: &str| value.split(';').next().unwrap_or_default().trim().to_ascii_lowercase();
    let value = headers.get(header::CONTENT_TYPE).and_then(|value| value.to_str().ok());
    value.is_some_and(|value| essence(value) == "application/json")
}

async fn read(body: Body, most: usize) -> Result<Bytes, Refusal> {
    let collected = timeout(BODY_DEADLINE, Limited::new(body, most).collect());
    match collected.await.map_err(|_| Refusal::TooSlow)? {
        Ok(collected) => Ok(collected.to_bytes()),
        Err(error) if error.is::<LengthLimitError>() => Err(Refusal::TooLarge(most)),
        Err(_) => Err(Refusal::Broken),
    }
}

/// Whether the client may be answered with a stream: it names the type, names all types, or names none.
fn reads_streams(headers: &HeaderMap) -> bool {
    let mut named = headers.get_all(header::ACCEPT).iter().filter_map(|value| value.to_str().ok()).peekable();
    named.peek().is_none()
        || named.flat_map(|value| value.split(',')).any(|range| {
            let mut parts = range.split(';').map(|part| part.trim().to_ascii_lowercase());
            let essence = parts.next().unwrap_or_default();
            let refused = parts.any(|part| matches!(part.as_str(), "q=0" | "q=0.0" | "q=0.00" | "q=0.000"));
            matches!(essence.as_str(), "text/event-stream" | "text/*" | "*/*") && !refused
        })
}

/// What kept the request from Peaka, if the answer can still say so in HTTP: not once it is a stream.
fn fault_told_in_http(caller: &Caller, response: &Response) -> Option<Fault> {
    caller.credential().fault().filter(|_| !is_stream(response.headers()))
}

fn told(fault: Fault, id: Value) -> Response {
    let sentence = PeakaError::from(fault).to_string();
    match fault {
        Fault::SignInAgain => {
            let mut response =
                envelope::error(StatusCode::UNAUTHORIZED, id, code::UNAUTHENTICATED, &sentence);
            response.headers_mut().insert(SIGN_IN_AGAIN_HEADER, HeaderValue::from_static("1"));
            response
        }
        Fault::Outage { retry_after } => {
            let mut response =
                envelope::error(StatusCode::SERVICE_UNAVAILABLE, id, code::INTERNAL_ERROR, &sentence);
            response.headers_mut().insert(header::RETRY_AFTER, HeaderValue::from(retry_after.as_secs()));
            response
        }
    }
}

/// rmcp answers some requests with plain text; a JSON-RPC client gets the same words as a JSON-RPC error.
async fn readable(response: Response, id: Value) -> Response {
    let (status, headers) = (response.status(), response.headers());
    if !(status.is_client_error() || status.is_server_error()) || is_json(headers) || is_stream(headers) {
        return response;
    }
    // The type and the syntax were checked before, so what is left of this status is a message of no known form.
    let status = if status == StatusCode::UNSUPPORTED_MEDIA_TYPE { StatusCode::BAD_REQUEST } else { status };
    let code = if status.is_server_error() { code::INTERNAL_ERROR } else { code::INVALID_REQUEST };
    let reason = axum::body::to_bytes(response.into_body(), MAX_REASON_BYTES).await.unwrap_or_default();
    envelope::error(status, id, code, &String::from_utf8_lossy(&reason))
}

fn is_stream(headers: &HeaderMap) -> bool {
    headers.get(header::CONTENT_TYPE).is_some_and(|value| value.as_bytes().starts_with(b"text/event-stream"))
}
