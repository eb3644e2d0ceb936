//! Every variable, for `gateway config show`: read from a list that a test makes of the fields' documentation.

use serde::Deserialize;
use shared::env::Env;

const LIST: &str = include_str!("../../assets/configuration.json");

/// One variable.
#[derive(Debug, Deserialize)]
pub struct Variable {
    /// Its name.
    pub name: String,
    /// What holds if it is not set.
    pub default: Option<String>,
    /// Whether it must be set.
    pub required: bool,
    /// Whether its value is shown to nobody.
    pub secret: bool,
    /// What it is for, in Markdown.
    pub meaning: String,
}

/// Where a value comes from.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Origin {
    /// It is set.
    Environment,
    /// It is not set and has a default.
    Default,
    /// Neither.
    Nowhere,
}

impl Origin {
    /// What it is called.
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Environment => "environment",
            Self::Default => "default",
            Self::Nowhere => "not set",
        }
    }
}

impl Variable {
    /// All of them, in the order of the reference.
    ///
    /// # Errors
    /// Never: a test reads the same list.
    pub fn all() -> Result<Vec<Self>, serde_json::Error> {
        serde_json::from_str(LIST)
    }

    /// What holds, as far as it may be shown, and where that comes from.
    pub fn effective(&self, env: &Env) -> (String, Origin) {
        match (env.text(&self.name), &self.default) {
            (Some(_), _) if self.secret => ("(not shown)".to_owned(), Origin::Environment),
            (Some(value), _) => (value, Origin::Environment),
            (None, Some(default)) => (default.clone(), Origin::Default),
            (None, None) => (String::new(), Origin::Nowhere),
        }
    }
}
