//! Dates and timestamps, which SQLite has as text. Six digits of fraction, as the sample data has them, so that texts
//! compare as the moments they stand for.

use sqlparser::ast::{Expr, Interval, Value};

use super::error::SqlError;

/// A timestamp moved by a modifier of SQLite.
pub(super) fn shifted(a: &str, modifier: &str) -> String {
    let moved = format!("strftime('%Y-%m-%d %H:%M:%f', {a}, '{modifier}') || '000'");
    if modifier == "+0 days" { moved } else { same_length(&moved, a) }
}

/// Cut to the length of `a`: a date stays a date.
fn same_length(moved: &str, a: &str) -> String {
    format!("substr({moved}, 1, length({a}))")
}

fn unit_factor(unit: &str) -> Result<(&'static str, u32), SqlError> {
    Ok(match unit {
        "year" => ("year", 1),
        "quarter" => ("month", 3),
        "month" => ("month", 1),
        "week" => ("day", 7),
        "day" => ("day", 1),
        "hour" => ("hour", 1),
        "minute" => ("minute", 1),
        "second" => ("second", 1),
        other => return Err(not_a_field(other)),
    })
}

pub(super) fn modifier(interval: &Interval, minus: bool) -> Result<String, SqlError> {
    let wrong = || SqlError::Statement(format!("'{interval}' is not a valid interval literal"));
    let Expr::Value(value) = &*interval.value else { return Err(wrong()) };
    let (Value::SingleQuotedString(text) | Value::Number(text, _)) = &value.value else {
        return Err(wrong());
    };
    let count: i32 = text.trim().parse().map_err(|_| wrong())?;
    let unit = interval.leading_field.as_ref().ok_or_else(wrong)?.to_string().to_lowercase();
    let (unit, factor) = unit_factor(&unit)?;
    let count = i64::from(count) * i64::from(factor) * if minus { -1 } else { 1 };
    Ok(format!("{count:+} {unit}s"))
}

pub(super) fn part(field: &str, a: &str) -> Result<String, SqlError> {
    let letter = match field {
        "year" => "%Y",
        "month" => "%m",
        "day" => "%d",
        "hour" => "%H",
        "minute" => "%M",
        "second" => "%S",
        "quarter" => return Ok(format!("(CAST(strftime('%m', {a}) AS INTEGER) + 2) / 3")),
        "day_of_week" | "dow" => return Ok(format!("(CAST(strftime('%w', {a}) AS INTEGER) + 6) % 7 + 1")),
        other => return Err(not_a_field(other)),
    };
    Ok(format!("CAST(strftime('{letter}', {a}) AS INTEGER)"))
}

pub(super) fn truncated(unit: &str, a: &str) -> Result<String, SqlError> {
    let (format, start) = match unit.trim_matches('\'').to_lowercase().as_str() {
        "year" => ("%Y-01-01 00:00:00.000000", ""),
        "month" => ("%Y-%m-01 00:00:00.000000", ""),
        "week" => ("%Y-%m-%d 00:00:00.000000", ", '-6 days', 'weekday 1'"),
        "day" => ("%Y-%m-%d 00:00:00.000000", ""),
        "hour" => ("%Y-%m-%d %H:00:00.000000", ""),
        "quarter" => {
            let month = format!("(CAST(strftime('%m', {a}) AS INTEGER) - 1) % 3");
            let moved = format!(
                "strftime('%Y-%m-01 00:00:00.000000', {a}, 'start of month', (-({month})) || ' months')"
            );
            return Ok(same_length(&moved, a));
        }
        other => return Err(not_a_field(other)),
    };
    Ok(same_length(&format!("strftime('{format}', {a}{start})"), a))
}

/// `date_add(unit, n, a)`.
pub(super) fn added(unit: &str, n: &str, a: &str) -> Result<String, SqlError> {
    let (unit, factor) = unit_factor(&unit.trim_matches('\'').to_lowercase())?;
    let moved = format!("strftime('%Y-%m-%d %H:%M:%f', {a}, (({n}) * {factor}) || ' {unit}s') || '000'");
    Ok(same_length(&moved, a))
}

/// `date_diff(unit, a, b)`: whole units from `a` to `b`.
pub(super) fn difference(unit: &str, a: &str, b: &str) -> Result<String, SqlError> {
    let per_day = match unit.trim_matches('\'').to_lowercase().as_str() {
        "week" => "/ 7",
        "day" => "",
        "hour" => "* 24",
        "minute" => "* 1440",
        "second" => "* 86400",
        other => return Err(not_a_field(other)),
    };
    // The tiny addition makes up for what the days lose as floating point.
    Ok(format!("CAST((julianday({b}) - julianday({a})) {per_day} + 0.000001 AS INTEGER)"))
}

fn not_a_field(name: &str) -> SqlError {
    SqlError::Statement(format!("'{name}' is not a valid DATE field"))
}
