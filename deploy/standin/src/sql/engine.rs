//! SQLite with the sample data, read by connections that cannot write, for a bounded time and a bounded answer.

use std::{
    path::PathBuf,
    time::{Duration, Instant},
};

use futures_util::StreamExt as _;
use sqlx::{
    AssertSqlSafe, Column as _, Connection as _, Executor as _, Row as _, SqlSafeStr as _, Statement as _,
    TypeInfo as _, ValueRef as _,
    pool::PoolConnection,
    sqlite::{
        Sqlite, SqliteConnectOptions, SqliteConnection, SqliteJournalMode, SqlitePool, SqlitePoolOptions,
        SqliteRow, SqliteSynchronous,
    },
};
use tempfile::TempDir;
use tokio::sync::OnceCell;

use super::{error::SqlError, sample};
use crate::error::StandinError;

/// The most rows that an answer has.
const MOST_ROWS: usize = 20_000;
/// The most text that an answer has, in bytes.
const MOST_BYTES: usize = 32 * 1024 * 1024;
/// How often, in steps of SQLite's machine, the time is looked at.
const STEPS_PER_LOOK: i32 = 2_000;

/// A value as SQLite has it.
#[derive(Clone, Debug, PartialEq)]
pub(crate) enum Cell {
    Null,
    Integer(i64),
    Real(f64),
    Text(String),
    Bytes(Vec<u8>),
}

/// What SQLite gave.
#[derive(Debug)]
pub(crate) struct Raw {
    pub(crate) names: Vec<String>,
    pub(crate) rows: Vec<Vec<Cell>>,
}

/// The sample data. Made when the first statement comes: many tests never send one.
#[derive(Debug)]
pub(crate) struct Engine {
    file: PathBuf,
    pool: OnceCell<SqlitePool>,
    /// Removed when the stand-in goes.
    _temporary: Option<TempDir>,
}

impl Engine {
    /// With its file in `data_dir`, or in a directory of its own for as long as it lives.
    pub(crate) fn open(data_dir: Option<&PathBuf>) -> Result<Self, StandinError> {
        let temporary = match data_dir {
            Some(_) => None,
            None => {
                let made = tempfile::Builder::new().prefix("standin-").tempdir();
                Some(made.map_err(|source| StandinError::DataDir { path: std::env::temp_dir(), source })?)
            }
        };
        let folder = temporary.as_ref().map(|folder| folder.path().to_owned());
        let file = folder.or_else(|| data_dir.cloned()).unwrap_or_default().join("sample-data.sqlite");
        Ok(Self { file, pool: OnceCell::new(), _temporary: temporary })
    }

    async fn connection(&self) -> Result<PoolConnection<Sqlite>, sqlx::Error> {
        self.pool.get_or_try_init(|| self.make()).await?.acquire().await
    }

    /// Makes the file anew and opens it for reading only.
    async fn make(&self) -> Result<SqlitePool, sqlx::Error> {
        match tokio::fs::remove_file(&self.file).await {
            Err(error) if error.kind() != std::io::ErrorKind::NotFound => return Err(error.into()),
            _ => {}
        }
        let options = SqliteConnectOptions::new().filename(&self.file);
        let writing = options
            .clone()
            .create_if_missing(true)
            .journal_mode(SqliteJournalMode::Off)
            .synchronous(SqliteSynchronous::Off);
        let mut connection = SqliteConnection::connect_with(&writing).await?;
        for statement in sample::STATEMENTS {
            sqlx::query(*statement).execute(&mut connection).await?;
        }
        connection.close().await?;
        // Trino's LIKE minds the case, SQLite's does not unless told.
        let reading = options.read_only(true).pragma("query_only", "ON").pragma("case_sensitive_like", "ON");
        SqlitePoolOptions::new().max_connections(8).connect_with(reading).await
    }

    /// Runs `sql`, which has been through `rewrite`, for `limit` at the most.
    pub(crate) async fn run(&self, sql: &str, limit: Duration) -> Result<Raw, SqlError> {
        tracing::debug!(sql, "running");
        let mut connection = self.connection().await.map_err(SqlError::Engine)?;
        let deadline = Instant::now() + limit;
        // Runs on SQLite's own thread, so it also ends a statement whose caller has gone.
        connection
            .lock_handle()
            .await
            .map_err(SqlError::Engine)?
            .set_progress_handler(STEPS_PER_LOOK, move || Instant::now() < deadline);
        let explain = |error| explain(error, limit);
        let statement = (&mut *connection)
            .prepare(AssertSqlSafe(sql.to_owned()).into_sql_str())
            .await
            .map_err(explain)?;
        let names: Vec<String> = statement.columns().iter().map(|column| column.name().to_owned()).collect();
        let mut stream = statement.query().fetch(&mut *connection);
        let (mut rows, mut bytes) = (Vec::new(), 0);
        while let Some(row) = stream.next().await {
            let row = cells(&row.map_err(explain)?, names.len()).map_err(SqlError::Engine)?;
            bytes += row.iter().map(size).sum::<usize>();
            if bytes > MOST_BYTES {
                return Err(SqlError::TooLarge("32 MiB"));
            }
            if rows.len() == MOST_ROWS {
                return Err(SqlError::TooLarge("20000 rows; use LIMIT"));
            }
            rows.push(row);
        }
        Ok(Raw { names, rows })
    }
}

fn size(cell: &Cell) -> usize {
    match cell {
        Cell::Null | Cell::Integer(_) | Cell::Real(_) => 16,
        Cell::Text(text) => text.len() + 16,
        Cell::Bytes(bytes) => bytes.len() * 3 + 16,
    }
}

fn cells(row: &SqliteRow, width: usize) -> Result<Vec<Cell>, sqlx::Error> {
    (0..width)
        .map(|index| {
            let kind = row.try_get_raw(index)?.type_info().name().to_owned();
            if row.try_get_raw(index)?.is_null() {
                return Ok(Cell::Null);
            }
            Ok(match kind.as_str() {
                "INTEGER" | "BOOLEAN" => Cell::Integer(row.try_get_unchecked(index)?),
                "REAL" => Cell::Real(row.try_get_unchecked(index)?),
                "BLOB" => Cell::Bytes(row.try_get_unchecked(index)?),
                _ => Cell::Text(row.try_get_unchecked(index)?),
            })
        })
        .collect()
}

/// SQLite's complaint in Trino's words.
fn explain(error: sqlx::Error, limit: Duration) -> SqlError {
    let sqlx::Error::Database(cause) = &error else { return SqlError::Engine(error) };
    let message = cause.message();
    let after = |prefix: &str| message.strip_prefix(prefix).map(|name| name.trim_matches('"').to_owned());
    if cause.code().as_deref() == Some("9") {
        return SqlError::TimedOut(limit.as_secs_f64());
    }
    if let Some(column) = after("no such column: ") {
        return SqlError::Column(column);
    }
    if let Some(column) = after("ambiguous column name: ") {
        return SqlError::Statement(format!("Column '{column}' is ambiguous"));
    }
    if let Some(table) = after("no such table: ") {
        return SqlError::Statement(format!("Table '{table}' does not exist"));
    }
    SqlError::Statement(message.to_owned())
}
