//! How a run is to be.

use std::{path::PathBuf, time::Duration};

/// For every scenario of a run.
#[derive(Clone, Debug)]
pub struct Settings {
    /// Where the programs are.
    pub bin_dir: PathBuf,
    /// How much is done.
    pub size: Size,
    /// How many times as long everything may take: 1 on a machine that has nothing else to do.
    pub slack: u32,
    /// Where chance begins.
    pub seed: u64,
}

/// How much is done.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Size {
    /// A few seconds for each scenario, some of them only.
    Short,
    /// As much as it takes.
    Long,
}

impl Settings {
    /// A promise about time, as far as this machine can be held to it.
    pub fn within(&self, promised: Duration) -> Duration {
        promised * self.slack
    }

    /// One of two, by size.
    pub fn pick<T>(&self, short: T, long: T) -> T {
        match self.size {
            Size::Short => short,
            Size::Long => long,
        }
    }
}
