//! How much of a long list fits into an answer that a model has to read.

use serde::Serialize;

/// The most bytes that the items of one answer may have as JSON.
pub(super) const MOST_BYTES: usize = 256 * 1024;

/// How many of the first items fit.
pub(super) fn fitting<T: Serialize>(items: &[T]) -> usize {
    let mut bytes = 0;
    let fits = |item: &&T| {
        bytes += serde_json::to_string(item).map_or(MOST_BYTES, |text| text.len() + 1);
        bytes <= MOST_BYTES
    };
    items.iter().take_while(fits).count()
}
