//! Tables for people; `--json` gives machines the same.

use chrono::{DateTime, SecondsFormat};
use shared::clock::Timestamp;

use super::Failure;

/// Prints rows under their headings, or as a JSON list of objects.
pub(super) fn print<const N: usize>(
    headings: [&str; N],
    rows: &[[String; N]],
    json: bool,
) -> Result<(), Failure> {
    if json {
        let objects: Vec<serde_json::Map<String, serde_json::Value>> = rows
            .iter()
            .map(|row| {
                headings
                    .iter()
                    .zip(row)
                    .map(|(name, value)| ((*name).to_owned(), value.as_str().into()))
                    .collect()
            })
            .collect();
        say!("{}", serde_json::to_string_pretty(&objects)?);
        return Ok(());
    }
    let widths: Vec<usize> = headings
        .iter()
        .enumerate()
        .map(|(column, heading)| {
            rows.iter().map(|row| row[column].chars().count()).chain([heading.len()]).max().unwrap_or(0)
        })
        .collect();
    let line = |cells: Vec<&str>| {
        let padded: Vec<String> =
            cells.iter().zip(&widths).map(|(cell, width)| format!("{cell:width$}")).collect();
        say!("{}", padded.join("  ").trim_end());
    };
    line(headings.to_vec());
    for row in rows {
        line(row.iter().map(String::as_str).collect());
    }
    Ok(())
}

/// Says what was done: a sentence for people, or an object for machines.
pub(super) fn done(json: bool, object: &serde_json::Value, sentence: &str) -> Result<(), Failure> {
    if json {
        say!("{}", serde_json::to_string_pretty(object)?);
    } else {
        say!("{sentence}");
    }
    Ok(())
}

/// A moment as RFC 3339 in UTC, to the second.
pub(super) fn moment(at: Timestamp) -> String {
    let moment = DateTime::from_timestamp_millis(at.millis());
    moment.map_or_else(|| "?".to_owned(), |moment| moment.to_rfc3339_opts(SecondsFormat::Secs, true))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn moments() {
        assert_eq!(moment(Timestamp::from_seconds(1_795_454_343)), "2026-11-23T17:19:03Z");
        assert_eq!(moment(Timestamp::from_millis(i64::MAX)), "?");
    }
}
