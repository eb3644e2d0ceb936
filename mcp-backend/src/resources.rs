//! Two texts that a client can read beside the tools: how to write SQL for Peaka, and how a report looks. The URIs
//! and names are those of Peaka's own server, so that what refers to them keeps working.

use rmcp::model::{Resource, ResourceContents};

/// The rules for SQL.
pub(crate) const SQL_RULES: Text = Text {
    uri: "file:///peaka_sql_query_rule_set.txt",
    name: "peaka_sql_query_rule_set",
    title: "Rules for SQL in Peaka",
    description: "How to write SQL for Peaka (Trino): names, types, joins, grouping and what may be run. Check a \
                  statement against it before it runs.",
    text: include_str!("resources/sql_rules.txt"),
};

/// The frame of a report.
pub(crate) const REPORT_TEMPLATE: Text = Text {
    uri: "file:///peaka_artifact_template.txt",
    name: "peaka_artifact_template",
    title: "Template for an HTML report",
    description: "A frame, a palette and ten rules for a self-contained HTML report on query results.",
    text: include_str!("resources/report_template.txt"),
};

const ALL: [&Text; 2] = [&SQL_RULES, &REPORT_TEMPLATE];

/// A text that is offered as a resource.
#[derive(Debug)]
pub(crate) struct Text {
    uri: &'static str,
    name: &'static str,
    title: &'static str,
    description: &'static str,
    /// The text itself.
    pub(crate) text: &'static str,
}

/// What there is.
pub(crate) fn list() -> Vec<Resource> {
    let resource = |text: &Text| {
        Resource::new(text.uri, text.name)
            .with_title(text.title)
            .with_description(text.description)
            .with_mime_type("text/plain")
            .with_size(text.text.len() as u64)
    };
    ALL.into_iter().map(resource).collect()
}

/// The text under `uri`.
pub(crate) fn read(uri: &str) -> Option<ResourceContents> {
    let text = ALL.into_iter().find(|text| text.uri == uri)?;
    Some(ResourceContents::text(text.text, text.uri))
}
