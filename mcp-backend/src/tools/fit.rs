//! How much of a long list fits into an answer that a model has to read.

use std::io;

use serde::Serialize;

/// The most bytes that the items of one answer may have as JSON.
pub(super) const MOST_BYTES: usize = 256 * 1024;

/// How many of the first items fit.
pub(super) fn fitting<T: Serialize>(items: &[T]) -> usize {
    let mut bytes = 0;
    let fits = |item: &&T| {
        let mut counted = Counted(0);
        bytes += serde_json::to_writer(&mut counted, item).map_or(MOST_BYTES, |()| counted.0 + 1);
        bytes <= MOST_BYTES
    };
    items.iter().take_while(fits).count()
}

/// Counts what is written and keeps nothing of it.
struct Counted(usize);

impl io::Write for Counted {
    fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
        self.0 += bytes.len();
        Ok(bytes.len())
    }

    fn flush(&mut self) -> io::Result<()> {
        Ok(())
    }
}
