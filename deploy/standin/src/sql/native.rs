//! Pieces of SQLite's SQL, made by the stand-in itself.

use sqlparser::{
    ast::{Expr, Query},
    dialect::{Dialect, GenericDialect, SQLiteDialect},
    parser::Parser,
    tokenizer::Tokenizer,
};

use super::error::SqlError;

/// The longest text that putting texts together gives, in characters. Without it a recursive query could double a
/// text until it fills the memory.
pub(super) const LONGEST: usize = 1_000_000;

/// Literals stay as they are written; see `parse`.
fn parser<'a>(dialect: &'a dyn Dialect, text: &str) -> Result<Parser<'a>, SqlError> {
    let tokens = Tokenizer::new(dialect, text).with_unescape(false).tokenize().map_err(|_| too_large())?;
    Ok(Parser::new(dialect).with_tokens(tokens))
}

/// Our own text fails to parse for one reason: what a caller put into it is nested too deep.
fn too_large() -> SqlError {
    SqlError::Statement("statement is too large (stack overflow during analysis)".to_owned())
}

/// Parses a query of our own.
pub(super) fn query(text: &str) -> Result<Query, SqlError> {
    let query = parser(&SQLiteDialect {}, text)?.parse_query().map_err(|_| too_large())?;
    Ok(*query)
}

/// Parses an expression of our own.
pub(super) fn expr(text: &str) -> Result<Expr, SqlError> {
    let expr = parser(&GenericDialect {}, text)?.parse_expr().map_err(|_| too_large())?;
    Ok(Expr::Nested(Box::new(expr)))
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
