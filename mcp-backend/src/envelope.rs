//! The JSON-RPC envelope (JSON-RPC 2.0 §4): read once, checked, and handed on exactly as it was understood.

use axum::{
    Json,
    response::{IntoResponse, Response},
};
use http::StatusCode;
use serde_json::{Value, json};

/// The JSON-RPC codes used here.
pub(crate) mod code {
    /// Not JSON.
    pub(crate) const PARSE_ERROR: i32 = -32700;
    /// JSON, but no request.
    pub(crate) const INVALID_REQUEST: i32 = -32600;
    /// It is not the request's fault.
    pub(crate) const INTERNAL_ERROR: i32 = -32603;
    /// Nobody vouches for the caller any more, or nobody did.
    pub(crate) const UNAUTHENTICATED: i32 = -32001;
}

/// One JSON-RPC message. What is handed on is written anew from what was read here, so that a body with two
/// members of one name cannot mean one thing to the check and another to the server.
#[derive(Debug)]
pub(crate) struct Message(Value);

/// Why a body is no message.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Malformed {
    /// Not JSON, or nested too deeply.
    NotJson,
    /// An array. The revisions served here have no batches (2025-06-18 removed them), and one would hide calls.
    Batch,
    /// JSON of another kind.
    NotAMessage,
}

impl Message {
    /// Reads `body`.
    pub(crate) fn parse(body: &[u8]) -> Result<Self, Malformed> {
        match serde_json::from_slice(body).map_err(|_| Malformed::NotJson)? {
            Value::Array(_) => Err(Malformed::Batch),
            value if value.get("jsonrpc").and_then(Value::as_str) == Some("2.0") => Ok(Self(value)),
            _ => Err(Malformed::NotAMessage),
        }
    }

    /// The request's id as it goes into an answer: text or a number, otherwise `null`.
    pub(crate) fn id(&self) -> Value {
        self.0.get("id").filter(|id| id.is_string() || id.is_number()).cloned().unwrap_or(Value::Null)
    }

    /// The tool that this message calls, if it calls one.
    pub(crate) fn called_tool(&self) -> Option<&str> {
        (self.0.get("method")? == "tools/call").then(|| self.0.get("params")?.get("name")?.as_str()).flatten()
    }

    /// Whether it asks for the list of tools.
    pub(crate) fn lists_tools(&self) -> bool {
        self.0.get("method").is_some_and(|method| method == "tools/list")
    }

    /// The message, written anew.
    pub(crate) fn into_bytes(self) -> Vec<u8> {
        self.0.to_string().into_bytes()
    }
}

/// An HTTP answer whose body is a JSON-RPC error, so that a client of either kind can read it.
pub(crate) fn error(status: StatusCode, id: Value, code: i32, message: &str) -> Response {
    let body = json!({ "jsonrpc": "2.0", "id": id, "error": { "code": code, "message": message } });
    (status, Json(body)).into_response()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_is_no_single_message_is_refused() {
        let parse = |body: &str| Message::parse(body.as_bytes()).map(|_| ());
        for body in ["", "{", "nonsense", "\u{feff}{}", &"[".repeat(100_000)] {
            assert_eq!(parse(body), Err(Malformed::NotJson));
        }
        assert_eq!(parse("[]"), Err(Malformed::Batch));
        assert_eq!(parse(r#"[{"jsonrpc":"2.0","method":"ping","id":1}]"#), Err(Malformed::Batch));
        for body in ["null", "1", "{}", r#"{"jsonrpc":"1.0","method":"ping"}"#, r#"{"jsonrpc":2.0}"#] {
            assert_eq!(parse(body), Err(Malformed::NotAMessage));
        }
    }

    #[test]
    fn of_two_members_with_one_name_one_is_handed_on() {
        let body = br#"{"jsonrpc":"2.0","id":1,"method":"tools/call","method":"tools/call",
            "params":{"name":"harmless","name":"harmful"}}"#;
        let message = Message::parse(body).unwrap();
        assert_eq!(message.called_tool(), Some("harmful"));
        assert!(!String::from_utf8(message.into_bytes()).unwrap().contains("harmless"));
    }
}
