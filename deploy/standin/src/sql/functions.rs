//! Trino's expressions in SQLite's words. Only what is named here passes, so nothing of SQLite's own that a caller
//! has no business with (files, extensions, blobs without end) can be reached.

use sqlparser::{
    ast::{
        BinaryOperator, CastKind, DataType, Expr, Function, FunctionArg, FunctionArgExpr, FunctionArguments,
        Ident, Interval, Query, Statement, Value,
    },
    dialect::{GenericDialect, SQLiteDialect},
    parser::Parser,
};

use super::{error::SqlError, lookup::Lookup};

/// The longest text that putting texts together gives, in characters. Without it a recursive query could double a
/// text until it fills the memory.
const LONGEST: usize = 1_000_000;

/// Parses a query of our own.
pub(super) fn native_query(text: &str) -> Result<Query, SqlError> {
    let parsed = Parser::parse_sql(&SQLiteDialect {}, text).ok().and_then(|mut statements| statements.pop());
    match parsed {
        Some(Statement::Query(query)) => Ok(*query),
        _ => Err(SqlError::Statement("the statement is too large".to_owned())),
    }
}

/// Parses an expression of our own.
fn native(text: &str) -> Result<Expr, SqlError> {
    Parser::new(&GenericDialect {})
        .try_with_sql(text)
        .and_then(|mut parser| parser.parse_expr())
        .map(|expr| Expr::Nested(Box::new(expr)))
        .map_err(|_| SqlError::Statement("the expression is too large".to_owned()))
}

/// Rewrites one expression whose parts are rewritten already.
pub(super) fn rewrite(expr: &mut Expr, lookup: &dyn Lookup) -> Result<(), SqlError> {
    let new = match expr {
        Expr::Identifier(name) => return column(std::slice::from_mut(name)),
        Expr::CompoundIdentifier(parts) => {
            let extra = parts.len().saturating_sub(2);
            parts.drain(..extra);
            return column(parts);
        }
        Expr::Function(function) => match call(function, lookup)? {
            Some(text) => native(&text)?,
            None => return Ok(()),
        },
        Expr::Cast { kind: CastKind::Cast | CastKind::TryCast, expr: inner, data_type, .. } => {
            native(&cast(inner, data_type)?)?
        }
        Expr::TypedString(typed) => native(&typed_string(&typed.data_type, &typed.value.value)?)?,
        Expr::Extract { field, expr: inner, .. } => {
            native(&part(&field.to_string().to_lowercase(), &inner.to_string())?)?
        }
        Expr::BinaryOp { left, op: op @ (BinaryOperator::Plus | BinaryOperator::Minus), right } => {
            let Expr::Interval(interval) = &**right else { return Ok(()) };
            native(&shifted(&left.to_string(), &modifier(interval, *op == BinaryOperator::Minus)?))?
        }
        Expr::BinaryOp { left, op: BinaryOperator::StringConcat, right } => {
            native(&format!("substr({left} || {right}, 1, {LONGEST})"))?
        }
        Expr::ILike { negated, any: false, expr: inner, pattern, escape_char: None } => {
            let not = if *negated { "NOT " } else { "" };
            native(&format!("lower({inner}) {not}LIKE lower({pattern})"))?
        }
        Expr::Position { expr: needle, r#in } => native(&format!("instr({in}, {needle})", in = r#in))?,
        Expr::Ceil { expr: inner, .. } => native(&ceiling(&inner.to_string()))?,
        Expr::Floor { expr: inner, .. } => native(&floor(&inner.to_string()))?,
        Expr::AtTimeZone { timestamp, .. } => (**timestamp).clone(),
        Expr::Value(value) => return literal(&value.value),
        Expr::Nested(_)
        | Expr::IsFalse(_)
        | Expr::IsNotFalse(_)
        | Expr::IsTrue(_)
        | Expr::IsNotTrue(_)
        | Expr::IsNull(_)
        | Expr::IsNotNull(_)
        | Expr::IsDistinctFrom(..)
        | Expr::IsNotDistinctFrom(..)
        | Expr::InList { .. }
        | Expr::InSubquery { .. }
        | Expr::Between { .. }
        | Expr::BinaryOp { .. }
        | Expr::Like { any: false, .. }
        | Expr::UnaryOp { .. }
        | Expr::Substring { .. }
        | Expr::Trim { .. }
        | Expr::Case { .. }
        | Expr::Exists { .. }
        | Expr::Subquery(_)
        | Expr::Tuple(_)
        | Expr::Interval(_)
        | Expr::Wildcard(_) => return Ok(()),
        other => return Err(SqlError::Statement(format!("'{other}' is not supported by the local Peaka"))),
    };
    *expr = new;
    Ok(())
}

/// Every column name is quoted, or one that is a keyword of SQLite alone would be misread.
fn column(parts: &mut [Ident]) -> Result<(), SqlError> {
    for part in &mut *parts {
        part.quote_style = Some('`');
    }
    match parts.last() {
        Some(name) if ["rowid", "oid", "_rowid_"].contains(&name.value.to_lowercase().as_str()) => {
            Err(SqlError::Column(name.value.clone()))
        }
        _ => Ok(()),
    }
}

fn literal(value: &Value) -> Result<(), SqlError> {
    match value {
        Value::Number(..) | Value::SingleQuotedString(_) | Value::Boolean(_) | Value::Null => Ok(()),
        other => Err(SqlError::Statement(format!("the literal {other} is not supported by the local Peaka"))),
    }
}

/// The call in SQLite's words; `None` = in its own.
fn call(function: &Function, lookup: &dyn Lookup) -> Result<Option<String>, SqlError> {
    let name = function.name.to_string().to_lowercase();
    let none = Vec::new();
    let list = match &function.args {
        FunctionArguments::List(list) => &list.args,
        FunctionArguments::None => &none,
        FunctionArguments::Subquery(_) => return Err(unknown(&name)),
    };
    let texts: Vec<String> = list.iter().map(ToString::to_string).collect();
    let args: Vec<&str> = texts.iter().map(String::as_str).collect();
    Ok(Some(match (name.as_str(), args.as_slice()) {
        (
            "count" | "sum" | "avg" | "min" | "max" | "lower" | "upper" | "length" | "abs" | "round"
            | "coalesce" | "nullif" | "substr" | "trim" | "ltrim" | "rtrim" | "row_number" | "rank"
            | "dense_rank" | "ntile" | "lag" | "lead" | "first_value" | "last_value" | "nth_value"
            | "percent_rank" | "cume_dist",
            _,
        ) => return Ok(None),
        ("current_user_props", [_]) => text(&lookup.property(&property(list)?)),
        ("replace", [a, b, c]) => format!("substr(replace({a}, {b}, {c}), 1, {LONGEST})"),
        ("substring", [a, b]) => format!("substr({a}, {b})"),
        ("substring", [a, b, c]) => format!("substr({a}, {b}, {c})"),
        ("concat", [_, _, ..]) => format!("substr({}, 1, {LONGEST})", args.join(" || ")),
        ("mod", [a, b]) => format!("({a}) % ({b})"),
        ("if", [a, b]) => format!("CASE WHEN {a} THEN {b} END"),
        ("if", [a, b, c]) => format!("CASE WHEN {a} THEN {b} ELSE {c} END"),
        ("greatest", [_, _, ..]) => format!("max({})", args.join(", ")),
        ("least", [_, _, ..]) => format!("min({})", args.join(", ")),
        ("ceil" | "ceiling", [a]) => ceiling(a),
        ("floor", [a]) => floor(a),
        ("strpos", [a, b]) => format!("instr({a}, {b})"),
        ("approx_distinct", [a]) => format!("count(DISTINCT {a})"),
        ("count_if", [a]) => format!("coalesce(sum(CASE WHEN {a} THEN 1 ELSE 0 END), 0)"),
        ("arbitrary" | "any_value" | "bool_and" | "every", [a]) => format!("min({a})"),
        ("bool_or", [a]) => format!("max({a})"),
        ("year" | "month" | "day" | "hour" | "minute" | "quarter" | "day_of_week", [a]) => part(&name, a)?,
        ("date", [a]) => format!("date({a})"),
        ("current_date", []) => "date('now')".to_owned(),
        ("now" | "current_timestamp" | "localtimestamp", _) => shifted("'now'", "+0 days"),
        ("from_iso8601_timestamp", [a]) => shifted(a, "+0 days"),
        ("date_trunc", [unit, a]) => truncated(unit, a)?,
        ("date_add", [unit, n, a]) => {
            let unit = unit.trim_matches('\'').to_lowercase();
            let (unit, factor) = unit_factor(&unit)?;
            same_length(
                &format!("strftime('%Y-%m-%d %H:%M:%f', {a}, (({n}) * {factor}) || ' {unit}s') || '000'"),
                a,
            )
        }
        ("date_diff", [unit, a, b]) => match unit.trim_matches('\'').to_lowercase().as_str() {
            "day" => format!("CAST(julianday({b}) - julianday({a}) AS INTEGER)"),
            "hour" => format!("CAST((julianday({b}) - julianday({a})) * 24 AS INTEGER)"),
            "minute" => format!("CAST((julianday({b}) - julianday({a})) * 1440 AS INTEGER)"),
            "week" => format!("CAST((julianday({b}) - julianday({a})) / 7 AS INTEGER)"),
            other => return Err(SqlError::Statement(format!("'{other}' is not a valid DATE field"))),
        },
        ("date_format", [a, format]) => {
            // MySQL's letters: minutes and the month's name are the ones that differ and are met.
            format!("strftime({}, {a})", format.replace("%i", "%M").replace("%s", "%S"))
        }
        _ => return Err(unknown(&name)),
    }))
}

fn unknown(name: &str) -> SqlError {
    SqlError::Statement(format!("Function '{name}' not registered"))
}

/// The name of the property; a computed one cannot be told before the query runs.
fn property(args: &[FunctionArg]) -> Result<String, SqlError> {
    match args {
        [FunctionArg::Unnamed(FunctionArgExpr::Expr(Expr::Value(value)))] => match &value.value {
            Value::SingleQuotedString(name) => Ok(name.to_lowercase()),
            _ => Err(unknown("current_user_props")),
        },
        _ => Err(SqlError::Statement("current_user_props wants the property's name as a literal".to_owned())),
    }
}

fn text(value: &str) -> String {
    format!("'{}'", value.replace('\'', "''"))
}

fn ceiling(a: &str) -> String {
    format!("CAST({a} AS INTEGER) + (({a}) > CAST({a} AS INTEGER))")
}

fn floor(a: &str) -> String {
    format!("CAST({a} AS INTEGER) - (({a}) < CAST({a} AS INTEGER))")
}

fn cast(inner: &Expr, to: &DataType) -> Result<String, SqlError> {
    let name = to.to_string().to_lowercase();
    let base = name.split(['(', ' ']).next().unwrap_or_default();
    Ok(match base {
        "varchar" | "char" => format!("CAST({inner} AS TEXT)"),
        "bigint" | "integer" | "int" | "smallint" | "tinyint" => format!("CAST(round({inner}) AS INTEGER)"),
        "double" | "real" | "decimal" => format!("CAST({inner} AS REAL)"),
        "boolean" => {
            format!(
                "CASE lower({inner}) WHEN 'true' THEN 1 WHEN '1' THEN 1 WHEN 'false' THEN 0 WHEN '0' THEN 0 END"
            )
        }
        "date" => format!("date({inner})"),
        "timestamp" => shifted(&inner.to_string(), "+0 days"),
        _ => return Err(SqlError::Statement(format!("Unknown type: {name}"))),
    })
}

fn typed_string(data_type: &DataType, value: &Value) -> Result<String, SqlError> {
    let Value::SingleQuotedString(value) = value else { return literal(value).map(|()| String::new()) };
    match data_type {
        DataType::Date => Ok(text(value)),
        DataType::Timestamp(..) => Ok(shifted(&text(value), "+0 days")),
        other => Err(SqlError::Statement(format!("Unknown type: {other}"))),
    }
}

/// A timestamp with six digits of fraction, as the sample data has them, moved by a modifier of SQLite.
fn shifted(a: &str, modifier: &str) -> String {
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
        other => return Err(SqlError::Statement(format!("'{other}' is not a valid DATE field"))),
    })
}

fn modifier(interval: &Interval, minus: bool) -> Result<String, SqlError> {
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

fn part(field: &str, a: &str) -> Result<String, SqlError> {
    let letter = match field {
        "year" => "%Y",
        "month" => "%m",
        "day" => "%d",
        "hour" => "%H",
        "minute" => "%M",
        "second" => "%S",
        "quarter" => return Ok(format!("(CAST(strftime('%m', {a}) AS INTEGER) + 2) / 3")),
        "day_of_week" | "dow" => return Ok(format!("(CAST(strftime('%w', {a}) AS INTEGER) + 6) % 7 + 1")),
        other => return Err(SqlError::Statement(format!("'{other}' is not a valid field"))),
    };
    Ok(format!("CAST(strftime('{letter}', {a}) AS INTEGER)"))
}

fn truncated(unit: &str, a: &str) -> Result<String, SqlError> {
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
        other => return Err(SqlError::Statement(format!("'{other}' is not a valid DATE field"))),
    };
    Ok(same_length(&format!("strftime('{format}', {a}{start})"), a))
}
