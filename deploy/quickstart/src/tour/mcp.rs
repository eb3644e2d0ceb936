//! The client's calls to the resource.

use serde_json::{Value, json};

use super::step::{Answer, Step};
use crate::Error;

pub(super) struct Mcp<'a> {
    pub(super) http: &'a reqwest::Client,
    pub(super) url: &'a str,
}

impl Mcp<'_> {
    /// One JSON-RPC request.
    pub(super) async fn send(
        &self,
        step: &Step,
        access_token: &str,
        method: &str,
        params: Value,
    ) -> Result<Answer, Error> {
        let request = self
            .http
            .post(self.url)
            .bearer_auth(access_token)
            .header("accept", "application/json, text/event-stream")
            .header("mcp-protocol-version", "2025-11-25")
            .json(&json!({"jsonrpc": "2.0", "id": 1, "method": method, "params": params}));
        step.send(request).await
    }

    /// One tool call; its structured content.
    pub(super) async fn call(
        &self,
        title: &'static str,
        access_token: &str,
        tool: &str,
        arguments: Value,
    ) -> Result<Value, Error> {
        let step = Step::new(title);
        let params = json!({"name": tool, "arguments": arguments});
        let answer = self.send(&step, access_token, "tools/call", params).await?.ok(&step)?;
        step.expect(
            answer["result"]["isError"] != true && answer.get("error").is_none(),
            "the tool succeeded",
        )?;
        Ok(answer["result"]["structuredContent"].clone())
    }
}
