//! One series.

use std::{
    sync::atomic::{AtomicI64, AtomicU64, Ordering::Relaxed},
    time::Duration,
};

use prometheus_client::{
    encoding::{MetricEncoder, NoLabelSet},
    metrics::MetricType,
};

/// What a series is kept in.
pub trait Cell: std::fmt::Debug + Send + Sync + 'static {
    /// An empty one.
    const NEW: Self;
    /// What kind of metric it belongs to.
    const KIND: MetricType;

    /// Writes its value down.
    fn encode(&self, encoder: MetricEncoder<'_>) -> std::fmt::Result;
}

/// A number that only grows.
#[derive(Debug)]
pub struct CounterCell(pub(super) AtomicU64);

/// A number that goes up and down.
#[derive(Debug)]
pub struct GaugeCell(pub(super) AtomicI64);

/// How many durations there were, by length.
#[derive(Debug)]
pub struct HistogramCell {
    buckets: [AtomicU64; BOUNDS.len() + 1],
    microseconds: AtomicU64,
}

/// Upper bounds of the buckets, in microseconds: from a millisecond to the longest that anything may take.
const BOUNDS: [u64; 14] = [
    1_000,
    2_500,
    5_000,
    10_000,
    25_000,
    50_000,
    100_000,
    250_000,
    500_000,
    1_000_000,
    2_500_000,
    10_000_000,
    30_000_000,
    120_000_000,
];

#[expect(clippy::declare_interior_mutable_const, reason = "it is what each cell of a static table begins as")]
const ZERO: AtomicU64 = AtomicU64::new(0);

impl Cell for CounterCell {
    const NEW: Self = Self(ZERO);
    const KIND: MetricType = MetricType::Counter;

    fn encode(&self, mut encoder: MetricEncoder<'_>) -> std::fmt::Result {
        encoder.encode_counter::<NoLabelSet, _, u64>(&self.0.load(Relaxed), None)
    }
}

impl Cell for GaugeCell {
    const NEW: Self = Self(AtomicI64::new(0));
    const KIND: MetricType = MetricType::Gauge;

    fn encode(&self, mut encoder: MetricEncoder<'_>) -> std::fmt::Result {
        encoder.encode_gauge(&self.0.load(Relaxed))
    }
}

impl Cell for HistogramCell {
    const NEW: Self = Self { buckets: [ZERO; BOUNDS.len() + 1], microseconds: ZERO };
    const KIND: MetricType = MetricType::Histogram;

    #[expect(clippy::cast_precision_loss, reason = "seconds with a fraction are what the format has")]
    fn encode(&self, mut encoder: MetricEncoder<'_>) -> std::fmt::Result {
        let bounds = BOUNDS.iter().map(|bound| *bound as f64 / 1e6).chain([f64::INFINITY]);
        let buckets: Vec<(f64, u64)> =
            bounds.zip(self.buckets.iter().map(|bucket| bucket.load(Relaxed))).collect();
        let count = buckets.iter().map(|(_, count)| count).sum();
        let seconds = self.microseconds.load(Relaxed) as f64 / 1e6;
        encoder.encode_histogram::<NoLabelSet>(seconds, count, &buckets, None)
    }
}

impl HistogramCell {
    pub(super) fn observe(&self, took: Duration) {
        let took = u64::try_from(took.as_micros()).unwrap_or(u64::MAX);
        let bucket = BOUNDS.iter().position(|bound| took <= *bound).unwrap_or(BOUNDS.len());
        if let Some(bucket) = self.buckets.get(bucket) {
            bucket.fetch_add(1, Relaxed);
        }
        self.microseconds.fetch_add(took, Relaxed);
    }
}
