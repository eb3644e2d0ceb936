//! Values as the texts that Trino, by way of Java, makes of them.

use super::{
    ResultSet,
    engine::{Cell, Raw},
    scope::OutColumn,
};

/// Puts what was known before the run together with what came out of it.
pub(super) fn result_set(described: Vec<OutColumn>, raw: Raw) -> ResultSet {
    let mut columns = if described.len() == raw.names.len() {
        described
    } else {
        // `SELECT *` over a JOIN ... USING shows fewer columns than its tables have: SQLite knows which.
        raw.names.into_iter().map(|name| OutColumn { name, data_type: None, origin: None }).collect()
    };
    for (index, column) in columns.iter_mut().enumerate() {
        column.data_type.get_or_insert_with(|| {
            let first = raw.rows.iter().map(|row| &row[index]).find(|cell| **cell != Cell::Null);
            observed_type(first).to_owned()
        });
    }
    let rows = raw.rows.into_iter().map(|row| {
        let cells = row.into_iter().zip(&columns);
        cells.map(|(cell, column)| text(cell, column.data_type.as_deref().unwrap_or_default())).collect()
    });
    ResultSet { rows: rows.collect(), columns }
}

const fn observed_type(cell: Option<&Cell>) -> &'static str {
    match cell {
        None | Some(Cell::Null) => "unknown",
        Some(Cell::Integer(_)) => "bigint",
        Some(Cell::Real(_)) => "double",
        Some(Cell::Text(_)) => "varchar",
        Some(Cell::Bytes(_)) => "varbinary",
    }
}

fn text(cell: Cell, data_type: &str) -> Option<String> {
    let is_double = matches!(data_type, "double" | "real");
    match cell {
        Cell::Null => None,
        Cell::Integer(number) if data_type == "boolean" => Some((number != 0).to_string()),
        #[expect(clippy::cast_precision_loss, reason = "a double is what the column says it is")]
        Cell::Integer(number) if is_double => Some(double(number as f64)),
        Cell::Integer(number) => Some(number.to_string()),
        Cell::Real(number) => Some(double(number)),
        Cell::Text(text) => Some(text),
        Cell::Bytes(bytes) => {
            Some(bytes.iter().map(|byte| format!("{byte:02x}")).collect::<Vec<_>>().join(" "))
        }
    }
}

/// As Java's `Double.toString`: plain from a thousandth to ten million, else with `E`.
fn double(number: f64) -> String {
    let size = number.abs();
    if number.is_nan() {
        return "NaN".to_owned();
    }
    if number.is_infinite() {
        return if number > 0.0 { "Infinity" } else { "-Infinity" }.to_owned();
    }
    if size == 0.0 || (1e-3..1e7).contains(&size) {
        return format!("{number:?}");
    }
    let text = format!("{number:e}");
    match text.split_once('e') {
        Some((digits, exponent)) if !digits.contains('.') => format!("{digits}.0E{exponent}"),
        Some((digits, exponent)) => format!("{digits}E{exponent}"),
        None => text,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn doubles_are_written_as_java_writes_them() {
        for (number, text) in [
            (669.74, "669.74"),
            (12_547_407.86, "1.254740786E7"),
            (10_000_000.0, "1.0E7"),
            (9_999_999.0, "9999999.0"),
            (0.0, "0.0"),
            (0.000_25, "2.5E-4"),
            (-3.0, "-3.0"),
        ] {
            assert_eq!(double(number), text);
        }
    }
}
