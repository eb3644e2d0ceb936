//! The series of one metric, one for each combination of its labels' values.

use std::{marker::PhantomData, sync::atomic::Ordering::Relaxed, time::Duration};

use prometheus_client::{encoding::DescriptorEncoder, metrics::MetricType};

use super::{Cell, CounterCell, Description, GaugeCell, HistogramCell, Labels, Metric};

/// A metric with labels `L`; `N` is how many combinations of them there are. Declared with [`metric!`](crate::metric).
#[derive(Debug)]
pub struct Family<C, L, const N: usize> {
    name: &'static str,
    help: &'static str,
    cells: [C; N],
    labels: PhantomData<fn(L)>,
}

impl<C: Cell, L: Labels, const N: usize> Family<C, L, N> {
    /// An empty one. `name` goes without the `_total` of a counter.
    ///
    /// # Panics
    ///
    /// When the program is built, if `N` is not what the labels have.
    pub const fn new(name: &'static str, help: &'static str) -> Self {
        assert!(N == L::COUNT, "one cell for each combination of labels");
        Self { name, help, cells: [C::NEW; N], labels: PhantomData }
    }
}

impl<L: Labels, const N: usize> Family<CounterCell, L, N> {
    /// Counts one.
    pub fn count(&self, labels: L) {
        if let Some(cell) = self.cells.get(labels.index()) {
            cell.0.fetch_add(1, Relaxed);
        }
    }
}

impl<L: Labels, const N: usize> Family<GaugeCell, L, N> {
    /// Goes up, or down.
    pub fn add(&self, labels: L, by: i64) {
        if let Some(cell) = self.cells.get(labels.index()) {
            cell.0.fetch_add(by, Relaxed);
        }
    }

    /// Is so much now.
    pub fn set(&self, labels: L, value: i64) {
        if let Some(cell) = self.cells.get(labels.index()) {
            cell.0.store(value, Relaxed);
        }
    }
}

/// One more for as long as it is held.
#[derive(Debug)]
#[must_use = "it counts for as long as it is held"]
pub struct Held(Option<&'static GaugeCell>);

impl Drop for Held {
    fn drop(&mut self) {
        if let Some(cell) = self.0 {
            cell.0.fetch_sub(1, Relaxed);
        }
    }
}

impl<L: Labels, const N: usize> Family<GaugeCell, L, N> {
    /// Goes up now, and down when what is returned is dropped.
    pub fn hold(&'static self, labels: L) -> Held {
        self.add(labels, 1);
        Held(self.cells.get(labels.index()))
    }
}

impl<L: Labels, const N: usize> Family<HistogramCell, L, N> {
    /// Something took so long.
    pub fn observe(&self, labels: L, took: Duration) {
        if let Some(cell) = self.cells.get(labels.index()) {
            cell.observe(took);
        }
    }
}

/// The name as Prometheus sees it.
pub(super) fn full_name(name: &str, kind: MetricType) -> String {
    if matches!(kind, MetricType::Counter) { format!("{name}_total") } else { name.to_owned() }
}

/// A cell as the library knows metrics.
pub(super) fn encode_cell<C: Cell>(
    cell: &C,
    labels: &Vec<(&str, &str)>,
    encoder: &mut prometheus_client::encoding::MetricEncoder<'_>,
) -> std::fmt::Result {
    cell.encode(encoder.encode_family(labels)?)
}

impl<C: Cell, L: Labels, const N: usize> Metric for Family<C, L, N> {
    fn describe(&self) -> Description {
        let name = full_name(self.name, C::KIND);
        Description { name, kind: C::KIND.as_str(), labels: L::names(), help: self.help }
    }

    fn encode(&self, encoder: &mut DescriptorEncoder<'_>) -> std::fmt::Result {
        let mut metric = encoder.encode_descriptor(self.name, self.help, None, C::KIND)?;
        if let ([cell], true) = (self.cells.as_slice(), L::names().is_empty()) {
            return cell.encode(metric);
        }
        for (index, cell) in self.cells.iter().enumerate() {
            encode_cell(cell, &L::pairs(index), &mut metric)?;
        }
        Ok(())
    }
}

/// Declares a metric as a static: `metric!(pub VISITS: Counter<Place> = "visits", "people who came")`, with `Counter`,
/// `Gauge` or `Histogram` (of durations in seconds).
#[macro_export]
macro_rules! metric {
    ($vis:vis $name:ident: $kind:ident<$labels:ty> = $metric:literal, $help:literal) => {
        #[doc = $help]
        $vis static $name: $crate::telemetry::metrics::Family<
            $crate::metric!(@cell $kind),
            $labels,
            { <$labels as $crate::telemetry::metrics::Labels>::COUNT },
        > = $crate::telemetry::metrics::Family::new($metric, $help);
    };
    (@cell Counter) => { $crate::telemetry::metrics::CounterCell };
    (@cell Gauge) => { $crate::telemetry::metrics::GaugeCell };
    (@cell Histogram) => { $crate::telemetry::metrics::HistogramCell };
}
