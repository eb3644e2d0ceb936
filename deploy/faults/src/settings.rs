//! How a run is to be.

use std::{path::PathBuf, time::Duration};

/// For every scenario of a run.
#[derive(Clone, Debug)]
pub struct Settings {
    /// Where the programs are.
    pub bin_dir: PathBuf,
    /// How much is done.
    pub size: Size,
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
    /// A promise about time. The short form shares its machine with other tests, so it is held to four times as much.
    pub fn within(&self, promised: Duration) -> Duration {
        self.pick(promised * 4, promised)
    }

    /// One of two, by size.
    pub fn pick<T>(&self, short: T, long: T) -> T {
        match self.size {
            Size::Short => short,
            Size::Long => long,
        }
    }
}
