//! The outer parts of a query that SQLite wants said differently: bounds, and the branches of a UNION.

use sqlparser::ast::{Expr, LimitClause, Query, SetExpr, Value, ValueWithSpan};

use super::{error::SqlError, native};

/// SQLite does not take a branch of a UNION in brackets; it does take a SELECT from it.
pub(super) fn unwrap_branches(body: &mut SetExpr) {
    if let SetExpr::SetOperation { left, right, .. } = body {
        for branch in [left, right] {
            unwrap_branches(branch);
            if let SetExpr::Query(query) = &**branch
                && let Ok(wrapped) = native::query(&format!("SELECT * FROM ({query})"))
            {
                **branch = *wrapped.body;
            }
        }
    }
}

/// FETCH FIRST becomes LIMIT, and an OFFSET without LIMIT gets one, as SQLite wants.
pub(super) fn limit(query: &mut Query) -> Result<(), SqlError> {
    if let Some(fetch) = query.fetch.take() {
        if fetch.with_ties || fetch.percent {
            return Err(SqlError::Statement(
                "FETCH WITH TIES is not supported by the local Peaka".to_owned(),
            ));
        }
        let rows = fetch.quantity.unwrap_or_else(|| number("1"));
        match &mut query.limit_clause {
            Some(LimitClause::LimitOffset { limit, .. }) => *limit = Some(rows),
            place => {
                *place =
                    Some(LimitClause::LimitOffset { limit: Some(rows), offset: None, limit_by: Vec::new() });
            }
        }
    }
    match &mut query.limit_clause {
        Some(LimitClause::LimitOffset { limit, offset, limit_by }) => {
            if !limit_by.is_empty() {
                return Err(SqlError::Statement("mismatched input 'BY'. Expecting: <EOF>".to_owned()));
            }
            if let Some(offset) = offset {
                offset.rows = sqlparser::ast::OffsetRows::None;
                limit.get_or_insert_with(|| number("-1"));
            }
            Ok(())
        }
        Some(LimitClause::OffsetCommaLimit { .. }) => {
            Err(SqlError::Statement("mismatched input ','. Expecting: <EOF>".to_owned()))
        }
        None => Ok(()),
    }
}

fn number(text: &str) -> Expr {
    Expr::Value(ValueWithSpan {
        value: Value::Number(text.to_owned(), false),
        span: sqlparser::tokenizer::Span::empty(),
    })
}
