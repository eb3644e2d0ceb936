//! The connection to Redis as a circuit breaker: while there is a connection, commands use it; while there is
//! none, they fail at once. One task in the background connects. So a request never waits for a connection to be
//! made, a Redis that hangs costs each request in flight one response deadline and later requests nothing, and a
//! connection that has gone silent is replaced and not waited for.
//!
//! The library's own connection manager is not used, as it has requests wait for its reconnecting, keeps a silent
//! connection for ever, and keeps an error from connecting that is not an I/O error (a server still loading its
//! data set) for ever too.

use std::{
    fmt,
    sync::{
        Arc,
        atomic::{AtomicU32, Ordering},
    },
    time::Duration,
};

use redis::{Cmd, FromRedisValue, RedisError};
use tokio::{
    sync::watch,
    time::{sleep, timeout},
};
use tokio_util::task::AbortOnDropHandle;
use tracing::{info, warn};

use super::{
    super::EphemeralError,
    wire::{CONNECT_WITHIN, Target, Wire},
};
use crate::metrics::{REDIS_COMMANDS, REDIS_CONNECTED, RedisAnswer, RedisUse};

const RESPOND_WITHIN: Duration = Duration::from_millis(250);
/// Between attempts to connect.
const PAUSE: Duration = Duration::from_secs(1);
/// So many commands without an answer in a row and the connection counts as dead.
const TIMEOUTS_IN_A_ROW: u32 = 3;

/// A connection that is made again whenever it is lost.
pub(super) struct Link {
    current: watch::Sender<Option<Line>>,
    _keeper: AbortOnDropHandle<()>,
}

/// One connection, and how it is doing.
#[derive(Clone)]
struct Line {
    wire: Wire,
    timeouts: Arc<AtomicU32>,
}

impl fmt::Debug for Link {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Link").field("up", &self.current.borrow().is_some()).finish()
    }
}

impl Link {
    /// Starts connecting.
    pub(super) fn to(target: Target) -> Self {
        let (current, _) = watch::channel(None);
        let keeper = tokio::spawn(keep_up(target, current.clone()));
        Self { current, _keeper: AbortOnDropHandle::new(keeper) }
    }

    /// Waits for a connection, for `patience` at most; says whether there is one.
    pub(super) async fn up(&self, patience: Duration) -> bool {
        let mut current = self.current.subscribe();
        timeout(patience, current.wait_for(Option::is_some)).await.is_ok_and(|found| found.is_ok())
    }

    /// Runs one command. It is never sent twice: whether a lost one took effect is not known.
    pub(super) async fn run<T: FromRedisValue>(&self, command: &Cmd) -> Result<T, EphemeralError> {
        let line = self.current.borrow().clone();
        let Some(mut line) = line else {
            REDIS_COMMANDS.count(RedisAnswer::Away);
            return Err(EphemeralError::Unavailable("there is no connection to Redis".to_owned()));
        };
        match timeout(RESPOND_WITHIN, line.wire.send(command)).await {
            Ok(Ok(answer)) => {
                line.timeouts.store(0, Ordering::Relaxed);
                REDIS_COMMANDS.count(RedisAnswer::Answered);
                Ok(answer)
            }
            Ok(Err(error)) => {
                REDIS_COMMANDS.count(RedisAnswer::Refused);
                if line.wire.is_lost(&error) {
                    self.lose(&line, &describe(&error));
                }
                Err(EphemeralError::Unavailable(describe(&error)))
            }
            Err(_) => {
                REDIS_COMMANDS.count(RedisAnswer::TimedOut);
                if line.timeouts.fetch_add(1, Ordering::Relaxed) + 1 >= TIMEOUTS_IN_A_ROW {
                    self.lose(&line, "it does not answer");
                }
                Err(EphemeralError::Unavailable("Redis did not answer in time".to_owned()))
            }
        }
    }

    /// Gives the connection up, unless another took its place already.
    fn lose(&self, line: &Line, reason: &str) {
        let lost = self.current.send_if_modified(|current| {
            let same = current.as_ref().is_some_and(|now| Arc::ptr_eq(&now.timeouts, &line.timeouts));
            if same {
                *current = None;
                // Under the lock, as is the setting of the next connection: the later of both is what stays told.
                REDIS_CONNECTED.set(RedisUse::Commands, 0);
            }
            same
        });
        if lost {
            warn!(reason, "the connection to Redis is lost; connecting again in the background");
        }
    }
}

async fn keep_up(target: Target, current: watch::Sender<Option<Line>>) {
    let mut changes = current.subscribe();
    let mut told = false;
    loop {
        match connected(&target).await {
            Ok(wire) => {
                info!("connected to Redis");
                told = false;
                current.send_modify(|current| {
                    *current = Some(Line { wire, timeouts: Arc::default() });
                    REDIS_CONNECTED.set(RedisUse::Commands, 1);
                });
                // Cannot fail, as `current` is here.
                let _ = changes.wait_for(Option::is_none).await;
            }
            Err(error) => {
                if !told {
                    warn!(error, "Redis cannot be reached; going on without it and trying again");
                }
                told = true;
                sleep(PAUSE).await;
            }
        }
    }
}

async fn connected(target: &Target) -> Result<Wire, String> {
    match timeout(CONNECT_WITHIN, target.connect()).await {
        Ok(wire) => wire.map_err(|error| describe(&error)),
        Err(_) => Err("it does not answer in time".to_owned()),
    }
}

/// The kind of error only: a server's text can repeat what it was sent.
pub(super) fn describe(error: &RedisError) -> String {
    match error.code() {
        Some(code) => format!("Redis answered {code}"),
        None => format!("{:?} error", error.kind()),
    }
}
