//! Durations as ISO 8601 writes them. Peaka takes a malformed schedule without a word and does not keep it, so it
//! is checked here.

use std::borrow::Cow;

use rmcp::schemars::{JsonSchema, Schema, SchemaGenerator, json_schema};
use serde::{Deserialize, Serialize};

/// Days, hours, minutes and seconds, such as `PT6H` or `P1DT12H`; longer than nothing.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(try_from = "String", into = "String")]
pub(crate) struct IsoDuration(String);

impl IsoDuration {
    /// As it is written.
    pub(super) fn as_str(&self) -> &str {
        &self.0
    }
}

/// What is wrong with one.
#[derive(Debug, thiserror::Error)]
#[error(
    "a repeating schedule must be an ISO 8601 duration of days, hours, minutes and seconds, such as PT6H or P1D"
)]
pub(crate) struct NoDuration;

impl TryFrom<String> for IsoDuration {
    type Error = NoDuration;

    fn try_from(text: String) -> Result<Self, NoDuration> {
        if is_duration(&text) { Ok(Self(text)) } else { Err(NoDuration) }
    }
}

impl From<IsoDuration> for String {
    fn from(duration: IsoDuration) -> Self {
        duration.0
    }
}

impl JsonSchema for IsoDuration {
    fn inline_schema() -> bool {
        true
    }

    fn schema_name() -> Cow<'static, str> {
        "IsoDuration".into()
    }

    fn json_schema(_: &mut SchemaGenerator) -> Schema {
        json_schema!({ "type": "string", "pattern": PATTERN })
    }
}

/// As a schema says it; that there must be something, and more than nothing, only [`is_duration`] says.
pub(super) const PATTERN: &str = "^P([0-9]+D)?(T([0-9]+H)?([0-9]+M)?([0-9]+S)?)?$";

fn is_duration(text: &str) -> bool {
    let Some(rest) = text.strip_prefix('P') else { return false };
    let (days, time) = rest.split_once('T').map_or((rest, None), |(days, time)| (days, Some(time)));
    let parts = [numbers(days, "D"), time.map_or(Some(Vec::new()), |time| numbers(time, "HMS"))];
    let [Some(days), Some(time_parts)] = parts else { return false };
    let dangling_t = time.is_some() && time_parts.is_empty();
    !dangling_t && days.iter().chain(&time_parts).any(|number| *number > 0)
}

/// The numbers before `units`, which come in this order, each at most once. `None` if `text` is anything else.
fn numbers(text: &str, units: &str) -> Option<Vec<u32>> {
    let (mut numbers, mut units, mut digits) = (Vec::new(), units.chars(), String::new());
    for c in text.chars() {
        if c.is_ascii_digit() {
            digits.push(c);
        } else {
            units.find(|unit| *unit == c)?;
            numbers.push(std::mem::take(&mut digits).parse().ok()?);
        }
    }
    digits.is_empty().then_some(numbers)
}

#[cfg(test)]
mod tests {
    use super::is_duration;

    #[test]
    fn only_what_peaka_keeps() {
        for text in ["PT6H", "P1D", "PT30M", "PT90S", "P1DT12H30M", "PT0H5M"] {
            assert!(is_duration(text), "{text}");
        }
        for text in [
            "", "P", "PT", "P1", "6H", "PT6", "P6H", "PT1M1H", "P1W", "P1M", "PT0S", "PT-1H", "pt6h",
            "PT1.5H", "P1DT",
        ] {
            assert!(!is_duration(text), "{text}");
        }
    }
}
