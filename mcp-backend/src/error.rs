//! How a tool can fail, and what the model is told.

use rmcp::{
    ErrorData,
    handler::server::tool::IntoCallToolResult,
    model::{CallToolResponse, CallToolResult, ContentBlock},
};
use serde::Serialize;

use crate::peaka::{Code, PeakaError};

/// Why a tool gives no result.
#[derive(Debug, thiserror::Error)]
pub(crate) enum ToolError {
    /// Peaka.
    #[error(transparent)]
    Peaka(#[from] PeakaError),
    /// The person picked projects when they connected, and this is none of them.
    #[error(
        "The project {0} is outside of what the person allowed when they connected this app. \
         peaka_list_projects shows what is allowed. To widen it, the person connects the Peaka server again and \
         picks this project on the consent page."
    )]
    ProjectNotAllowed(String),
    /// A key that reaches several projects does not say which is meant.
    #[error(
        "projectId is missing, and the API key reaches more than one project (a Partner key). Call \
         peaka_list_projects, let the user choose if there are several, and repeat the call with it."
    )]
    ProjectNeeded,
    /// The arguments do not go together.
    #[error("{0}")]
    Arguments(&'static str),
}

/// The text of a failed result, as compact JSON: the sentence first, then Peaka's own codes.
#[derive(Serialize)]
#[serde(rename_all = "camelCase")]
struct Told<'a> {
    message: String,
    #[serde(skip_serializing_if = "Option::is_none")]
    error_code: Option<&'a Code>,
    #[serde(skip_serializing_if = "Option::is_none")]
    error: Option<&'a str>,
    #[serde(skip_serializing_if = "Option::is_none")]
    status: Option<u16>,
}

impl ToolError {
    /// The failed result.
    pub(crate) fn result(&self) -> CallToolResult {
        let answered = match self {
            Self::Peaka(PeakaError::Answered(answered)) => Some(answered),
            _ => None,
        };
        let told = Told {
            message: self.to_string(),
            error_code: answered.and_then(|answered| answered.error_code.as_ref()),
            error: answered.and_then(|answered| answered.error.as_deref()),
            status: answered.map(|answered| answered.status),
        };
        let text = serde_json::to_string(&told).unwrap_or(told.message);
        CallToolResult::error(vec![ContentBlock::text(text)])
    }
}

impl IntoCallToolResult for ToolError {
    fn into_call_tool_result(self) -> Result<CallToolResponse, ErrorData> {
        Ok(self.result().into())
    }
}
