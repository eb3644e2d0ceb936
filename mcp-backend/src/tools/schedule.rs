//! When a materialized query is run again.

use rmcp::schemars::{self, JsonSchema};
use serde::{Deserialize, Serialize};

use super::duration::IsoDuration;
use crate::error::ToolError;

/// When to run a MATERIALIZED query again; ignored for PLAIN ones.
#[derive(Clone, Debug, Serialize, Deserialize, JsonSchema)]
#[serde(tag = "type", rename_all = "lowercase", rename_all_fields = "camelCase", deny_unknown_fields)]
#[schemars(inline)]
pub(crate) enum Schedule {
    /// Again and again after a time.
    Interval {
        /// An ISO 8601 duration, such as PT6H or P1D.
        repeat_duration: IsoDuration,
    },
    /// At times of a calendar.
    Cron {
        /// A UNIX cron expression of five fields, such as `0 6 * * 1-5`.
        cron_expression: String,
        /// The IANA time zone it is read in.
        #[serde(default = "utc")]
        timezone: String,
    },
    /// Never: removes a schedule.
    None {},
}

fn utc() -> String {
    "UTC".to_owned()
}

impl Schedule {
    /// Checks what its types do not.
    pub(super) fn check(&self) -> Result<(), ToolError> {
        let Self::Cron { cron_expression, timezone } = self else { return Ok(()) };
        let in_field = |c: char| c.is_ascii_alphanumeric() || matches!(c, '*' | ',' | '-' | '/' | '?' | '#');
        let fields: Vec<_> = cron_expression.split_whitespace().collect();
        if fields.len() != 5 || !fields.iter().all(|field| field.chars().all(in_field)) {
            return Err(ToolError::Arguments(
                "cronExpression must be a UNIX cron expression of five fields: minute, hour, day of month, month, \
                 day of week",
            ));
        }
        let in_zone = |c: char| c.is_ascii_alphanumeric() || matches!(c, '/' | '_' | '-' | '+');
        if !(1..=64).contains(&timezone.len()) || !timezone.chars().all(in_zone) {
            return Err(ToolError::Arguments(
                "timezone must be an IANA time zone such as UTC or Europe/Istanbul",
            ));
        }
        Ok(())
    }
}
