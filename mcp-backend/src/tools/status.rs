//! Peaka's words for states. Each place spells them in its own way (`not-active`, `CANCELED`, `CANCELLED`); here
//! there is one spelling, and it is the one that is compared and passed on.

use serde::{Deserialize, Deserializer};

/// Upper case with underscores; CANCELLED with two l.
pub(super) fn normal(status: &str) -> String {
    let status = status.trim().replace(['-', ' '], "_").to_ascii_uppercase();
    if status == "CANCELED" { "CANCELLED".to_owned() } else { status }
}

/// For `#[serde(deserialize_with = …)]`; absent where it is missing, `null` or no text.
pub(super) fn normalised<'de, D: Deserializer<'de>>(deserializer: D) -> Result<Option<String>, D::Error> {
    Ok(crate::peaka::json::text(deserializer)?.as_deref().map(normal))
}

/// Reads `{"status": …}`.
#[derive(Debug, Deserialize)]
pub(super) struct Told {
    #[serde(default, deserialize_with = "normalised")]
    pub(super) status: Option<String>,
}

#[cfg(test)]
mod tests {
    use super::normal;

    #[test]
    fn one_spelling() {
        for (told, meant) in [
            ("not-active", "NOT_ACTIVE"),
            ("NOT_ACTIVE", "NOT_ACTIVE"),
            ("Completed", "COMPLETED"),
            ("CANCELED", "CANCELLED"),
            ("canceled", "CANCELLED"),
            ("CANCELLED", "CANCELLED"),
        ] {
            assert_eq!(normal(told), meant);
        }
    }
}
