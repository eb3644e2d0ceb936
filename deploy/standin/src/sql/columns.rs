//! What a query gives: the name, type and origin of each output column, found before it runs.

use std::collections::HashMap;

use sqlparser::ast::{
    Expr, Ident, Query, Select, SelectItem, SelectItemQualifiedWildcardKind, SetExpr, TableFactor,
    TableWithJoins,
};

use super::{
    error::SqlError,
    infer,
    lookup::{Lookup, Rows},
    parse,
    scope::{Origin, OutColumn, Scope},
    shape::{table_name, too_deep},
};

type Known = HashMap<String, Vec<OutColumn>>;

/// The output columns of `query`.
pub(crate) fn of_query(query: &Query, lookup: &dyn Lookup) -> Result<Vec<OutColumn>, SqlError> {
    query_columns(query, lookup, &Known::new(), 0)
}

fn query_columns(
    query: &Query,
    lookup: &dyn Lookup,
    known: &Known,
    depth: usize,
) -> Result<Vec<OutColumn>, SqlError> {
    let mut known = known.clone();
    for cte in query.with.iter().flat_map(|with| &with.cte_tables) {
        let name = cte.alias.name.value.to_lowercase();
        // A recursive one is described by its first branch, which does not name it.
        let recursive = query.with.as_ref().is_some_and(|with| with.recursive);
        let mut columns = match (&*cte.query.body, recursive) {
            (SetExpr::SetOperation { left, .. }, true) => set_columns(left, lookup, &known, depth)?,
            _ => query_columns(&cte.query, lookup, &known, depth)?,
        };
        rename(&mut columns, cte.alias.columns.iter().map(|column| column.name.value.clone()));
        known.insert(name, columns);
    }
    set_columns(&query.body, lookup, &known, depth)
}

fn rename(columns: &mut [OutColumn], names: impl Iterator<Item = String>) {
    columns.iter_mut().zip(names).for_each(|(column, name)| column.name = name);
}

fn set_columns(
    body: &SetExpr,
    lookup: &dyn Lookup,
    known: &Known,
    depth: usize,
) -> Result<Vec<OutColumn>, SqlError> {
    match body {
        SetExpr::Select(select) => select_columns(select, lookup, known, depth),
        SetExpr::Query(query) => query_columns(query, lookup, known, depth),
        SetExpr::SetOperation { left, right, .. } => {
            // The right side is looked at too: its names must exist.
            set_columns(right, lookup, known, depth)?;
            set_columns(left, lookup, known, depth)
        }
        SetExpr::Values(values) => {
            let width = values.rows.first().map_or(0, |row| row.len());
            Ok((0..width).map(|i| computed(format!("_col{i}"), None)).collect())
        }
        other => Err(SqlError::Statement(format!("mismatched input '{other}'. Expecting: 'SELECT'"))),
    }
}

fn computed(name: String, data_type: Option<String>) -> OutColumn {
    OutColumn { name, data_type, origin: None }
}

fn select_columns(
    select: &Select,
    lookup: &dyn Lookup,
    known: &Known,
    depth: usize,
) -> Result<Vec<OutColumn>, SqlError> {
    let mut scope = Scope::new();
    for table in &select.from {
        joined(table, &mut scope, lookup, known, depth)?;
    }
    let mut out = Vec::new();
    for item in &select.projection {
        match item {
            SelectItem::Wildcard(_) => out.extend(scope.iter().flat_map(|(_, columns)| columns.clone())),
            SelectItem::QualifiedWildcard(SelectItemQualifiedWildcardKind::ObjectName(name), _) => {
                let table = name.0.last().map(ToString::to_string).unwrap_or_default();
                let table = table.trim_matches('"').to_lowercase();
                out.extend(
                    scope.iter().filter(|(n, _)| *n == table).flat_map(|(_, columns)| columns.clone()),
                );
            }
            SelectItem::ExprWithAlias { expr, alias } => {
                let column = expression(expr, &scope, out.len());
                out.push(OutColumn { name: spoken(alias), ..column });
            }
            SelectItem::UnnamedExpr(expr) => out.push(expression(expr, &scope, out.len())),
            other => return Err(SqlError::Statement(format!("'{other}' is not supported"))),
        }
    }
    Ok(out)
}

fn expression(expr: &Expr, scope: &Scope, index: usize) -> OutColumn {
    infer::column(expr, scope)
        .cloned()
        .unwrap_or_else(|| computed(unnamed(expr, index), infer::data_type(expr, scope)))
}

/// A name without what its quotes needed.
fn spoken(name: &Ident) -> String {
    name.value.replace("\"\"", "\"")
}

/// The name of a column without alias: its own, or Trino's `_col0`, `_col1`, ...
pub(super) fn unnamed(expr: &Expr, index: usize) -> String {
    match expr {
        Expr::Identifier(name) => spoken(name),
        Expr::CompoundIdentifier(names) => names.last().map(spoken).unwrap_or_default(),
        _ => format!("_col{index}"),
    }
}

fn joined(
    table: &TableWithJoins,
    scope: &mut Scope,
    lookup: &dyn Lookup,
    known: &Known,
    depth: usize,
) -> Result<(), SqlError> {
    factor(&table.relation, scope, lookup, known, depth)?;
    table.joins.iter().try_for_each(|join| factor(&join.relation, scope, lookup, known, depth))
}

fn factor(
    table: &TableFactor,
    scope: &mut Scope,
    lookup: &dyn Lookup,
    known: &Known,
    depth: usize,
) -> Result<(), SqlError> {
    let (name, mut columns, alias) = match table {
        TableFactor::NestedJoin { table_with_joins, .. } => {
            return joined(table_with_joins, scope, lookup, known, depth);
        }
        TableFactor::Derived { subquery, alias, .. } => {
            (String::new(), query_columns(subquery, lookup, known, depth)?, alias)
        }
        TableFactor::Table { name, alias, .. } => {
            let parts = table_name(name)?;
            let columns = match parts.as_slice() {
                [single] => known.get(&single.value.to_lowercase()).cloned().unwrap_or_default(),
                [catalog, schema, table] => {
                    table_columns(&catalog.value, &schema.value, &table.value, lookup, depth)
                        .map_err(|error| SqlError::at(catalog.span.start, error))?
                }
                _ => Vec::new(),
            };
            (parts.last().map(|part| part.value.clone()).unwrap_or_default(), columns, alias)
        }
        _ => return Ok(()),
    };
    if let Some(alias) = alias {
        rename(&mut columns, alias.columns.iter().map(|column| column.name.value.clone()));
    }
    let name = alias.as_ref().map_or(name, |alias| alias.name.value.clone());
    scope.push((name.to_lowercase(), columns));
    Ok(())
}

/// The columns of a table in the project.
pub(crate) fn table_columns(
    catalog: &str,
    schema: &str,
    table: &str,
    lookup: &dyn Lookup,
    depth: usize,
) -> Result<Vec<OutColumn>, SqlError> {
    too_deep(depth)?;
    let relation = lookup.table(catalog, schema, table)?;
    let inner = match &relation.rows {
        Rows::Saved(text) => query_columns(&parse::parse(text, &[])?, lookup, &Known::new(), depth + 1)?,
        Rows::Sample(_) | Rows::Native(_) => {
            let columns = relation.columns.iter();
            columns.map(|column| computed(column.name.clone(), Some(column.data_type.clone()))).collect()
        }
    };
    let origin = |column: &str| Origin {
        catalog_id: relation.catalog_id.clone(),
        catalog: catalog.to_lowercase(),
        schema: schema.to_lowercase(),
        table: table.to_lowercase(),
        column: column.to_owned(),
    };
    Ok(inner.into_iter().map(|column| OutColumn { origin: Some(origin(&column.name)), ..column }).collect())
}
