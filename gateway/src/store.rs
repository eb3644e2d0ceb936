//! Everything durable, on PostgreSQL or SQLite: one struct over `sqlx::AnyPool`, SQL written once, a file per table.
//! The engine is chosen by the URL in [`Store::connect`] and never asked about again.

mod audit;
mod authorizations;
mod browsers;
mod clients;
mod connected;
mod credentials;
mod device_authorizations;
#[cfg(test)]
pub(crate) mod faults;
mod keys;
mod known_people;
mod leases;
mod operator_clients;
mod remembered;
mod resealing;
mod reuse;
mod revocations;
mod sessions;
mod sign_ins;
mod sweep;
mod webhook;

use std::{str::FromStr as _, time::Duration};

use secrecy::{ExposeSecret as _, SecretString};
use shared::assertion::Projects;
use sqlx::{
    Any, AnyConnection, Connection as _, Executor as _,
    any::{AnyArguments, AnyConnectOptions, AnyExecutor, AnyPoolOptions, AnyRow},
    query::Query,
};

#[cfg(test)]
use self::faults::{Pool, Transaction};
#[cfg(not(test))]
use sqlx::AnyPool as Pool;
#[cfg(not(test))]
type Transaction = sqlx::Transaction<'static, Any>;

pub(crate) use self::audit::{tell, tell_entry};
pub use self::{
    audit::{AuditFilter, AuditRow},
    browsers::Browser,
    connected::{Calls, Connected},
    credentials::{CredentialRow, Lease},
    device_authorizations::{DeviceApproval, DeviceAuthorization, DeviceStage},
    keys::KeyRow,
    known_people::KnownPerson,
    operator_clients::OperatorClientRow,
    remembered::Relation,
    resealing::Sealed,
    reuse::{Once, Reuse},
    revocations::Revoked,
    sessions::Which,
    sweep::Horizon,
    webhook::Untold,
};

/// A connection that was idle for longer is tested before it is used: a server that went away takes all of them along.
const TESTED_FOR: Duration = Duration::from_secs(1);

/// How the store is reached.
#[derive(Clone, Debug)]
pub struct StoreSettings {
    /// `postgres://…` or `sqlite://…`.
    pub url: SecretString,
    /// Connections of this replica.
    pub connections: u32,
    /// How long a request waits for a connection before it is told to come back later.
    pub acquire: Duration,
}

/// The durable store.
#[derive(Clone, Debug)]
pub struct Store {
    pool: Pool,
}

/// Why the store did not answer.
#[derive(Debug, thiserror::Error)]
pub enum StoreError {
    /// It is away, too busy or refused: an outage, never a verdict about a token.
    #[error("the database is unavailable")]
    Unavailable(#[source] sqlx::Error),
    /// A row that cannot be read: written by a newer version, or damaged.
    #[error("a row of {table} cannot be read: {what}")]
    Corrupt {
        /// The table.
        table: &'static str,
        /// The column, or what is wrong.
        what: &'static str,
    },
}

impl From<sqlx::Error> for StoreError {
    fn from(error: sqlx::Error) -> Self {
        Self::Unavailable(error)
    }
}

/// Why the store could not be opened.
#[derive(Debug, thiserror::Error)]
pub enum OpenError {
    /// The URL.
    #[error("the database URL should start with postgres:// or sqlite:// and be well-formed")]
    Url(#[source] sqlx::Error),
    /// The connection.
    #[error("the database could not be reached")]
    Connect(#[source] sqlx::Error),
    /// The migrations.
    #[error("the database could not be migrated")]
    Migrate(#[from] sqlx::migrate::MigrateError),
}

static MIGRATIONS: sqlx::migrate::Migrator = {
    let mut migrator = sqlx::migrate!("../migrations");
    // A replica of the version before must start on a schema that a newer one has already extended.
    migrator.ignore_missing = true;
    migrator
};

/// What every new connection is told. PostgreSQL: a dropped query must not run on (`statement_timeout`), nor a lock be
/// waited for long. SQLite: readers beside one writer, and a writer waits its turn.
const POSTGRES_SESSION: &str = "SET statement_timeout = '2s'; SET lock_timeout = '2s'; \
     SET idle_in_transaction_session_timeout = '5s'";
const SQLITE_SESSION: &str = "PRAGMA journal_mode = WAL; PRAGMA synchronous = NORMAL; PRAGMA busy_timeout = 5000; PRAGMA foreign_keys = ON";

impl Store {
    /// Connects and brings the schema up to date. Two replicas may do so at once.
    pub async fn connect(settings: &StoreSettings) -> Result<Self, OpenError> {
        sqlx::any::install_default_drivers();
        let options = AnyConnectOptions::from_str(settings.url.expose_secret()).map_err(OpenError::Url)?;
        let (session, sqlite) = match options.database_url.scheme() {
            "postgres" | "postgresql" => (POSTGRES_SESSION, false),
            "sqlite" => (SQLITE_SESSION, true),
            _ => return Err(OpenError::Url(sqlx::Error::Configuration("an unknown engine".into()))),
        };
        let pool = AnyPoolOptions::new()
            .max_connections(settings.connections)
            .acquire_timeout(settings.acquire)
            // The pool pings what is given back; a ping before each statement, too, would be a third of its cost.
            .test_before_acquire(false)
            .before_acquire(|connection, meta| {
                let tested = meta.idle_for < TESTED_FOR;
                Box::pin(
                    async move { if tested { Ok(true) } else { connection.ping().await.map(|()| true) } },
                )
            })
            .after_connect(move |connection, _| {
                Box::pin(async move { connection.execute(session).await.map(|_| ()) })
            })
            .connect_with(options.clone())
            .await
            .map_err(OpenError::Connect)?;
        migrate(&options, sqlite).await?;
        #[cfg(test)]
        let pool = Pool::over(pool);
        Ok(Self { pool })
    }

    /// Whether it answers, for readiness.
    pub async fn ping(&self) -> Result<(), StoreError> {
        sqlx::query("SELECT 1").execute(&self.pool).await?;
        Ok(())
    }

    /// How many connections are open, how many of them idle, and how many there may be.
    pub fn connections(&self) -> (i64, i64, i64) {
        let idle = i64::try_from(self.pool.num_idle()).unwrap_or(i64::MAX);
        (self.pool.size().into(), idle, self.pool.options().get_max_connections().into())
    }

    /// Ends all connections.
    pub async fn close(&self) {
        self.pool.close().await;
    }
}

/// On a connection of its own: a migration may take longer than a request, and wait for as long as another replica's.
/// `run_direct` is `run` in a form that a task may await.
async fn migrate(options: &AnyConnectOptions, sqlite: bool) -> Result<(), OpenError> {
    let mut connection = AnyConnection::connect_with(options).await.map_err(OpenError::Connect)?;
    if sqlite {
        // The migrator locks others out on PostgreSQL alone; here one transaction around all of it does.
        connection.execute("PRAGMA busy_timeout = 60000").await.map_err(OpenError::Connect)?;
        let mut transaction = connection.begin_with("BEGIN IMMEDIATE").await.map_err(OpenError::Connect)?;
        MIGRATIONS.run_direct(None, &mut *transaction, false).await?;
        transaction.commit().await.map_err(OpenError::Connect)?;
    } else {
        MIGRATIONS.run_direct(None, &mut connection, false).await?;
    }
    connection.close().await.map_err(OpenError::Connect)
}

/// How a changing statement is asked for the row that it returns.
trait FetchCommitted {
    /// The row, once the change is committed. Over `Any`, `fetch_optional` answers with the row as soon as it comes, and
    /// a commit that fails after that would pass for a success.
    fn fetch_committed<'e>(
        self,
        executor: impl AnyExecutor<'e>,
    ) -> impl Future<Output = Result<Option<AnyRow>, sqlx::Error>> + Send;
}

impl FetchCommitted for Query<'_, Any, AnyArguments> {
    async fn fetch_committed<'e>(
        self,
        executor: impl AnyExecutor<'e>,
    ) -> Result<Option<AnyRow>, sqlx::Error> {
        Ok(self.fetch_all(executor).await?.pop())
    }
}

fn projects_to_text(projects: &Projects) -> Option<String> {
    match projects {
        Projects::All => None,
        // Project ids have no spaces: their form is checked where they come in.
        Projects::Only(ids) => Some(ids.iter().map(String::as_str).collect::<Vec<_>>().join(" ")),
    }
}

fn projects_from_text(text: Option<String>) -> Projects {
    text.map_or(Projects::All, |text| {
        Projects::Only(text.split(' ').filter(|id| !id.is_empty()).map(str::to_owned).collect())
    })
}
