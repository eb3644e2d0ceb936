//! Trino's functions in SQLite's words. A function that is not here is not registered.

use sqlparser::ast::{
    Expr, Function, FunctionArg, FunctionArgExpr, FunctionArguments, ObjectNamePart, Value,
};

use super::{
    dates,
    error::SqlError,
    lookup::Lookup,
    native::{LONGEST, ceiling, floor, quoted},
};

/// The call in SQLite's words; `None` = in its own.
pub(super) fn call(function: &Function, lookup: &dyn Lookup) -> Result<Option<String>, SqlError> {
    let name = function.name.to_string().to_lowercase();
    let none = Vec::new();
    let list = match &function.args {
        FunctionArguments::List(list) => &list.args,
        FunctionArguments::None => &none,
        FunctionArguments::Subquery(_) => return Err(unknown(function, &name)),
    };
    let texts: Vec<String> = list.iter().map(ToString::to_string).collect();
    let args: Vec<&str> = texts.iter().map(String::as_str).collect();
    let text = match (name.as_str(), args.as_slice()) {
        (
            "count" | "sum" | "avg" | "min" | "max" | "lower" | "upper" | "length" | "abs" | "round"
            | "coalesce" | "nullif" | "substr" | "trim" | "ltrim" | "rtrim" | "row_number" | "rank"
            | "dense_rank" | "ntile" | "lag" | "lead" | "first_value" | "last_value" | "nth_value"
            | "percent_rank" | "cume_dist",
            _,
        ) => return Ok(None),
        ("current_user_props", [_]) => quoted(&lookup.property(&property(list)?)),
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
        ("year" | "month" | "day" | "hour" | "minute" | "quarter" | "day_of_week", [a]) => {
            dates::part(&name, a)?
        }
        ("date", [a]) => format!("date({a})"),
        ("current_date", []) => "date('now')".to_owned(),
        ("now" | "current_timestamp" | "localtimestamp", _) => dates::shifted("'now'", "+0 days"),
        ("from_iso8601_timestamp", [a]) => dates::shifted(a, "+0 days"),
        ("date_trunc", [unit, a]) => dates::truncated(unit, a)?,
        ("date_add", [unit, n, a]) => dates::added(unit, n, a)?,
        ("date_diff", [unit, a, b]) => dates::difference(unit, a, b)?,
        ("date_format", [a, format]) => {
            // MySQL's letters: minutes and the month's name are the ones that differ and are met.
            format!("strftime({}, {a})", format.replace("%i", "%M").replace("%s", "%S"))
        }
        _ => return Err(unknown(function, &name)),
    };
    if function.over.is_some() || function.filter.is_some() || !function.within_group.is_empty() {
        // The clause would be lost with the name it belongs to.
        return Err(SqlError::Statement(format!("'{function}' is not supported by the local Peaka")));
    }
    Ok(Some(text))
}

fn unknown(function: &Function, name: &str) -> SqlError {
    let message = format!("Function '{name}' not registered");
    match function.name.0.first() {
        Some(ObjectNamePart::Identifier(ident)) => SqlError::at(ident.span.start, message),
        _ => SqlError::Statement(message),
    }
}

/// The name of the property; a computed one cannot be told before the query runs.
fn property(args: &[FunctionArg]) -> Result<String, SqlError> {
    if let [FunctionArg::Unnamed(FunctionArgExpr::Expr(Expr::Value(value)))] = args
        && let Value::SingleQuotedString(name) = &value.value
    {
        return Ok(name.to_lowercase());
    }
    Err(SqlError::Statement("current_user_props wants the property's name as a literal".to_owned()))
}
