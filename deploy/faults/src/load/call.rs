//! Calls of the resource, and what their answers say about whom.

use serde_json::{Value, json};
use standin::demo;

use super::wire::{Answer, Wire};
use crate::record::{Call, Reply, Says};

/// What came of it.
pub(super) struct Called {
    pub(super) reply: Reply,
    /// The person that the answer names.
    pub(super) about: Option<u16>,
}

pub(super) async fn call(wire: &mut Wire, call: Call, access_token: &str) -> Called {
    let message = message(call);
    let answer = wire
        .send(|http, origin| {
            http.post(format!("{origin}/mcp"))
                .bearer_auth(access_token)
                .header("accept", "application/json, text/event-stream")
                .header("mcp-protocol-version", "2025-11-25")
                .json(&message)
        })
        .await;
    let Some(answer) = answer else { return Called { reply: Reply::BROKEN, about: None } };
    if !answer.status.is_success() {
        return Called { reply: answer.reply(Says::Nothing), about: None };
    }
    match call {
        Call::Tools | Call::Projects => {
            let text = String::from_utf8_lossy(&answer.body);
            let fine = text.contains("\"result\"") && !text.contains("\"isError\":true");
            let says = if fine { Says::Nothing } else { Says::ToolFailed };
            Called { reply: answer.reply(says), about: None }
        }
        Call::WhoAmI | Call::Stream => who(&answer),
    }
}

fn message(call: Call) -> Value {
    let mut params = match call {
        Call::Tools => return json!({"jsonrpc": "2.0", "id": 1, "method": "tools/list"}),
        Call::Projects => json!({"name": "peaka_list_projects", "arguments": {}}),
        Call::WhoAmI | Call::Stream => json!({"name": "peaka_execute_sql_query", "arguments": {
            "projectId": demo::PROJECT, "query": "SELECT current_user_props('email') AS email",
        }}),
    };
    if call == Call::Stream {
        params["_meta"] = json!({"progressToken": "p"});
    }
    json!({"jsonrpc": "2.0", "id": 1, "method": "tools/call", "params": params})
}

fn who(answer: &Answer) -> Called {
    let Some(message) = last_message(&answer.body) else {
        // A stream that ends without the answer that it was opened for was broken, however cleanly it ended.
        return Called { reply: Reply::BROKEN, about: None };
    };
    let result = &message["result"];
    if result["isError"] == true || message.get("error").is_some() {
        return Called { reply: answer.reply(Says::ToolFailed), about: None };
    }
    let email = result["structuredContent"]["rows"][0][0].as_str();
    match email.map(demo::number) {
        Some(Some(about)) => Called { reply: answer.reply(Says::Nothing), about: Some(about) },
        Some(None) => Called { reply: answer.reply(Says::Stranger), about: None },
        None => Called { reply: answer.reply(Says::ToolFailed), about: None },
    }
}

/// The answer itself, or the one that a stream of events ends with.
fn last_message(body: &[u8]) -> Option<Value> {
    if body.first() == Some(&b'{') {
        return serde_json::from_slice(body).ok();
    }
    let events = body.split(|byte| *byte == b'\n').filter_map(|line| line.strip_prefix(b"data:"));
    events
        .filter_map(|data| serde_json::from_slice::<Value>(data.trim_ascii()).ok())
        .find(|message| message.get("id").is_some() && message.get("method").is_none())
}
