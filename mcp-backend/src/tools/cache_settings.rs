//! A cache's settings, as Peaka tells and wants them.

use std::borrow::Cow;

use rmcp::schemars::{self, JsonSchema, Schema, SchemaGenerator, json_schema};
use serde::{Deserialize, Deserializer, Serialize};

use super::duration::{IsoDuration, NoDuration, PATTERN};
use crate::peaka::json::text_or_number;

/// A schedule to set: a duration, or NONE to have none.
#[derive(Clone, Debug, PartialEq, Eq, Deserialize)]
#[serde(try_from = "String")]
pub(crate) enum Wanted {
    /// Repeat after this long.
    Every(IsoDuration),
    /// Do not repeat.
    None,
}

impl TryFrom<String> for Wanted {
    type Error = NoDuration;

    fn try_from(text: String) -> Result<Self, NoDuration> {
        if text == "NONE" { Ok(Self::None) } else { IsoDuration::try_from(text).map(Self::Every) }
    }
}

impl JsonSchema for Wanted {
    fn inline_schema() -> bool {
        true
    }

    fn schema_name() -> Cow<'static, str> {
        "Wanted".into()
    }

    fn json_schema(_: &mut SchemaGenerator) -> Schema {
        let pattern = PATTERN.trim_start_matches('^').trim_end_matches('$');
        json_schema!({ "type": "string", "pattern": format!("^(NONE|{pattern})$") })
    }
}

/// A schedule as Peaka wants it.
#[derive(Debug, Serialize)]
#[serde(tag = "type", rename_all = "UPPERCASE")]
pub(super) enum Schedule<'a> {
    Basic { expression: &'a str },
    None,
}

impl<'a> From<&'a Wanted> for Schedule<'a> {
    fn from(wanted: &'a Wanted) -> Self {
        match wanted {
            Wanted::Every(duration) => Self::Basic { expression: duration.as_str() },
            Wanted::None => Self::None,
        }
    }
}

/// The two schedules as Peaka wants them; what is left out stays.
#[derive(Debug, Default, Serialize)]
#[serde(rename_all = "camelCase")]
pub(super) struct Schedules<'a> {
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(super) incremental_cache_schedule: Option<Schedule<'a>>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(super) full_refresh_cache_schedule: Option<Schedule<'a>>,
}

/// A cache.
#[derive(Debug, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all(serialize = "camelCase", deserialize = "camelCase"))]
pub(crate) struct Cache {
    /// The cache's id, for the other tools (`cacheId`).
    #[serde(rename(deserialize = "id"), deserialize_with = "text_or_number")]
    cache_id: String,
    /// The catalog's id.
    #[serde(deserialize_with = "text_or_number")]
    catalog_id: String,
    schema_name: String,
    table_name: String,
    /// How often rows that are new or changed are fetched; absent: never by itself.
    #[serde(
        default,
        rename(deserialize = "incrementalCacheSchedule"),
        deserialize_with = "every",
        skip_serializing_if = "Option::is_none"
    )]
    incremental_schedule: Option<String>,
    /// How often all rows are fetched anew; absent: never by itself.
    #[serde(
        default,
        rename(deserialize = "fullRefreshCacheSchedule"),
        deserialize_with = "every",
        skip_serializing_if = "Option::is_none"
    )]
    full_refresh_schedule: Option<String>,
    /// What to do next, or what was not done.
    #[serde(skip_deserializing, skip_serializing_if = "Option::is_none")]
    note: Option<String>,
}

impl Cache {
    /// With a note, unless Peaka kept less than was wanted: then that is the note. Peaka takes a schedule that it
    /// does not understand without a word.
    pub(super) fn noting(
        mut self,
        note: &str,
        incremental: Option<&Wanted>,
        full_refresh: Option<&Wanted>,
    ) -> Self {
        let kept = |wanted: Option<&Wanted>, told: Option<&String>| match wanted {
            None => true,
            Some(Wanted::None) => told.is_none(),
            Some(Wanted::Every(_)) => told.is_some(),
        };
        let all_kept = kept(incremental, self.incremental_schedule.as_ref())
            && kept(full_refresh, self.full_refresh_schedule.as_ref());
        self.note = Some(if all_kept {
            note.to_owned()
        } else {
            format!("{note} Peaka did not keep the schedules as asked for; those shown here are what holds.")
        });
        self
    }
}

/// `{"type": "BASIC", "expression": "PT6H"}`; NONE, `null` and nothing are no schedule.
fn every<'de, D: Deserializer<'de>>(deserializer: D) -> Result<Option<String>, D::Error> {
    #[derive(Deserialize)]
    struct Told {
        #[serde(rename = "type")]
        kind: Option<String>,
        expression: Option<String>,
    }
    let told: Option<Told> = Option::deserialize(deserializer)?;
    Ok(told.filter(|told| told.kind.as_deref() != Some("NONE")).and_then(|told| told.expression))
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    #[test]
    fn a_schedule_that_was_not_kept_is_told() {
        let cache = |schedule| -> Cache {
            let told = json!({ "id": "c", "catalogId": 1, "schemaName": "s", "tableName": "t",
                "incrementalCacheSchedule": schedule, "fullRefreshCacheSchedule": { "type": "NONE" } });
            serde_json::from_value(told).unwrap()
        };
        let wanted = |text: &str| Wanted::try_from(text.to_owned()).unwrap();
        let note = |schedule, wanted: Wanted| {
            cache(schedule).noting("Done.", Some(&wanted), Some(&Wanted::None)).note.unwrap()
        };
        assert_eq!(note(json!({ "type": "BASIC", "expression": "PT6H" }), wanted("PT6H")), "Done.");
        assert!(note(json!(null), wanted("PT6H")).contains("did not keep"));
        assert!(
            note(json!({ "type": "BASIC", "expression": "PT6H" }), wanted("NONE")).contains("did not keep")
        );
        assert_eq!(note(json!({ "type": "NONE" }), wanted("NONE")), "Done.");
        assert!(Wanted::try_from("none".to_owned()).is_err());
    }
}
