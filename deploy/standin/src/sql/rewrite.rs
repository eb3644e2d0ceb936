//! From Trino's query to SQLite's: names become sample tables, functions become SQLite's, and the few things that
//! mean something else there are said differently. Works from the leaves up, so what it put in is not seen again.

use std::{collections::HashMap, ops::ControlFlow};

use sqlparser::ast::{
    Expr, Ident, ObjectName, ObjectNamePart, OrderByExpr, Query, Select, SelectItem, TableAlias, TableFactor,
    VisitMut as _, VisitorMut,
};

use super::{
    bounds,
    columns::unnamed,
    error::SqlError,
    functions,
    lookup::{Lookup, Rows},
    native, parse,
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
        bounds::unwrap_branches(&mut query.body);
        flow(bounds::limit(query))
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
            name.value = name.value.replace("\"\"", "\"");
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
        match factor {
            TableFactor::NestedJoin { .. } => Ok(()),
            TableFactor::Derived { lateral: false, subquery, alias: Some(alias), sample: None } => {
                if !alias.columns.is_empty() {
                    *factor = with_columns(subquery, alias.clone())?;
                }
                Ok(())
            }
            TableFactor::Derived { lateral: false, alias: None, sample: None, .. } => Ok(()),
            TableFactor::Table { name, alias, args: None, version: None, sample: None, .. } => {
                if let Some(replaced) = self.named(name, alias.clone())? {
                    *factor = replaced;
                }
                Ok(())
            }
            other => {
                let message = format!("'{other}' is not supported by the local Peaka as a table");
                Err(SqlError::Statement(message))
            }
        }
    }

    /// What stands for a named table.
    fn named(&self, name: &ObjectName, alias: Option<TableAlias>) -> Result<Option<TableFactor>, SqlError> {
        let parts: Vec<&Ident> = name.0.iter().filter_map(ObjectNamePart::as_ident).collect();
        let (catalog, schema, table) = match parts.as_slice() {
            [one] if self.ctes.get(&one.value.to_lowercase()).is_some_and(|count| *count > 0) => {
                return match alias {
                    Some(alias) if !alias.columns.is_empty() => {
                        with_columns(&native::query(&format!("SELECT * FROM {name}"))?, alias).map(Some)
                    }
                    // As it is: SQLite wants a recursive reference to stand by itself.
                    _ => Ok(None),
                };
            }
            [catalog, schema, table] => (&catalog.value, &schema.value, &table.value),
            _ => return Err(no_catalog(&parts)),
        };
        let query = match self.lookup.table(catalog, schema, table)?.rows {
            Rows::Sample(sample) => native::query(&format!("SELECT * FROM `{sample}`"))?,
            Rows::Native(text) => native::query(&text)?,
            Rows::Saved(text) => {
                too_deep(self.depth)?;
                let mut inner = parse::parse(&text, &[])?;
                rewrite_at(&mut inner, self.lookup, self.depth + 1)?;
                inner
            }
        };
        with_columns(&query, alias.unwrap_or_else(|| named_as(table))).map(Some)
    }
}

fn named_as(name: &str) -> TableAlias {
    TableAlias { explicit: true, name: Ident::with_quote('`', name), columns: Vec::new(), at: None }
}

fn no_catalog(parts: &[&Ident]) -> SqlError {
    let message = "Catalog must be specified when session catalog is not set";
    match parts.first() {
        Some(part) => SqlError::at(part.span.start, message),
        None => SqlError::Statement(message.to_owned()),
    }
}

/// `(query) AS t(a, b)`: SQLite names columns in a WITH clause only.
fn with_columns(query: &Query, mut alias: TableAlias) -> Result<TableFactor, SqlError> {
    let names: Vec<String> = alias.columns.drain(..).map(|column| column.name.to_string()).collect();
    let subquery = if names.is_empty() {
        query.clone()
    } else {
        native::query(&format!("WITH `$t`({}) AS ({query}) SELECT * FROM `$t`", names.join(", ")))?
    };
    Ok(TableFactor::Derived {
        lateral: false,
        subquery: Box::new(subquery),
        alias: Some(alias),
        sample: None,
    })
}
