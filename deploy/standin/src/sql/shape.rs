//! What a query may be made of. Whatever is not named here is refused: the other SQL that the parser knows would
//! reach SQLite untranslated.

use sqlparser::ast::{Ident, ObjectName, ObjectNamePart, Query, Select, SelectFlavor};

use super::error::SqlError;

/// How deep saved queries may read one another.
const DEEPEST: usize = 8;

fn unsupported(what: &str) -> SqlError {
    SqlError::Statement(format!("{what} is not supported by the local Peaka"))
}

/// Refuses a saved query that reads itself, by way of however many others.
pub(super) fn too_deep(depth: usize) -> Result<(), SqlError> {
    if depth > DEEPEST {
        return Err(SqlError::Statement(
            "statement is too large (saved queries read one another)".to_owned(),
        ));
    }
    Ok(())
}

/// The parts of a table's name. Names that begin with `$` are those of the sample tables: nobody else may use them.
pub(super) fn table_name(name: &ObjectName) -> Result<Vec<&Ident>, SqlError> {
    let parts: Option<Vec<&Ident>> = name
        .0
        .iter()
        .map(|part| match part {
            ObjectNamePart::Identifier(ident) => Some(ident),
            ObjectNamePart::Function(_) => None,
        })
        .collect();
    let parts = parts.ok_or_else(|| unsupported("a function in a table's name"))?;
    parts.iter().try_for_each(|part| plain(part))?;
    Ok(parts)
}

/// Refuses a name that would collide with the sample tables' or end its own quotes.
pub(super) fn plain(name: &Ident) -> Result<(), SqlError> {
    if name.value.starts_with('$') || name.value.contains('`') || name.quote_style.is_some_and(|q| q != '"') {
        return Err(SqlError::at(
            name.span.start,
            format_args!("'{}' is not a valid identifier; quote identifiers with double quotes", name.value),
        ));
    }
    Ok(())
}

/// Refuses the parts of a query that other dialects have.
pub(super) fn query(query: &Query) -> Result<(), SqlError> {
    let foreign = !query.locks.is_empty()
        || query.for_clause.is_some()
        || query.settings.is_some()
        || query.format_clause.is_some()
        || !query.pipe_operators.is_empty()
        || query.with.iter().flat_map(|with| &with.cte_tables).any(|cte| cte.from.is_some());
    if foreign {
        return Err(unsupported("a clause of another dialect"));
    }
    query.with.iter().flat_map(|with| &with.cte_tables).try_for_each(|cte| plain(&cte.alias.name))
}

/// Refuses the parts of a SELECT that other dialects have.
pub(super) fn select(select: &Select) -> Result<(), SqlError> {
    if select.projection.is_empty() {
        let place = select.select_token.0.span.start;
        return Err(SqlError::at(place, "mismatched input 'FROM'. Expecting: <expression>"));
    }
    let foreign = select.top.is_some()
        || select.exclude.is_some()
        || select.into.is_some()
        || !select.lateral_views.is_empty()
        || select.prewhere.is_some()
        || !select.connect_by.is_empty()
        || !select.cluster_by.is_empty()
        || !select.distribute_by.is_empty()
        || !select.sort_by.is_empty()
        || select.qualify.is_some()
        || select.value_table_mode.is_some()
        || select.select_modifiers.is_some()
        || !select.optimizer_hints.is_empty()
        || select.flavor != SelectFlavor::Standard;
    if foreign { Err(unsupported("a clause of another dialect")) } else { Ok(()) }
}
