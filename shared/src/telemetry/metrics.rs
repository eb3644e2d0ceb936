//! Metrics that cost one atomic addition: every series there can be is known when the program is built, lies in a static
//! table, and is found by the indices of its labels' values. Nothing is locked, allocated or formatted before somebody
//! asks for the numbers, and what a stranger sends can make no new series.

mod cell;
mod family;
mod label;
mod named;
mod outcome;

use axum::response::{IntoResponse, Response};
use http::{StatusCode, header};
use prometheus_client::{collector::Collector, encoding::DescriptorEncoder, registry::Registry};

pub use self::{
    cell::{Cell, CounterCell, GaugeCell, HistogramCell},
    family::{Family, Held},
    label::{Label, Labels},
    named::Named,
    outcome::Outcome,
};

/// How one metric is called and what it counts.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Description {
    /// Its name as Prometheus sees it.
    pub name: String,
    /// `counter`, `gauge` or `histogram`.
    pub kind: &'static str,
    /// The names of its labels.
    pub labels: Vec<&'static str>,
    /// What it counts.
    pub help: &'static str,
}

/// A metric with all of its series.
pub trait Metric: std::fmt::Debug + Send + Sync {
    /// How it is called.
    fn describe(&self) -> Description;

    /// Writes its series down.
    fn encode(&self, encoder: &mut DescriptorEncoder<'_>) -> std::fmt::Result;
}

#[derive(Debug)]
struct All(&'static [&'static dyn Metric]);

impl Collector for All {
    fn encode(&self, mut encoder: DescriptorEncoder<'_>) -> std::fmt::Result {
        self.0.iter().try_for_each(|metric| metric.encode(&mut encoder))
    }
}

/// The answer to a scrape, in the OpenMetrics text format, which Prometheus reads.
pub fn answer(metrics: &'static [&'static dyn Metric]) -> Response {
    let mut registry = Registry::default();
    registry.register_collector(Box::new(All(metrics)));
    let mut text = String::new();
    match prometheus_client::encoding::text::encode(&mut text, &registry) {
        Ok(()) => {
            let kind = "application/openmetrics-text; version=1.0.0; charset=utf-8";
            ([(header::CONTENT_TYPE, kind)], text).into_response()
        }
        Err(_) => StatusCode::INTERNAL_SERVER_ERROR.into_response(),
    }
}

/// The metrics as a table in Markdown, for the documentation.
pub fn table(metrics: &[&dyn Metric]) -> String {
    let mut table = String::from("| metric | kind | labels | what it counts |\n|---|---|---|---|\n");
    for Description { name, kind, labels, help } in metrics.iter().map(|metric| metric.describe()) {
        let labels: Vec<String> = labels.into_iter().map(|label| format!("`{label}`")).collect();
        table.push_str(&format!("| `{name}` | {kind} | {} | {help} |\n", labels.join(", ")));
    }
    table
}
