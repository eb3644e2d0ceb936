//! The answer of tools whose endpoint has nothing to say: what was done, in words.

use rmcp::schemars::{self, JsonSchema};
use serde::Serialize;

use super::status;
use crate::peaka::{redacted, types::Remark};

/// What was done.
#[derive(Debug, Serialize, JsonSchema)]
#[serde(rename_all = "camelCase")]
pub(crate) struct Done {
    /// Always true: a failure is an error.
    ok: bool,
    /// What was done, and how to see what becomes of it.
    message: String,
    /// A status, if Peaka told one.
    #[serde(skip_serializing_if = "Option::is_none")]
    status: Option<String>,
    /// Peaka's own words, if it had any.
    #[serde(skip_serializing_if = "Option::is_none")]
    detail: Option<String>,
}

impl Done {
    /// `message` says what was done.
    pub(super) fn new(message: impl Into<String>, remark: Remark) -> Self {
        Self {
            ok: true,
            message: message.into(),
            status: remark.status.as_deref().map(status::normal),
            detail: remark.message.as_deref().and_then(redacted),
        }
    }
}
