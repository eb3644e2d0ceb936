//! One case for each tool of the Partner API: what it is called with, what it asks of Peaka, what Peaka may answer,
//! live and as documented, and what the model gets.

mod caches;
mod metadata;
mod others;
mod queries;

use serde_json::{Value, json};

use crate::{
    catalogue::{CACHE, CATALOG, CONNECTION, QUERY, TABLE},
    harness::PROJECT,
};

pub(crate) struct Case {
    pub(crate) tool: &'static str,
    /// Without `projectId`.
    pub(crate) arguments: Value,
    /// The call to Peaka.
    pub(crate) line: String,
    /// Its body; null if it has none.
    pub(crate) sent: Value,
    /// The answers of Peaka that mean the same.
    pub(crate) answers: Vec<String>,
    pub(crate) told: Value,
}

impl Case {
    pub(crate) fn arguments(&self) -> Value {
        let mut arguments = self.arguments.clone();
        arguments["projectId"] = json!(PROJECT);
        arguments
    }
}

fn case(tool: &'static str, line: &str, arguments: Value, answers: &[Value], told: Value) -> Case {
    let line =
        line.replace("{p}", PROJECT).replace("{c}", CATALOG).replace("{q}", QUERY).replace("{k}", CACHE);
    let line = line.replace("{n}", CONNECTION).replace("{t}", TABLE);
    let answers =
        answers.iter().map(|answer| if answer.is_null() { String::new() } else { answer.to_string() });
    Case { tool, arguments, line, sent: Value::Null, answers: answers.collect(), told }
}

impl Case {
    fn sending(mut self, body: Value) -> Self {
        self.sent = body;
        self
    }
}

pub(crate) fn all() -> Vec<Case> {
    [queries::all(), metadata::all(), caches::all(), others::all()].into_iter().flatten().collect()
}
