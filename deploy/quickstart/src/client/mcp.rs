//! The client's calls to the resource.

use serde_json::{Value, json};

use super::step::{Answer, Step, Voice};
use crate::Error;

/// The resource, with an access token.
#[derive(Clone, Copy, Debug)]
pub struct Mcp<'a> {
    pub(super) http: &'a reqwest::Client,
    pub(super) url: &'a str,
    pub(super) access_token: &'a str,
    pub(super) voice: Voice,
}

impl Mcp<'_> {
    /// One JSON-RPC request.
    pub(crate) async fn send(&self, step: &Step, method: &str, params: Value) -> Result<Answer, Error> {
        let request = self
            .http
            .post(self.url)
            .bearer_auth(self.access_token)
            .header("accept", "application/json, text/event-stream")
            .header("mcp-protocol-version", "2025-11-25")
            .json(&json!({"jsonrpc": "2.0", "id": 1, "method": method, "params": params}));
        step.send(request).await
    }

    /// One tool call; its structured content.
    ///
    /// # Errors
    ///
    /// If the call fails, or the tool does.
    pub async fn call(&self, title: &'static str, tool: &str, arguments: Value) -> Result<Value, Error> {
        let step = Step::new(self.voice, title);
        let params = json!({"name": tool, "arguments": arguments});
        let answer = self.send(&step, "tools/call", params).await?.ok(&step)?;
        step.expect(
            answer["result"]["isError"] != true && answer.get("error").is_none(),
            "the tool succeeded",
        )?;
        Ok(answer["result"]["structuredContent"].clone())
    }
}
