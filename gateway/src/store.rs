//! Everything durable, on PostgreSQL or SQLite: one struct over `sqlx::AnyPool`, SQL written once, a file per table.
//! The engine is chosen by the URL in [`Store::connect`] and never asked about again.

mod audit;
mod authorizations;
mod browsers;
mod capacity;
mod clients;
mod connected;
mod credentials;
mod device_authorizations;
#[cfg(test)]
pub(crate) mod faults;
mod hosts;
mod kept_out;
mod keys;
mod known_people;
mod languages;
mod leases;
mod migrations;
mod notices;
mod operator_clients;
mod remembered;
mod resealing;
mod reuse;
mod revocations;
mod sessions;
mod sign_ins;
mod sweep;
mod transactions;

use std::{str::FromStr as _, time::Duration};

use secrecy::{ExposeSecret as _, SecretString};
use shared::assertion::Projects;
use sqlx::{
    Any, AnyPool, Connection as _, Executor as _,
    any::{AnyArguments, AnyConnectOptions, AnyExecutor, AnyPoolOptions, AnyRow},
    query::Query,
};

#[cfg(test)]
use self::faults::{Pool, Transaction};
use self::hosts::{Hosts, Wariness};
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
    kept_out::KeptOut,
    keys::KeyRow,
    known_people::KnownPerson,
    notices::{Channel, Untold},
    operator_clients::OperatorClientRow,
    remembered::{Decision, Relation},
    resealing::Sealed,
    reuse::{Once, Reuse},
    revocations::Revoked,
    sessions::Which,
    sweep::Horizon,
};

/// A connection that was idle for longer is tested before it is used: a server that went away takes all of them along.
const TESTED_FOR: Duration = Duration::from_secs(1);

/// How the store is reached.
#[derive(Clone, Debug)]
pub struct StoreSettings {
    /// `postgres://…`, with several hosts if one of them takes the writes, or `sqlite://…`.
    pub url: SecretString,
    /// Connections of this replica.
    pub connections: u32,
    /// How many replicas there are at most, for what the server must grant to all of them.
    pub replicas: u32,
    /// How long a request waits for a connection before it is told to come back later.
    pub acquire: Duration,
}

/// The durable store.
#[derive(Clone, Debug)]
pub struct Store {
    pool: Pool,
}

/// How often a start waits for its first connection, each time for [`StoreSettings::acquire`].
const FIRST_CONNECTION_TRIES: u32 = 10;

/// Why the store did not answer.
#[derive(Debug, thiserror::Error)]
pub enum StoreError {
    /// It is away, too busy or refused: an outage, never a verdict about a token.
    #[error("the database is unavailable")]
    Unavailable(#[source] sqlx::Error),
    /// It took longer than whoever asked had time: likewise.
    #[error("the database did not answer in time")]
    Late,
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
    /// The migrations, as something else holds what they must change.
    #[error(
        "the database could not be migrated, as a table was in use for {} s without a pause; end what uses it, such as a \
         backup or an open transaction, and start again", .0.as_secs()
    )]
    Locked(Duration),
    /// The migrations, as somebody else makes them and does not come to an end.
    #[error(
        "the database could not be migrated, as process {process} of its server has been migrating it for more than {} s; \
         see what it waits for (pg_stat_activity), and if it is stuck, end it with SELECT pg_terminate_backend({process})",
        .waited.as_secs()
    )]
    Migrating {
        /// The process of the database server.
        process: i32,
        /// How long it was waited for.
        waited: Duration,
    },
    /// All replicas together would open more connections than the server grants.
    #[error(
        "{replicas} replicas with {connections} connections each are more than the {granted} that the server grants \
         (max_connections less the reserved ones): lower GATEWAY_DATABASE_CONNECTIONS or raise max_connections; \
         GATEWAY_REPLICAS says how many replicas there are at most"
    )]
    Capacity {
        /// The most replicas that there will be at a time.
        replicas: u32,
        /// Of each.
        connections: u32,
        /// By the server, to all of its clients.
        granted: u32,
    },
}

/// What every new connection is told. PostgreSQL: a dropped query must not run on (`statement_timeout`), nor a lock be
/// waited for long. SQLite: readers beside one writer, and a writer waits its turn.
const POSTGRES_SESSION: &str = "SET statement_timeout = '2s'; SET lock_timeout = '2s'; \
     SET idle_in_transaction_session_timeout = '5s'";
const SQLITE_SESSION: &str = "PRAGMA journal_mode = WAL; PRAGMA synchronous = NORMAL; PRAGMA busy_timeout = 5000; PRAGMA foreign_keys = ON";

impl Store {
    /// Connects and brings the schema up to date. Two replicas may do so at once.
    pub async fn connect(settings: &StoreSettings) -> Result<Self, OpenError> {
        sqlx::any::install_default_drivers();
        let url = settings.url.expose_secret();
        let pool = match url.split(':').next() {
            Some("postgres" | "postgresql") => Self::connect_to_postgres(settings).await?,
            Some("sqlite") => Self::connect_to_sqlite(settings).await?,
            _ => return Err(OpenError::Url(sqlx::Error::Configuration("an unknown engine".into()))),
        };
        #[cfg(test)]
        let pool = Pool::over(pool);
        Ok(Self { pool })
    }

    async fn connect_to_postgres(settings: &StoreSettings) -> Result<AnyPool, OpenError> {
        let hosts = Hosts::read(settings.url.expose_secret()).map_err(OpenError::Url)?;
        let primary = hosts.writable().await.map_err(OpenError::Connect)?;
        capacity::check(&primary, settings).await?;
        migrations::on_postgres(&primary).await?;
        let wariness = Wariness::default();
        let asked = wariness.clone();
        let pool = pool_options(settings)
            .after_connect(move |connection, _| {
                Box::pin(async move {
                    connection.execute(POSTGRES_SESSION).await?;
                    match hosts::takes_writes(connection).await? {
                        true => Ok(()),
                        false => Err(sqlx::Error::Protocol("the server takes no writes".to_owned())),
                    }
                })
            })
            // The pool pings what is given back; a test before each statement, too, would be a third of its cost. This
            // one tells as well whether the connection still stands.
            .test_before_acquire(false)
            .before_acquire(move |connection, meta| {
                let trusted = meta.idle_for < TESTED_FOR && !asked.is_wary();
                Box::pin(
                    async move { if trusted { Ok(true) } else { hosts::takes_writes(connection).await } },
                )
            })
            .connect_lazy_with(primary.clone());
        first_connection(&pool).await.map_err(OpenError::Connect)?;
        tokio::spawn(hosts.follow(pool.clone(), primary, wariness));
        Ok(pool)
    }

    async fn connect_to_sqlite(settings: &StoreSettings) -> Result<AnyPool, OpenError> {
        let options = AnyConnectOptions::from_str(settings.url.expose_secret()).map_err(OpenError::Url)?;
        let pool = pool_options(settings)
            .after_connect(move |connection, _| {
                Box::pin(async move { connection.execute(SQLITE_SESSION).await.map(|_| ()) })
            })
            .test_before_acquire(false)
            .before_acquire(|connection, meta| {
                let tested = meta.idle_for < TESTED_FOR;
                Box::pin(
                    async move { if tested { Ok(true) } else { connection.ping().await.map(|()| true) } },
                )
            })
            .connect_lazy_with(options.clone());
        first_connection(&pool).await.map_err(OpenError::Connect)?;
        migrations::on_sqlite(&options).await?;
        Ok(pool)
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

fn pool_options(settings: &StoreSettings) -> AnyPoolOptions {
    AnyPoolOptions::new().max_connections(settings.connections).acquire_timeout(settings.acquire)
}

/// The database is there: where everybody starts at once, a connection may take longer than a request may wait for one, and
/// a start that gives up for that only adds to the crowd.
async fn first_connection(pool: &AnyPool) -> Result<(), sqlx::Error> {
    let mut tries = 0;
    loop {
        tries += 1;
        match pool.acquire().await {
            Ok(_) => return Ok(()),
            Err(sqlx::Error::PoolTimedOut) if tries < FIRST_CONNECTION_TRIES => {}
            Err(error) => return Err(error),
        }
    }
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
