//! Messages of the Partner API can carry class names, stack traces and internal addresses. None of it helps who
//! reads it, and none of it should leave.

use serde_json::Value;

/// The most characters of a message that are passed on.
const MAX_CHARS: usize = 600;

const CLASS_PREFIXES: [&str; 10] =
    ["com.", "org.", "io.", "net.", "java.", "javax.", "jakarta.", "kotlin.", "reactor.", "sun."];

const INTERNAL_MARKS: [&str; 6] = ["://", ".svc", ".internal", ".cluster.local", "localhost", "0.0.0.0"];

/// The message without what is internal, or `None` if nothing is left.
pub(crate) fn message(text: &str) -> Option<String> {
    let lines = text.lines().take_while(|line| !is_stack_trace(line));
    let words: Vec<_> = lines.flat_map(str::split_whitespace).map(word).collect();
    let message = words.join(" ");
    (!message.is_empty()).then(|| message.chars().take(MAX_CHARS).collect())
}

/// The same for every text in `value`.
pub(crate) fn value(value: Value) -> Value {
    match value {
        Value::String(text) => message(&text).map_or(Value::Null, Value::String),
        Value::Array(items) => items.into_iter().map(self::value).collect(),
        Value::Object(members) => {
            members.into_iter().map(|(name, member)| (name, self::value(member))).collect()
        }
        other => other,
    }
}

/// A code such as `TABLE_NOT_CACHEABLE` or `cn004`, or `None` if it is something else.
pub(super) fn code(text: &str) -> Option<String> {
    let plain = |c: char| c.is_ascii_alphanumeric() || matches!(c, '_' | '-' | ' ');
    ((1..=64).contains(&text.len()) && text.chars().all(plain)).then(|| text.to_owned())
}

fn is_stack_trace(line: &str) -> bool {
    let line = line.trim_start();
    line.starts_with("at ") && line.contains('(') || line.starts_with("Caused by:")
}

fn word(word: &str) -> &str {
    let bare = word.trim_matches(|c: char| !c.is_alphanumeric());
    let internal =
        INTERNAL_MARKS.iter().any(|mark| word.contains(mark)) || is_class_name(bare) || is_ip_address(bare);
    if internal { "[internal]" } else { word }
}

fn is_class_name(word: &str) -> bool {
    let dotted = word.matches('.').count() >= 2;
    dotted && (CLASS_PREFIXES.iter().any(|prefix| word.starts_with(prefix)) || word.ends_with("Exception"))
}

fn is_ip_address(word: &str) -> bool {
    let host = word.split_once(':').map_or(word, |(host, _)| host);
    host.parse::<std::net::Ipv4Addr>().is_ok()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_a_model_needs_stays() {
        for text in [
            "line 1:15: Table 'stripe.payment.Customers' does not exist",
            "mismatched input 'OFFSET'. Expecting: <EOF>",
            "Catalog type: stripe is not being supported yet",
        ] {
            assert_eq!(message(text).as_deref(), Some(text));
        }
    }

    #[test]
    fn what_is_internal_goes() {
        let text = "com.peaka.gateway.errors.WrongRequestException: call to http://be-query:8080/x at 10.1.2.3:80 \
                    (be-data.prod.svc) failed\n\tat com.peaka.Main.run(Main.kt:3)\nCaused by: java.io.IOException";
        assert_eq!(message(text).unwrap(), "[internal] call to [internal] at [internal] [internal] failed");
        let inside = serde_json::json!({ "a": ["see http://be-cache:8080", 1] });
        assert_eq!(value(inside), serde_json::json!({ "a": ["see [internal]", 1] }));
        assert_eq!(message("\tat a.b(C.java:1)"), None);
        assert_eq!(code("com.peaka.Wrong"), None);
        assert_eq!(message(&"x".repeat(5000)).unwrap().len(), 600);
    }
}
