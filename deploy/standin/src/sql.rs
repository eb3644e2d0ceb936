//! Trino's SQL, as much of it as the sample data needs, over SQLite. A statement is parsed, its output described,
//! its names resolved by the caller's rights, and what is left is run on a connection that cannot write.

mod bounds;
mod calls;
pub(crate) mod columns;
mod dates;
pub(crate) mod engine;
pub(crate) mod error;
mod functions;
mod infer;
pub(crate) mod lookup;
mod native;
pub(crate) mod parse;
mod render;
mod rewrite;
mod sample;
pub(crate) mod scope;
mod shape;

use std::time::Duration;

use self::{engine::Engine, error::SqlError, lookup::Lookup, scope::OutColumn};

/// What a statement gave.
#[derive(Debug)]
pub(crate) struct ResultSet {
    /// Name, type and origin; every column has a type.
    pub(crate) columns: Vec<OutColumn>,
    /// Every value that is not null is text, as Peaka sends it.
    pub(crate) rows: Vec<Vec<Option<String>>>,
}

/// Runs `statement` with the names and rights of `lookup`, for `limit` at the most.
pub(crate) async fn run(
    engine: &Engine,
    lookup: &dyn Lookup,
    statement: &str,
    bindings: &[String],
    limit: Duration,
) -> Result<ResultSet, SqlError> {
    // Not held over the await: the syntax tree is not `Send` in every configuration, and is done with by then.
    let (described, sql) = {
        let mut query = parse::parse(statement, bindings)?;
        let described = columns::of_query(&query, lookup)?;
        rewrite::rewrite(&mut query, lookup)?;
        (described, query.to_string())
    };
    let raw = engine.run(&sql, limit).await.map_err(|error| error.located_in(statement))?;
    Ok(render::result_set(described, raw))
}
