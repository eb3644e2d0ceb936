//! Whether a value is what a schema says: as much of JSON Schema as the catalogue uses, and a complaint about the rest,
//! so that nothing passes for checked that was not.

use serde_json::{Map, Value};

const KNOWN: [&str; 17] = [
    "$defs",
    "$ref",
    "additionalProperties",
    "const",
    "default",
    "description",
    "enum",
    "items",
    "maximum",
    "maxLength",
    "minItems",
    "minLength",
    "minimum",
    "oneOf",
    "pattern",
    "properties",
    "required",
];

/// Panics with the place at which `value` is not what `schema` says.
pub(crate) fn conforms(value: &Value, schema: &Value) {
    check(value, schema, schema, "");
}

fn check(value: &Value, schema: &Value, root: &Value, at: &str) {
    let schema = schema.as_object().unwrap_or_else(|| panic!("{at}: no schema: {schema}"));
    for keyword in schema.keys() {
        assert!(
            KNOWN.contains(&keyword.as_str()) || matches!(keyword.as_str(), "type" | "format"),
            "{at}: {keyword}"
        );
    }
    if let Some(reference) = schema.get("$ref") {
        let pointer = reference.as_str().unwrap().strip_prefix('#').unwrap();
        check(value, root.pointer(pointer).unwrap_or_else(|| panic!("{at}: {reference}")), root, at);
    }
    if let Some(kind) = schema.get("type") {
        let is = match kind.as_str().unwrap() {
            "object" => value.is_object(),
            "array" => value.is_array(),
            "string" => value.is_string(),
            "boolean" => value.is_boolean(),
            "integer" => value.is_i64() || value.is_u64(),
            "number" => value.is_number(),
            other => panic!("{at}: unknown type {other}"),
        };
        assert!(is, "{at}: {value} is no {kind}");
    }
    if let Some(members) = value.as_object() {
        object(members, schema, root, at);
    }
    if let (Some(items), Some(each)) = (value.as_array(), schema.get("items")) {
        for (index, item) in items.iter().enumerate() {
            check(item, each, root, &format!("{at}/{index}"));
        }
    }
}

fn object(members: &Map<String, Value>, schema: &Map<String, Value>, root: &Value, at: &str) {
    for required in schema.get("required").and_then(Value::as_array).into_iter().flatten() {
        assert!(members.contains_key(required.as_str().unwrap()), "{at}: {required} is missing");
    }
    let declared = schema.get("properties");
    for (name, member) in members {
        let at = format!("{at}/{name}");
        match declared.and_then(|declared| declared.get(name)) {
            Some(each) => check(member, each, root, &at),
            // What is not declared cannot be relied on; an object of any members says so.
            None => assert!(
                declared.is_none() || schema.get("additionalProperties").is_some(),
                "{at}: not declared"
            ),
        }
    }
}
