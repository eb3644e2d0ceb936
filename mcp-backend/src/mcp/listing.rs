//! The answer to `tools/list`. rmcp judges the request and writes the frame; the list in it, which is the same for
//! everybody and by far the longest part, was written once at the start.

use axum::{body::Body, response::Response};
use bytes::Bytes;
use http::{StatusCode, header};
use serde_json::Value;

use crate::envelope::{self, code};

/// The place in the frame. No text of the client's can look like it: a quote inside of a JSON string is escaped.
const PLACE: &[u8] = br#""tools":[]"#;
/// The members before the list.
const BEGINNING: &[u8] = br#""tools":"#;
/// The most bytes that a frame has: it repeats the request's id.
const MAX_FRAME_BYTES: usize = 64 * 1024;

/// Puts `list`, a JSON array, into `response`. An answer that is an error stays as it is.
pub(super) async fn fill(response: Response, list: &[u8]) -> Response {
    let (mut parts, body) = response.into_parts();
    let Ok(frame) = axum::body::to_bytes(body, MAX_FRAME_BYTES).await else {
        return envelope::error(
            StatusCode::INTERNAL_SERVER_ERROR,
            Value::Null,
            code::INTERNAL_ERROR,
            "The list of tools could not be written.",
        );
    };
    let place = frame.windows(PLACE.len()).position(|window| window == PLACE);
    let body = place.map_or(frame.clone(), |at| with(&frame, at, list));
    parts.headers.remove(header::CONTENT_LENGTH);
    Response::from_parts(parts, Body::from(body))
}

fn with(frame: &[u8], at: usize, list: &[u8]) -> Bytes {
    let mut whole = Vec::with_capacity(frame.len() + list.len());
    whole.extend_from_slice(&frame[..at]);
    whole.extend_from_slice(BEGINNING);
    whole.extend_from_slice(list);
    whole.extend_from_slice(&frame[at + PLACE.len()..]);
    whole.into()
}
