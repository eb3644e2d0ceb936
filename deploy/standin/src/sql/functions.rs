//! Trino's expressions in SQLite's words. Only what is named here passes, so nothing of SQLite's own that a caller
//! has no business with (files, extensions, blobs without end) can be reached.

use sqlparser::ast::{BinaryOperator, CastKind, DataType, Expr, Ident, Value};

use super::{
    calls, dates,
    error::SqlError,
    lookup::Lookup,
    native::{self, LONGEST, ceiling, floor},
};

/// Rewrites one expression whose parts are rewritten already.
pub(super) fn rewrite(expr: &mut Expr, lookup: &dyn Lookup) -> Result<(), SqlError> {
    let new = match expr {
        Expr::Identifier(name) => return column(std::slice::from_mut(name)),
        Expr::CompoundIdentifier(parts) => {
            let extra = parts.len().saturating_sub(2);
            parts.drain(..extra);
            return column(parts);
        }
        Expr::Function(function) => match calls::call(function, lookup)? {
            Some(text) => native::expr(&text)?,
            None => return Ok(()),
        },
        Expr::Cast { kind: CastKind::Cast | CastKind::TryCast, expr: inner, data_type, .. } => {
            native::expr(&cast(inner, data_type)?)?
        }
        Expr::TypedString(typed) => native::expr(&typed_string(&typed.data_type, &typed.value.value)?)?,
        Expr::Extract { field, expr: inner, .. } => {
            native::expr(&dates::part(&field.to_string().to_lowercase(), &inner.to_string())?)?
        }
        Expr::BinaryOp { left, op: op @ (BinaryOperator::Plus | BinaryOperator::Minus), right } => {
            let Expr::Interval(interval) = &**right else { return Ok(()) };
            native::expr(&dates::shifted(
                &left.to_string(),
                &dates::modifier(interval, *op == BinaryOperator::Minus)?,
            ))?
        }
        Expr::BinaryOp { left, op: BinaryOperator::StringConcat, right } => {
            native::expr(&format!("substr({left} || {right}, 1, {LONGEST})"))?
        }
        Expr::ILike { negated, any: false, expr: inner, pattern, escape_char: None } => {
            let not = if *negated { "NOT " } else { "" };
            native::expr(&format!("lower({inner}) {not}LIKE lower({pattern})"))?
        }
        Expr::Position { expr: needle, r#in } => native::expr(&format!("instr({in}, {needle})", in = r#in))?,
        Expr::Ceil { expr: inner, .. } => native::expr(&ceiling(&inner.to_string()))?,
        Expr::Floor { expr: inner, .. } => native::expr(&floor(&inner.to_string()))?,
        Expr::AtTimeZone { timestamp, .. } => (**timestamp).clone(),
        Expr::BinaryOp { op, .. } if is_trinos(op) => return Ok(()),
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

const fn is_trinos(op: &BinaryOperator) -> bool {
    use BinaryOperator as Op;
    matches!(
        op,
        Op::Multiply
            | Op::Divide
            | Op::Modulo
            | Op::Gt
            | Op::Lt
            | Op::GtEq
            | Op::LtEq
            | Op::Eq
            | Op::NotEq
            | Op::And
            | Op::Or
    )
}

fn literal(value: &Value) -> Result<(), SqlError> {
    match value {
        Value::Number(..) | Value::SingleQuotedString(_) | Value::Boolean(_) | Value::Null => Ok(()),
        other => Err(SqlError::Statement(format!("the literal {other} is not supported by the local Peaka"))),
    }
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
        "timestamp" => dates::shifted(&inner.to_string(), "+0 days"),
        _ => return Err(SqlError::Statement(format!("Unknown type: {name}"))),
    })
}

fn typed_string(data_type: &DataType, value: &Value) -> Result<String, SqlError> {
    let Value::SingleQuotedString(value) = value else { return literal(value).map(|()| String::new()) };
    match data_type {
        DataType::Date => Ok(format!("'{value}'")),
        DataType::Timestamp(..) => Ok(dates::shifted(&format!("'{value}'"), "+0 days")),
        other => Err(SqlError::Statement(format!("Unknown type: {other}"))),
    }
}
