//! The series of a metric, one for each name of a list that is complete when the program has started.

use std::{
    collections::BTreeMap,
    sync::{OnceLock, atomic::Ordering::Relaxed},
    time::Duration,
};

use prometheus_client::encoding::DescriptorEncoder;

use super::{
    Cell, CounterCell, Description, HistogramCell, Labels, Metric,
    family::{encode_cell, full_name},
};

/// Where a name that is not on the list is counted.
const UNKNOWN: &str = "unknown";

/// A metric by name and by `L`.
#[derive(Debug)]
pub struct Named<C, L> {
    name: &'static str,
    help: &'static str,
    label: &'static str,
    rows: OnceLock<BTreeMap<String, Vec<C>>>,
    labels: std::marker::PhantomData<fn(L)>,
}

impl<C: Cell, L: Labels> Named<C, L> {
    /// One that nothing is on the list of. `name` goes without the `_total` of a counter.
    pub const fn new(name: &'static str, label: &'static str, help: &'static str) -> Self {
        Self { name, help, label, rows: OnceLock::new(), labels: std::marker::PhantomData }
    }

    /// Sets the list, once; later lists are not looked at.
    pub fn list<'a>(&self, names: impl Iterator<Item = &'a str>) {
        let row = |name: &str| (name.to_owned(), (0..L::COUNT).map(|_| C::NEW).collect());
        self.rows.get_or_init(|| names.chain([UNKNOWN]).map(row).collect());
    }

    fn cell(&self, name: &str, labels: L) -> Option<&C> {
        let rows = self.rows.get()?;
        rows.get(name).or_else(|| rows.get(UNKNOWN))?.get(labels.index())
    }
}

impl<L: Labels> Named<CounterCell, L> {
    /// Counts one.
    pub fn count(&self, name: &str, labels: L) {
        if let Some(cell) = self.cell(name, labels) {
            cell.0.fetch_add(1, Relaxed);
        }
    }
}

impl<L: Labels> Named<HistogramCell, L> {
    /// Something took so long.
    pub fn observe(&self, name: &str, labels: L, took: Duration) {
        if let Some(cell) = self.cell(name, labels) {
            cell.observe(took);
        }
    }
}

impl<C: Cell, L: Labels> Metric for Named<C, L> {
    fn describe(&self) -> Description {
        let (name, labels) = (full_name(self.name, C::KIND), [vec![self.label], L::names()].concat());
        Description { name, kind: C::KIND.as_str(), labels, help: self.help }
    }

    fn encode(&self, encoder: &mut DescriptorEncoder<'_>) -> std::fmt::Result {
        let mut metric = encoder.encode_descriptor(self.name, self.help, None, C::KIND)?;
        for (name, cells) in self.rows.get().into_iter().flatten() {
            for (index, cell) in cells.iter().enumerate() {
                let labels = [vec![(self.label, name.as_str())], L::pairs(index)].concat();
                encode_cell(cell, &labels, &mut metric)?;
            }
        }
        Ok(())
    }
}
