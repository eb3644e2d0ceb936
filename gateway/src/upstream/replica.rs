//! One replica of the backend: its idle connections, how busy it is, and whether it was lately found dead.

use std::{
    io,
    net::SocketAddr,
    sync::{
        Arc, Mutex, MutexGuard, PoisonError,
        atomic::{AtomicU32, AtomicUsize, Ordering},
    },
    time::Duration,
};

use hyper::client::conn::http1::{SendRequest, handshake};
use hyper_util::rt::TokioIo;
use socket2::{SockRef, TcpKeepalive};
use tokio::{
    net::TcpStream,
    time::{Instant, timeout},
};
use tracing::debug;

use super::{UpstreamError, body::ClientBody};

/// To connect.
const CONNECT: Duration = Duration::from_secs(2);
/// For an idle connection to be ready.
const READY: Duration = Duration::from_millis(50);
/// A connection that was idle for longer may be dead: a node on the way has forgotten it.
const MOST_IDLE: Duration = Duration::from_secs(30);
/// How long what was sent may stay unconfirmed. A backend that computes for long still confirms at once.
const UNCONFIRMED: Duration = Duration::from_secs(15);
/// How often a quiet connection is asked for a sign of life.
const SIGN_OF_LIFE: Duration = Duration::from_secs(5);
/// Idle connections are kept apart by thread, since one that another thread drives would wake that thread for every
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
}

#[derive(Debug)]
struct Idle {
    sender: SendRequest<ClientBody>,
    since: Instant,
}

/// A connection for one exchange. A replica counts as busy with it until it is dropped.
#[derive(Debug)]
pub(super) struct Lease {
    replica: Arc<Replica>,
    sender: Option<SendRequest<ClientBody>>,
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
        let mut lease = Lease { replica: Arc::clone(self), sender: None };
        while let Some(mut sender) = self.idle(now) {
            // One whose backend answered before it had read the whole request is still busy sending it.
            if sender.is_ready() || matches!(timeout(READY, sender.ready()).await, Ok(Ok(()))) {
                lease.sender = Some(sender);
                return Ok(lease);
            }
        }
        // Boxed: a request that finds a connection does not carry the room for it.
        match Box::pin(timeout(CONNECT, connect(self.address))).await {
            Ok(Ok(sender)) => {
                self.failures.store(0, Ordering::Relaxed);
                lease.sender = Some(sender);
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

    fn idle(&self, now: Instant) -> Option<SendRequest<ClientBody>> {
        let mut shelf = lock(&self.shelves[SHELF.with(|shelf| *shelf)]);
        while let Some(Idle { sender, since }) = shelf.pop() {
            if now.duration_since(since) > MOST_IDLE {
                // The ones below have been idle for longer.
                shelf.clear();
                return None;
            }
            if !sender.is_closed() {
                return Some(sender);
            }
        }
        None
    }

    fn keep(&self, sender: SendRequest<ClientBody>) {
        let mut shelf = lock(&self.shelves[SHELF.with(|shelf| *shelf)]);
        if shelf.len() < MOST_PER_SHELF {
            shelf.push(Idle { sender, since: Instant::now() });
        }
    }

    /// Closes connections that have been idle for too long.
    pub(super) fn sweep(&self) {
        for shelf in &self.shelves {
            lock(shelf).retain(|idle| idle.since.elapsed() <= MOST_IDLE && !idle.sender.is_closed());
        }
    }
}

impl Lease {
    /// The connection. It is there until [`Lease::give_back`].
    pub(super) const fn sender(&mut self) -> Option<&mut SendRequest<ClientBody>> {
        self.sender.as_mut()
    }

    /// Keeps the connection for another exchange. One that is dropped in the middle of an exchange is closed, which
    /// tells the backend to stop working.
    pub(super) fn give_back(&mut self) {
        if let Some(sender) = self.sender.take().filter(|sender| !sender.is_closed()) {
            self.replica.keep(sender);
        }
    }
}

impl Drop for Lease {
    fn drop(&mut self) {
        self.replica.under_way.fetch_sub(1, Ordering::Relaxed);
    }
}

async fn connect(address: SocketAddr) -> Result<SendRequest<ClientBody>, UpstreamError> {
    let stream = TcpStream::connect(address).await.map_err(UpstreamError::Connect)?;
    stream.set_nodelay(true).and_then(|()| watch(&stream)).map_err(UpstreamError::Connect)?;
    let (sender, connection) = handshake(TokioIo::new(stream)).await?;
    // Boxed: a task that awaits it would have room for it twice, through hours of a stream.
    let connection = Box::pin(connection);
    tokio::spawn(async move {
        if let Err(error) = connection.await {
            debug!(%error, "a connection to the backend ended early");
        }
    });
    Ok(sender)
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
