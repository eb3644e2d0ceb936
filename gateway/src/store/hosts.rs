//! Several servers of which one takes writes: a primary and its standbys.
//!
//! sqlx knows one server per URL. Here a URL may name several, as libpq's may
//! (`postgres://user@a:5432,b:5432/database`), and the one that is written to is looked for: what libpq calls
//! `target_session_attrs=read-write`. A connection that was idle is asked for that again before it is used, and one
//! connection is asked all the time: once a server was found to take no writes, all are asked, until the last one to it is
//! closed.

use std::{
    str::FromStr as _,
    sync::{
        Arc,
        atomic::{AtomicBool, Ordering},
    },
    time::Duration,
};

use futures_util::{FutureExt as _, future::select_ok};
use sqlx::{AnyConnection, AnyPool, Connection as _, Row as _, any::AnyConnectOptions};
use tokio::time::{Instant, sleep, timeout};
use tracing::info;

/// The servers, each as the URL of it alone.
#[derive(Clone, Debug)]
pub(super) struct Hosts(Vec<AnyConnectOptions>);

/// How long a server is waited for when the writable one is looked for.
const ANSWER_WITHIN: Duration = Duration::from_secs(3);
/// How often it is seen to that connections can be had. Those that wait for one have less patience.
const LOOK_EVERY: Duration = Duration::from_millis(500);

/// How long all connections are asked after the last one that was found to take no writes. Each was either used in this
/// time, and asked, or has been idle, and will be.
const WARY_FOR: Duration = Duration::from_secs(5);

/// Whether connections that were used a moment ago are asked, too.
#[derive(Clone, Debug, Default)]
pub(super) struct Wariness(Arc<AtomicBool>);

impl Wariness {
    pub(super) fn is_wary(&self) -> bool {
        self.0.load(Ordering::Relaxed)
    }

    fn set(&self, wary: bool) {
        self.0.store(wary, Ordering::Relaxed);
    }
}

impl Hosts {
    /// From a URL with one host or more, separated by commas.
    pub(super) fn read(url: &str) -> Result<Self, sqlx::Error> {
        let malformed = || sqlx::Error::Configuration("the URL has no host".into());
        let (scheme, rest) = url.split_once("://").ok_or_else(malformed)?;
        let (authority, tail) = rest.split_at(rest.find(['/', '?', '#']).unwrap_or(rest.len()));
        let (login, hosts) = authority.split_at(authority.rfind('@').map_or(0, |at| at + 1));
        let tail = without_attributes(tail)?;
        let single = |host| AnyConnectOptions::from_str(&format!("{scheme}://{login}{host}{tail}"));
        Ok(Self(hosts.split(',').map(single).collect::<Result<_, _>>()?))
    }

    /// The server that takes writes; all are asked at once.
    pub(super) async fn writable(&self) -> Result<AnyConnectOptions, sqlx::Error> {
        let asked = self.0.iter().map(|options| {
            async move {
                match timeout(ANSWER_WITHIN, takes_writes_at(options)).await {
                    Ok(Ok(true)) => Ok(options.clone()),
                    Ok(Ok(false)) => {
                        Err(sqlx::Error::Protocol("the server takes no writes; is it a standby?".to_owned()))
                    }
                    Ok(Err(error)) => Err(error),
                    Err(_) => Err(sqlx::Error::Io(std::io::ErrorKind::TimedOut.into())),
                }
            }
            .boxed()
        });
        Ok(select_ok(asked).await?.0)
    }

    /// Watches over what the pool is connected to until it is closed, and has its new connections go to the server that
    /// takes writes. The one in use stays in use for as long as it does.
    pub(super) async fn follow(self, pool: AnyPool, mut current: AnyConnectOptions, wariness: Wariness) {
        let mut doubted = Instant::now();
        loop {
            tokio::select! {
                () = pool.close_event() => return,
                () = sleep(LOOK_EVERY) => {}
            }
            if looks_well(&pool, &current).await {
                wariness.set(wariness.is_wary() && doubted.elapsed() < WARY_FOR);
                continue;
            }
            doubted = Instant::now();
            wariness.set(true);
            if self.0.len() > 1
                && let Ok(found) = self.writable().await
                && found.database_url != current.database_url
            {
                info!(host = found.database_url.host_str(), "another database server takes the writes now");
                pool.set_connect_options(found.clone());
                current = found;
            }
        }
    }
}

/// Whether a connection can be had, to a server that takes writes. If there is none to be had, it may be that all are in use:
/// then the server is asked past the pool, and being asked more would only make those that wait wait longer.
async fn looks_well(pool: &AnyPool, current: &AnyConnectOptions) -> bool {
    match pool.acquire().await {
        Ok(mut connection) => {
            let well = is_yes(takes_writes(&mut connection)).await;
            if !well {
                connection.close_on_drop();
            }
            well
        }
        Err(sqlx::Error::PoolTimedOut) => is_yes(takes_writes_at(current)).await,
        Err(_) => false,
    }
}

async fn is_yes(answer: impl Future<Output = Result<bool, sqlx::Error>>) -> bool {
    matches!(timeout(ANSWER_WITHIN, answer).await, Ok(Ok(true)))
}

async fn takes_writes_at(options: &AnyConnectOptions) -> Result<bool, sqlx::Error> {
    let mut connection = AnyConnection::connect_with(options).await?;
    let answer = takes_writes(&mut connection).await?;
    // The answer is here; a farewell that fails changes nothing.
    let _ = connection.close().await;
    Ok(answer)
}

/// Whether the server at the other end takes writes. PostgreSQL only.
pub(super) async fn takes_writes(connection: &mut AnyConnection) -> Result<bool, sqlx::Error> {
    let row = sqlx::raw_sql("SHOW transaction_read_only").fetch_one(connection).await?;
    Ok(row.try_get::<String, _>(0)? == "off")
}

/// What follows the hosts, without libpq's `target_session_attrs`: no other value of it makes sense here.
fn without_attributes(tail: &str) -> Result<String, sqlx::Error> {
    const NAME: &str = "target_session_attrs=";
    let Some((path, query)) = tail.split_once('?') else { return Ok(tail.to_owned()) };
    let wanted = |pair: &&str| matches!(pair.strip_prefix(NAME), Some("read-write" | "primary"));
    if query.split('&').any(|pair| pair.starts_with(NAME) && !wanted(&pair)) {
        return Err(sqlx::Error::Configuration("target_session_attrs can only be read-write here".into()));
    }
    let rest: Vec<&str> = query.split('&').filter(|pair| !pair.starts_with(NAME)).collect();
    Ok(format!("{path}?{}", rest.join("&")))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn read(url: &str) -> Vec<String> {
        sqlx::any::install_default_drivers();
        Hosts::read(url).unwrap().0.iter().map(|options| options.database_url.to_string()).collect()
    }

    #[test]
    fn each_host_gets_a_url_of_its_own() {
        assert_eq!(read("postgres://me:p%40ss@db/gateway"), ["postgres://me:p%40ss@db/gateway"]);
        assert_eq!(
            read("postgres://me@a:1,b,[::1]:3/gateway?sslmode=verify-full&target_session_attrs=read-write"),
            [
                "postgres://me@a:1/gateway?sslmode=verify-full",
                "postgres://me@b/gateway?sslmode=verify-full",
                "postgres://me@[::1]:3/gateway?sslmode=verify-full",
            ]
        );
    }

    #[test]
    fn only_a_server_that_takes_writes_will_do() {
        for url in ["postgres://a,b/x?target_session_attrs=any", "postgres://a:port,b/x", "postgres"] {
            assert!(Hosts::read(url).is_err(), "{url}");
        }
    }
}
