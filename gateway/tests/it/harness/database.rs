//! The gateway's database, looked at from beside it.

use sqlx::{AssertSqlSafe, SqlitePool, sqlite::SqlitePoolOptions};

/// What the gateway cannot do its work without, in the order in which it is taken away.
const TABLES: [&str; 7] = [
    "sessions",
    "authorizations",
    "credentials",
    "browsers",
    "clients",
    "remembered_consents",
    "audit_events",
];

/// What it can do most of its work without.
const FURTHER: [&str; 4] = ["operator_clients", "used_assertions", "device_authorizations", "kept_out"];

pub(crate) struct Database {
    pub(crate) url: String,
    pool: SqlitePool,
}

impl Database {
    pub(super) async fn open(file: &str) -> Self {
        let pool = SqlitePoolOptions::new().max_connections(1);
        let url = format!("sqlite://{file}");
        Self { pool: pool.connect(&url).await.unwrap(), url }
    }

    /// Everything in it, for "nothing changed".
    pub(crate) async fn dump(&self) -> Vec<String> {
        let mut dump = Vec::new();
        for table in TABLES.into_iter().chain(FURTHER) {
            let columns: Vec<(String,)> =
                sqlx::query_as(AssertSqlSafe(format!("SELECT name FROM pragma_table_info('{table}')")))
                    .fetch_all(&self.pool)
                    .await
                    .unwrap();
            let row: Vec<String> =
                columns.iter().map(|(name,)| format!("'{name}=' || quote({name})")).collect();
            // That somebody was refused is noted beside the requests, in its own time.
            let but = if table == "audit_events" {
                "WHERE kind <> 'refreshed' AND NOT (outcome = 'refused' AND subject IS NULL)"
            } else {
                ""
            };
            let query = format!("SELECT {} FROM {table} {but} ORDER BY 1", row.join(" || ' ' || "));
            dump.extend(self.texts(&query).await.into_iter().map(|row| format!("{table}: {row}")));
        }
        dump
    }

    /// The first column of what a query gives.
    pub(crate) async fn texts(&self, query: &str) -> Vec<String> {
        let rows: Vec<(String,)> =
            sqlx::query_as(AssertSqlSafe(query.to_owned())).fetch_all(&self.pool).await.unwrap();
        rows.into_iter().map(|(text,)| text).collect()
    }

    pub(crate) async fn count(&self, table: &str) -> i64 {
        let query = format!("SELECT count(*) FROM {table}");
        let (count,): (i64,) = sqlx::query_as(AssertSqlSafe(query)).fetch_one(&self.pool).await.unwrap();
        count
    }

    /// What was noted of all sessions beside their refreshes, oldest first.
    pub(crate) async fn audit(&self) -> Vec<String> {
        self.texts("SELECT kind FROM audit_events WHERE session_id IS NOT NULL AND kind <> 'refreshed' ORDER BY rowid").await
    }

    /// Waits for an event of this kind, which is written beside the requests: `outcome subject client origin detail`.
    pub(crate) async fn noted(&self, kind: &str) -> String {
        let query = format!(
            "SELECT coalesce(outcome, '-') || ' ' || coalesce(subject, '-') || ' ' || coalesce(client_name, '-') \
             || ' ' || coalesce(origin, '-') || ' ' || coalesce(detail, '-') FROM audit_events WHERE kind = '{kind}' \
             ORDER BY at_ms DESC, rowid DESC LIMIT 1"
        );
        loop {
            if let Some(event) = self.texts(&query).await.pop() {
                return event;
            }
            tokio::time::sleep(std::time::Duration::from_millis(10)).await;
        }
    }

    /// From now on every statement fails.
    pub(crate) async fn goes_away(&self) {
        for table in TABLES {
            self.rename(table, &format!("{table}_away")).await;
        }
    }

    pub(crate) async fn comes_back(&self) {
        for table in TABLES {
            self.rename(&format!("{table}_away"), table).await;
        }
    }

    pub(crate) async fn rename(&self, from: &str, to: &str) {
        self.run(&format!("ALTER TABLE {from} RENAME TO {to}")).await;
    }

    pub(crate) async fn run(&self, statement: &str) {
        sqlx::raw_sql(AssertSqlSafe(statement.to_owned())).execute(&self.pool).await.unwrap();
    }
}
