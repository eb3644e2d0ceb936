//! Identifiers that may stand in a path. Each is checked when it is read, so that a value of one of these types
//! is one path segment and nothing else, whoever made it up.

use std::borrow::Cow;

use schemars::{JsonSchema, Schema, SchemaGenerator, json_schema};
use serde::{Deserialize, Serialize};

/// What is wrong with an identifier. The text goes to the model that sent it.
#[derive(Debug, thiserror::Error)]
#[error("{what} must be {form}")]
pub(crate) struct Malformed {
    what: &'static str,
    form: &'static str,
}

/// A value that is safe as one segment of a path once it is percent-encoded.
pub(crate) trait Segment {
    /// The text, not yet encoded.
    fn text(&self) -> &str;
}

macro_rules! identifier {
    ($(#[$doc:meta])* $name:ident, $what:literal, $form:literal, $schema:tt, $check:expr) => {
        $(#[$doc])*
        #[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
        #[serde(try_from = "String", into = "String")]
        pub(crate) struct $name(String);

        impl TryFrom<String> for $name {
            type Error = Malformed;

            fn try_from(text: String) -> Result<Self, Malformed> {
                let check: fn(&str) -> bool = $check;
                if check(&text) { Ok(Self(text)) } else { Err(Malformed { what: $what, form: $form }) }
            }
        }

        impl From<$name> for String {
            fn from(id: $name) -> Self {
                id.0
            }
        }

        impl Segment for $name {
            fn text(&self) -> &str {
                &self.0
            }
        }

        impl JsonSchema for $name {
            fn inline_schema() -> bool {
                true
            }

            fn schema_name() -> Cow<'static, str> {
                stringify!($name).into()
            }

            fn json_schema(_: &mut SchemaGenerator) -> Schema {
                json_schema!($schema)
            }
        }
    };
}

identifier!(
    /// A project: eight letters and digits today; the API promises no length.
    ProjectId,
    "projectId",
    "1 to 64 letters, digits, '-' or '_', as peaka_list_projects gives it",
    { "type": "string", "pattern": "^[A-Za-z0-9_-]{1,64}$" },
    is_plain_id
);

identifier!(
    /// A catalog: a decimal number of up to 20 digits, kept as text because it exceeds 2^53.
    CatalogId,
    "catalogId",
    "a decimal number of up to 20 digits in quotes, as peaka_list_catalogs gives it in `id`",
    { "type": "string", "pattern": "^[0-9]{1,20}$" },
    is_decimal
);

identifier!(
    /// A saved query: a decimal number of up to 20 digits, kept as text because it exceeds 2^53.
    QueryId,
    "queryId",
    "a decimal number of up to 20 digits in quotes, as peaka_list_queries gives it in `id`",
    { "type": "string", "pattern": "^[0-9]{1,20}$" },
    is_decimal
);

identifier!(
    /// A table of a semantic catalog: a decimal number of up to 20 digits, kept as text.
    TableId,
    "tableId",
    "a decimal number of up to 20 digits in quotes, as peaka_create_semantic_table gives it",
    { "type": "string", "pattern": "^[0-9]{1,20}$" },
    is_decimal
);

identifier!(
    /// A cache: a UUID today; the API promises no length.
    CacheId,
    "cacheId",
    "a UUID, as peaka_get_cache_statuses gives it",
    { "type": "string", "pattern": "^[A-Za-z0-9_-]{1,64}$" },
    is_plain_id
);

identifier!(
    /// A connection: a UUID today; the API promises no length.
    ConnectionId,
    "connectionId",
    "a UUID, as peaka_list_connections gives it in `id`",
    { "type": "string", "pattern": "^[A-Za-z0-9_-]{1,64}$" },
    is_plain_id
);

identifier!(
    /// The name of a schema or a table: any text that is one path segment.
    Name,
    "a schema or table name",
    "1 to 256 characters without control characters, and not '.' or '..'",
    { "type": "string", "minLength": 1, "maxLength": 256 },
    |text| (1..=256).contains(&text.chars().count())
        && !text.chars().any(char::is_control)
        && !matches!(text, "." | "..")
);

identifier!(
    /// An organization or workspace id out of an answer of Peaka's.
    UpstreamId,
    "an id",
    "1 to 64 letters, digits, '-' or '_'",
    { "type": "string" },
    is_plain_id
);

fn is_plain_id(text: &str) -> bool {
    is_between(1, 64, text)
        && text.bytes().all(|byte| byte.is_ascii_alphanumeric() || matches!(byte, b'-' | b'_'))
}

fn is_decimal(text: &str) -> bool {
    is_between(1, 20, text) && text.bytes().all(|byte| byte.is_ascii_digit())
}

fn is_between(least: usize, most: usize, text: &str) -> bool {
    (least..=most).contains(&text.len())
}
