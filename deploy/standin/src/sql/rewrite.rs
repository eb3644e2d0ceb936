//! From Trino's query to SQLite's: names become sample tables, functions become SQLite's, and the few things that
//! mean something else there are said differently. Works from the leaves up, so what it put in is not seen again.

use std::{collections::HashMap, ops::ControlFlow};

use sqlparser::ast::{
    Expr, Ident, LimitClause, ObjectName, OrderByExpr, Query, Select, SelectItem, SetExpr, TableAlias,
    TableFactor, Value, ValueWithSpan, VisitMut as _, VisitorMut,
};

use super::{
    columns::unnamed,
    error::SqlError,
    functions,
    lookup::{Lookup, Rows},
    parse,
    shape::{self, too_deep},
};

/// Rewrites `query` in place.
pub(crate) fn rewrite(query: &mut Query, lookup: &dyn Lookup) -> Result<(), SqlError> {
    rewrite_at(query, lookup, 0)
}

fn rewrite_at(query: &mut Query, lookup: &dyn Lookup, depth: usize) -> Result<(), SqlError> {
    let mut rewriter = Rewriter { lookup, depth, ctes: HashMap::new() };
    match query.visit(&mut rewriter) {
        ControlFlow::Continue(()) => Ok(()),
        ControlFlow::Break(error) => Err(error),
    }
}

struct Rewriter<'a> {
    lookup: &'a dyn Lookup,
    depth: usize,
    /// Names that WITH clauses around this place define, and how often.
    ctes: HashMap<String, usize>,
}

fn flow(result: Result<(), SqlError>) -> ControlFlow<SqlError> {
    match result {
        Ok(()) => ControlFlow::Continue(()),
        Err(error) => ControlFlow::Break(error),
    }
}

impl VisitorMut for Rewriter<'_> {
    type Break = SqlError;

    fn pre_visit_query(&mut self, query: &mut Query) -> ControlFlow<SqlError> {
        for cte in query.with.iter().flat_map(|with| &with.cte_tables) {
            *self.ctes.entry(cte.alias.name.value.to_lowercase()).or_default() += 1;
        }
        flow(shape::query(query))
    }

    fn post_visit_query(&mut self, query: &mut Query) -> ControlFlow<SqlError> {
        for cte in query.with.iter().flat_map(|with| &with.cte_tables) {
            if let Some(count) = self.ctes.get_mut(&cte.alias.name.value.to_lowercase()) {
                *count -= 1;
            }
        }
        unwrap_branches(&mut query.body);
        flow(limit(query))
    }

    fn pre_visit_select(&mut self, select: &mut Select) -> ControlFlow<SqlError> {
        for (index, item) in select.projection.iter_mut().enumerate() {
            if let SelectItem::UnnamedExpr(expr) = item {
                let alias = Ident::with_quote('"', unnamed(expr, index));
                *item = SelectItem::ExprWithAlias { expr: expr.clone(), alias };
            }
        }
        flow(shape::select(select))
    }

    fn post_visit_table_factor(&mut self, factor: &mut TableFactor) -> ControlFlow<SqlError> {
        flow(self.table(factor))
    }

    fn post_visit_expr(&mut self, expr: &mut Expr) -> ControlFlow<SqlError> {
        flow(functions::rewrite(expr, self.lookup))
    }

    fn post_visit_ident(&mut self, name: &mut Ident) -> ControlFlow<SqlError> {
        let checked = shape::plain(name);
        // SQLite takes a double-quoted name that it does not know for a string; one in backquotes it does not.
        if name.quote_style == Some('"') {
            name.quote_style = Some('`');
        }
        flow(checked)
    }

    fn post_visit_order_by_expr(&mut self, order: &mut OrderByExpr) -> ControlFlow<SqlError> {
        // Trino's default whatever the direction; SQLite's is the other for ASC.
        order.options.nulls_first.get_or_insert(false);
        ControlFlow::Continue(())
    }
}

impl Rewriter<'_> {
    fn table(&self, factor: &mut TableFactor) -> Result<(), SqlError> {
        let (name, alias) = match factor {
            TableFactor::Derived { lateral: false, sample: None, .. } | TableFactor::NestedJoin { .. } => {
                return Ok(());
            }
            TableFactor::Table { name, alias, args: None, version: None, sample: None, .. } => (name, alias),
            other => {
                let message = format!("'{other}' is not supported by the local Peaka as a table");
                return Err(SqlError::Statement(message));
            }
        };
        let (catalog, schema, table) = match name.0.as_slice() {
            [one] => {
                let one = one.to_string().trim_matches('`').to_lowercase();
                if self.ctes.get(&one).is_some_and(|count| *count > 0) {
                    return Ok(());
                }
                return Err(no_catalog(name));
            }
            [catalog, schema, table] => (catalog.to_string(), schema.to_string(), table.to_string()),
            _ => return Err(no_catalog(name)),
        };
        let bare = |text: &str| text.trim_matches('`').to_owned();
        let (catalog, schema, table) = (bare(&catalog), bare(&schema), bare(&table));
        let relation = self.lookup.table(&catalog, &schema, &table)?;
        let alias = alias.take().unwrap_or_else(|| TableAlias {
            explicit: true,
            name: Ident::with_quote('`', table),
            columns: Vec::new(),
            at: None,
        });
        if !alias.columns.is_empty() {
            return Err(SqlError::Statement(
                "column aliases of a table are not supported by the local Peaka".to_owned(),
            ));
        }
        match relation.rows {
            Rows::Sample(sample) => {
                if let TableFactor::Table { name, alias: place, .. } = factor {
                    *name = ObjectName::from(vec![Ident::with_quote('`', sample)]);
                    *place = Some(alias);
                }
            }
            Rows::Native(text) => *factor = derived(functions::native_query(&text)?, alias),
            Rows::Saved(text) => {
                too_deep(self.depth)?;
                let mut inner = parse::parse(&text, &[])?;
                rewrite_at(&mut inner, self.lookup, self.depth + 1)?;
                *factor = derived(inner, alias);
            }
        }
        Ok(())
    }
}

fn no_catalog(name: &ObjectName) -> SqlError {
    let _ = name;
    SqlError::Statement("Catalog must be specified when session catalog is not set".to_owned())
}

fn derived(query: Query, alias: TableAlias) -> TableFactor {
    TableFactor::Derived { lateral: false, subquery: Box::new(query), alias: Some(alias), sample: None }
}

/// SQLite does not take a branch of a UNION in brackets; it does take a SELECT from it.
fn unwrap_branches(body: &mut SetExpr) {
    if let SetExpr::SetOperation { left, right, .. } = body {
        for branch in [left, right] {
            unwrap_branches(branch);
            if let SetExpr::Query(query) = &**branch
                && let Ok(wrapped) = functions::native_query(&format!("SELECT * FROM ({query})"))
            {
                **branch = *wrapped.body;
            }
        }
    }
}

/// FETCH FIRST becomes LIMIT, and an OFFSET without LIMIT gets one, as SQLite wants.
fn limit(query: &mut Query) -> Result<(), SqlError> {
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
