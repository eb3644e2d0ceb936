//! Pieces of SQLite's SQL, made by the stand-in itself.

use sqlparser::{
    ast::{Expr, Query, Statement},
    dialect::{GenericDialect, SQLiteDialect},
    parser::Parser,
};

use super::error::SqlError;

/// The longest text that putting texts together gives, in characters. Without it a recursive query could double a
/// text until it fills the memory.
pub(super) const LONGEST: usize = 1_000_000;

/// Parses a query of our own.
pub(super) fn query(text: &str) -> Result<Query, SqlError> {
    let parsed = Parser::parse_sql(&SQLiteDialect {}, text).ok().and_then(|mut statements| statements.pop());
    match parsed {
        Some(Statement::Query(query)) => Ok(*query),
        _ => Err(SqlError::Statement("the statement is too large".to_owned())),
    }
}

/// Parses an expression of our own.
pub(super) fn expr(text: &str) -> Result<Expr, SqlError> {
    Parser::new(&GenericDialect {})
        .try_with_sql(text)
        .and_then(|mut parser| parser.parse_expr())
        .map(|expr| Expr::Nested(Box::new(expr)))
        .map_err(|_| SqlError::Statement("the expression is too large".to_owned()))
}

/// A text as a literal.
pub(super) fn quoted(value: &str) -> String {
    format!("'{}'", value.replace('\'', "''"))
}

pub(super) fn ceiling(a: &str) -> String {
    format!("CAST({a} AS INTEGER) + (({a}) > CAST({a} AS INTEGER))")
}

pub(super) fn floor(a: &str) -> String {
    format!("CAST({a} AS INTEGER) - (({a}) < CAST({a} AS INTEGER))")
}
