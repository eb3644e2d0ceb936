//! How a call to the Partner API can fail, each cause with a sentence that the model can act on.

use http::StatusCode;
use serde::{Deserialize, Serialize};
use serde_json::Value;

use super::redact;
use crate::{credential::NoToken, gateway::Fault};

/// Why a call gave nothing.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub(crate) enum PeakaError {
    /// The session is over, or Peaka refused the person's token and its replacement.
    #[error(
        "Peaka no longer accepts this sign-in. The person must connect to Peaka again (in the client: reconnect, \
         or remove and add the Peaka server); then repeat the call."
    )]
    SignInAgain,
    /// The gateway gave no token, for no fault of the session's.
    #[error("Peaka's sign-in service does not answer at the moment. Try again in {0} seconds.")]
    NoCredential(u64),
    /// There is no gateway and no API key.
    #[error(
        "No Peaka API key is set. Set the environment variable PEAKA_API_KEY to a Project key (in Peaka: the \
         project's Settings, API Keys) or a Partner key (Home, Developer), in the client's configuration of this \
         server or in a file .env in its working directory, and start the server again."
    )]
    NoKey,
    /// Peaka does not accept the API key.
    #[error(
        "Peaka does not accept the API key in PEAKA_API_KEY. It may be deleted, inactive or mistyped, or belong to \
         another Peaka than the one in PARTNER_API_BASE_URL. Set one that is good and start the server again."
    )]
    KeyRefused,
    /// Peaka understood and said no, or failed and said why.
    #[error("{}", .0.sentence())]
    Answered(Answered),
    /// Peaka failed without saying anything that can be passed on.
    #[error("Peaka failed to answer (HTTP {0}). It is likely to pass; try again later.")]
    Failing(u16),
    /// Too many calls.
    #[error("Peaka asks for fewer calls. Wait {0} seconds before the next one.")]
    TooMany(u64),
    /// No answer in time.
    #[error(
        "Peaka did not answer within {0} seconds. For a query: ask for less (a LIMIT, fewer columns, a narrower \
         WHERE), or cache the tables it reads."
    )]
    Timeout(u64),
    /// A change that was not answered in time.
    #[error(
        "Peaka did not answer within {0} seconds. The change may have been made all the same: look before you \
         repeat it."
    )]
    ChangeTimedOut(u64),
    /// A change whose connection broke.
    #[error(
        "The connection to Peaka broke before it answered. The change may have been made all the same: look \
         before you repeat it."
    )]
    ChangeBrokeOff,
    /// No connection, or it broke.
    #[error("Peaka could not be reached, or the connection broke. It is likely to pass; try again later.")]
    Unreachable,
    /// An answer beyond the cap.
    #[error(
        "Peaka's answer is too large to be passed on. Ask for less: fewer columns, a LIMIT, a narrower WHERE."
    )]
    TooLarge,
    /// A success whose body is not what the API promises.
    #[error(
        "Peaka's answer could not be understood. Nothing is known of its outcome; check before you repeat it."
    )]
    NotUnderstood,
}

/// An error in Peaka's own words.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Answered {
    /// The HTTP status.
    pub(crate) status: u16,
    /// `errorCode`, a number or a name.
    pub(crate) error_code: Option<Code>,
    /// `error`, a name.
    pub(crate) error: Option<String>,
    /// `message`, without what is internal.
    pub(crate) message: Option<String>,
}

/// `errorCode` comes as a number or as text.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
#[serde(untagged)]
pub(crate) enum Code {
    /// Such as `100`.
    Number(i64),
    /// Such as `TABLE_NOT_CACHEABLE`.
    Text(String),
}

impl Answered {
    fn sentence(&self) -> String {
        let told = self.told();
        match &self.error_code {
            Some(Code::Text(code)) if code == "TABLE_NOT_CACHEABLE" => {
                format!(
                    "{told} This table cannot be cached; isCacheable of peaka_list_tables tells which can."
                )
            }
            _ => told,
        }
    }

    fn told(&self) -> String {
        // "Not Found" alone is what a framework says of a path; it helps nobody.
        let named = self.error.as_deref().filter(|_| self.status != 404);
        let said = self.message.as_deref().or(named);
        match (self.status, said) {
            (403, Some(said)) => format!("Peaka does not allow this person to do that: {said}"),
            (403, None) => "Peaka does not allow this person to do that.".to_owned(),
            (404, None) => {
                "Peaka knows nothing under these ids. List again and use the ids given there.".to_owned()
            }
            (500.., Some(said)) => format!("Peaka failed: {said}"),
            (status, None) => format!("Peaka refused the call (HTTP {status}) without saying why."),
            (_, Some(said)) => format!("Peaka refused the call: {said}"),
        }
    }
}

/// The three forms of error bodies that the API is known to send, and the framework's own.
#[derive(Deserialize)]
struct Body {
    #[serde(default, rename = "errorCode")]
    error_code: Value,
    #[serde(default)]
    error: Value,
    #[serde(default)]
    message: Value,
}

impl PeakaError {
    /// Whether it is the credential that failed, so that every other call would fail alike.
    pub(crate) fn is_of_the_credential(&self) -> bool {
        matches!(self, Self::SignInAgain | Self::NoCredential(_) | Self::NoKey | Self::KeyRefused)
    }

    /// Of an answer that is no success. `retry_after` is in seconds.
    pub(super) fn of_answer(status: StatusCode, retry_after: Option<u64>, body: &[u8]) -> Self {
        if status == StatusCode::TOO_MANY_REQUESTS {
            return Self::TooMany(retry_after.unwrap_or(10));
        }
        let answered = answered(status.as_u16(), body);
        // What a proxy in front of Peaka sends (HTML, nothing) tells nothing but the status.
        if status.is_server_error() && answered.message.is_none() && answered.error_code.is_none() {
            return Self::Failing(status.as_u16());
        }
        Self::Answered(answered)
    }
}

fn answered(status: u16, body: &[u8]) -> Answered {
    let Ok(Body { error_code, error, message }) = serde_json::from_slice(body) else {
        return Answered { status, error_code: None, error: None, message: None };
    };
    Answered {
        status,
        error_code: match error_code {
            Value::Number(number) => number.as_i64().map(Code::Number),
            Value::String(text) => redact::code(&text).map(Code::Text),
            _ => None,
        },
        error: error.as_str().and_then(redact::code),
        message: message.as_str().and_then(redact::message),
    }
}

impl From<NoToken> for PeakaError {
    fn from(none: NoToken) -> Self {
        match none {
            NoToken::Gateway(fault) => fault.into(),
            NoToken::NoKey => Self::NoKey,
            NoToken::KeyRefused => Self::KeyRefused,
        }
    }
}

impl From<Fault> for PeakaError {
    fn from(fault: Fault) -> Self {
        match fault {
            Fault::SignInAgain => Self::SignInAgain,
            Fault::Outage { retry_after } => Self::NoCredential(retry_after.as_secs()),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn of(status: u16, body: &str) -> PeakaError {
        PeakaError::of_answer(StatusCode::from_u16(status).unwrap(), None, body.as_bytes())
    }

    #[test]
    fn every_form_becomes_a_sentence() {
        for (status, body, sentence) in [
            (
                400,
                r#"{"errorCode":100,"message":"There is no query with id: 7"}"#,
                "Peaka refused the call: There is no query with id: 7",
            ),
            (
                400,
                r#"{"error":"WrongRequestException","message":"no","errorCode":null}"#,
                "Peaka refused the call: no",
            ),
            (
                404,
                r#"{"timestamp":1,"path":"/x","status":404,"error":"Not Found"}"#,
                "Peaka knows nothing under these ids. List again and use the ids given there.",
            ),
            (404, "", "Peaka knows nothing under these ids. List again and use the ids given there."),
            (403, "null", "Peaka does not allow this person to do that."),
            (418, "[]", "Peaka refused the call (HTTP 418) without saying why."),
            (500, r#"{"message":"Cache is syncing"}"#, "Peaka failed: Cache is syncing"),
            (502, "<html>", "Peaka failed to answer (HTTP 502). It is likely to pass; try again later."),
            (429, "", "Peaka asks for fewer calls. Wait 10 seconds before the next one."),
        ] {
            assert_eq!(of(status, body).to_string(), sentence);
        }
    }

    #[test]
    fn codes_are_kept() {
        let PeakaError::Answered(answered) =
            of(400, r#"{"error":"INVALID_CONNECTION_ID","message":"invalid","errorCode":"cn004"}"#)
        else {
            panic!("not an answer");
        };
        assert_eq!(answered.error_code, Some(Code::Text("cn004".into())));
        assert_eq!(answered.error.as_deref(), Some("INVALID_CONNECTION_ID"));
    }
}
