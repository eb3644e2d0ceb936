//! The schemas as clients want them: what the generator writes is right, but some clients stumble over it and
//! models pay for every word.

use std::sync::Arc;

use rmcp::model::{JsonObject, Tool};
use serde_json::Value;

/// Tidies a tool's schemas. No value that they allowed is forbidden afterwards, but for `null` in the place of a
/// member that can be left out; and no tool answers that.
pub(crate) fn tidy(tool: &mut Tool) {
    tool.input_schema = tidied(&tool.input_schema);
    tool.output_schema = tool.output_schema.as_ref().map(tidied);
}

const PROJECT: &str = "projectId";

/// Whether the tool has a parameter for the project.
pub(crate) fn takes_project(tool: &Tool) -> bool {
    tool.input_schema.get("properties").is_some_and(|properties| properties.get(PROJECT).is_some())
}

/// Lets the project be left out, and says when it may be.
pub(crate) fn make_project_optional(tool: &mut Tool) {
    if !takes_project(tool) {
        return;
    }
    let schema = Arc::make_mut(&mut tool.input_schema);
    if let Some(required) = schema.get_mut("required").and_then(Value::as_array_mut) {
        required.retain(|name| name != PROJECT);
    }
    let description =
        schema.get_mut("properties").and_then(|all| all.get_mut(PROJECT)?.get_mut("description"));
    if let Some(Value::String(description)) = description {
        description.push_str(" May be left out with a Project key, which has one project only.");
    }
}

fn tidied(schema: &Arc<JsonObject>) -> Arc<JsonObject> {
    let mut schema = Value::Object(schema.as_ref().clone());
    walk(&mut schema);
    match schema {
        Value::Object(schema) => Arc::new(schema),
        _ => Arc::default(),
    }
}

fn walk(value: &mut Value) {
    match value {
        Value::Array(items) => items.iter_mut().for_each(walk),
        Value::Object(members) => {
            // The dialect is the protocol's default (2020-12).
            members.remove("$schema");
            if members.get("default").is_some_and(Value::is_null) {
                members.remove("default");
            }
            // `uint` and the like are Rust's, not JSON Schema's.
            if members.get("format").and_then(Value::as_str).is_some_and(|format| format.contains("int")) {
                members.remove("format");
            }
            if let Some(Value::String(description)) = members.get_mut("description") {
                *description = description.split_whitespace().collect::<Vec<_>>().join(" ");
            }
            if let Some(only) = members.get("type").and_then(only_type) {
                members.insert("type".to_owned(), only);
            }
            if let Some(only) = members.get("anyOf").and_then(only_choice) {
                members.remove("anyOf");
                // What is said of the place is nearer to it than what is said of the thing.
                for (name, value) in only {
                    members.entry(name).or_insert(value);
                }
            }
            // Which way a value goes is said by where its schema stands.
            if members.get("readOnly").is_some_and(Value::is_boolean) {
                members.remove("readOnly");
            }
            members.values_mut().for_each(walk);
        }
        _ => {}
    }
}

/// `"x"` of `["x", "null"]`: that a member may be absent is said by `required`.
fn only_type(types: &Value) -> Option<Value> {
    let mut types = types.as_array()?.iter().filter(|name| *name != "null");
    let only = types.next()?.clone();
    types.next().is_none().then_some(only)
}

/// `X` of `anyOf: [X, null]`.
fn only_choice(choices: &Value) -> Option<JsonObject> {
    let mut choices = choices.as_array()?.iter().filter(|choice| choice["type"] != "null");
    let only = choices.next()?.as_object()?.clone();
    choices.next().is_none().then_some(only)
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    #[test]
    fn what_clients_stumble_over_is_gone_and_the_rest_stays() {
        let mut schema = json!({
            "$schema": "https://json-schema.org/draft/2020-12/schema",
            "type": "object",
            "properties": {
                "a": { "type": ["integer", "null"], "format": "uint", "default": null, "description": "two\nlines" },
                "b": { "type": "string", "format": "date", "default": "x" },
                "c": { "items": {} },
                "d": { "anyOf": [{ "type": "object", "description": "a thing" }, { "type": "null" }], "description": "the thing" },
            },
        });
        walk(&mut schema);
        assert_eq!(
            schema,
            json!({
                "type": "object",
                "properties": {
                    "a": { "type": "integer", "description": "two lines" },
                    "b": { "type": "string", "format": "date", "default": "x" },
                    "c": { "items": {} },
                    "d": { "type": "object", "description": "the thing" },
                },
            })
        );
    }
}
