//! One replica of the backend: its idle connections, how busy it is, and whether it was lately found dead.

use std::{
    io,
    net::SocketAddr,
    sync::{
        Arc, Mutex, MutexGuard, PoisonError,
        atomic::{AtomicBool, AtomicU32, AtomicUsize, Ordering},
    },
    time::Duration,
};

use socket2::{SockRef, TcpKeepalive};
use tokio::{
    net::TcpStream,
    time::{Instant, timeout},
};
use tracing::debug;

use super::{UpstreamError, http1::Connection};

/// To connect.
const CONNECT: Duration = Duration::from_secs(2);
/// A connection that was idle for longer may be dead: a node on the way has forgotten it.
const MOST_IDLE: Duration = Duration::from_secs(30);
/// Nor is one that was made longer ago: behind an address that stands for several, new replicas would get nothing to do.
const MOST_AGE: Duration = Duration::from_secs(5 * 60);
/// How long what was sent may stay unconfirmed. A backend that computes for long still confirms at once.
const UNCONFIRMED: Duration = Duration::from_secs(15);
/// How often a quiet connection is asked for a sign of life.
const SIGN_OF_LIFE: Duration = Duration::from_secs(5);
/// Idle connections are kept apart by thread, since one that another thread's runtime watches would wake that thread for every
/// request. Threads share a shelf only where there are more of them than shelves.
const SHELVES: usize = 64;
/// Idle connections of a shelf.
const MOST_PER_SHELF: usize = 256;
/// How long a replica that cannot be connected to is left alone; doubled with each further failure, up to the longest.
const EJECTION: Duration = Duration::from_millis(500);
const LONGEST_EJECTION: Duration = Duration::from_secs(30);

static THREADS: AtomicUsize = AtomicUsize::new(0);
thread_local! {
    static SHELF: usize = THREADS.fetch_add(1, Ordering::Relaxed) % SHELVES;
}

/// One address of the backend.
#[derive(Debug)]
pub(super) struct Replica {
    pub(super) address: SocketAddr,
    shelves: Box<[Mutex<Vec<Idle>>]>,
    under_way: AtomicUsize,
    failures: AtomicU32,
    ejected: Mutex<Option<Instant>>,
    is_gone: AtomicBool,
}

#[derive(Debug)]
struct Idle {
    connection: Connection,
    made: Instant,
    since: Instant,
}

/// A connection for one exchange. A replica counts as busy with it until it is dropped.
#[derive(Debug)]
pub(super) struct Lease {
    replica: Arc<Replica>,
    connection: Option<Connection>,
    made: Instant,
}

impl Replica {
    pub(super) fn new(address: SocketAddr) -> Self {
        let shelves = (0..SHELVES).map(|_| Mutex::default()).collect();
        Self {
            address,
            shelves,
            under_way: AtomicUsize::new(0),
            failures: AtomicU32::new(0),
            ejected: Mutex::new(None),
            is_gone: AtomicBool::new(false),
        }
    }

    /// Exchanges that have not ended, streams included.
    pub(super) fn under_way(&self) -> usize {
        self.under_way.load(Ordering::Relaxed)
    }

    /// Whether it is left alone for now.
    pub(super) fn is_ejected(&self) -> bool {
        // The common case costs no look at the clock.
        self.failures.load(Ordering::Relaxed) > 0
            && lock(&self.ejected).is_some_and(|until| Instant::now() < until)
    }

    /// A connection that is ready to send, an idle one if there is one.
    pub(super) async fn lease(self: &Arc<Self>, now: Instant) -> Result<Lease, UpstreamError> {
        self.under_way.fetch_add(1, Ordering::Relaxed);
        let mut lease = Lease { replica: Arc::clone(self), connection: None, made: now };
        if let Some(Idle { connection, made, .. }) = self.idle(now) {
            (lease.connection, lease.made) = (Some(connection), made);
            return Ok(lease);
        }
        // Boxed: a request that finds a connection does not carry the room for it.
        match Box::pin(timeout(CONNECT, connect(self.address))).await {
            Ok(Ok(connection)) => {
                self.failures.store(0, Ordering::Relaxed);
                lease.connection = Some(connection);
                Ok(lease)
            }
            Ok(Err(error)) => {
                self.eject();
                Err(error)
            }
            Err(_) => {
                self.eject();
                Err(UpstreamError::ConnectTimeout)
            }
        }
    }

    fn eject(&self) {
        let mut ejected = lock(&self.ejected);
        if ejected.is_some_and(|until| Instant::now() < until) {
            // Of many requests that fail at once, one counts.
            return;
        }
        let failures = self.failures.fetch_add(1, Ordering::Relaxed).min(10);
        let pause = EJECTION.saturating_mul(1 << failures).min(LONGEST_EJECTION);
        *ejected = Some(Instant::now() + pause);
        debug!(replica = %self.address, ?pause, "a replica of the backend cannot be reached");
    }

    fn idle(&self, now: Instant) -> Option<Idle> {
        let mut shelf = lock(&self.shelves[SHELF.with(|shelf| *shelf)]);
        while let Some(idle) = shelf.pop() {
            if now.duration_since(idle.since) > MOST_IDLE {
                // The ones below have been idle for longer.
                shelf.clear();
                return None;
            }
            if idle.connection.is_silent() {
                return Some(idle);
            }
        }
        None
    }

    fn keep(&self, idle: Idle) {
        if idle.since.duration_since(idle.made) > MOST_AGE {
            return;
        }
        let mut shelf = lock(&self.shelves[SHELF.with(|shelf| *shelf)]);
        // Looked at under the lock: who retires it empties the shelf afterwards.
        if shelf.len() < MOST_PER_SHELF && !self.is_gone.load(Ordering::Relaxed) {
            shelf.push(idle);
        }
    }

    /// It is no replica any more. Exchanges under way go on to their end; idle connections are closed, now and later.
    pub(super) fn retire(&self) {
        self.is_gone.store(true, Ordering::Relaxed);
        self.shelves.iter().for_each(|shelf| lock(shelf).clear());
    }

    /// Closes connections that have been idle for too long, and those that the replica closed.
    pub(super) fn sweep(&self) {
        for shelf in &self.shelves {
            lock(shelf).retain(|idle| idle.since.elapsed() <= MOST_IDLE && idle.connection.is_silent());
        }
    }
}

impl Lease {
    /// The connection. It is there until [`Lease::give_back`].
    pub(super) const fn connection(&mut self) -> Option<&mut Connection> {
        self.connection.as_mut()
    }

    /// Keeps the connection for another exchange. One that is dropped in the middle of an exchange is closed, which
    /// tells the backend to stop working.
    pub(super) fn give_back(&mut self) {
        if let Some(mut connection) = self.connection.take().filter(Connection::is_silent) {
            connection.settle();
            self.replica.keep(Idle { connection, made: self.made, since: Instant::now() });
        }
    }
}

impl Drop for Lease {
    fn drop(&mut self) {
        self.replica.under_way.fetch_sub(1, Ordering::Relaxed);
    }
}

async fn connect(address: SocketAddr) -> Result<Connection, UpstreamError> {
    let stream = TcpStream::connect(address).await.map_err(UpstreamError::Connect)?;
    stream.set_nodelay(true).and_then(|()| watch(&stream)).map_err(UpstreamError::Connect)?;
    Ok(Connection::new(stream))
}

/// A node that vanishes closes nothing. The kernel asks for signs of life, and gives up what is not confirmed.
fn watch(stream: &TcpStream) -> io::Result<()> {
    let socket = SockRef::from(stream);
    #[cfg(target_os = "linux")]
    socket.set_tcp_user_timeout(Some(UNCONFIRMED))?;
    socket.set_tcp_keepalive(&TcpKeepalive::new().with_time(SIGN_OF_LIFE).with_interval(SIGN_OF_LIFE))
}

fn lock<T>(mutex: &Mutex<T>) -> MutexGuard<'_, T> {
    mutex.lock().unwrap_or_else(PoisonError::into_inner)
}

#[cfg(test)]
mod tests {
    use tokio::net::TcpListener;

    use super::*;

    #[tokio::test]
    async fn a_connection_that_is_old_or_idle_for_long_or_leads_nowhere_is_used_no_more() {
        let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
        let replica = Arc::new(Replica::new(listener.local_addr().unwrap()));
        let made = Instant::now();
        let second = Duration::from_secs(1);
        let keep = async |since| {
            let stream = TcpStream::connect(replica.address).await.unwrap();
            replica.keep(Idle { connection: Connection::new(stream), made, since });
        };
        keep(made + MOST_AGE).await;
        assert!(
            replica.idle(made + MOST_AGE).is_some_and(|idle| idle.made == made),
            "what it came with goes with it"
        );
        keep(made + MOST_AGE + second).await;
        assert!(replica.idle(made + MOST_AGE + second).is_none());
        keep(made).await;
        assert!(replica.idle(made + MOST_IDLE + second).is_none());
        assert!(replica.idle(made).is_none(), "it was closed");
        keep(made).await;
        replica.retire();
        assert!(replica.idle(made).is_none(), "nobody would close it later");
        keep(made).await;
        assert!(replica.idle(made).is_none(), "nor this one, whose exchange was under way");
    }
}
