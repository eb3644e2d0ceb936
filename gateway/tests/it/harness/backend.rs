//! A double of the MCP backend: remembers each request and answers as it is told.

use std::{
    collections::VecDeque,
    io,
    sync::{
        Arc, Mutex,
        atomic::{AtomicUsize, Ordering},
    },
};

use axum::body::{Body, Bytes};
use futures_util::stream;
use http::{Request, Response};
use http_body_util::BodyExt as _;
use hyper::{body::Incoming, server::conn::http1, service::service_fn};
use hyper_util::rt::TokioIo;
use tokio::{
    net::TcpListener,
    sync::{mpsc, watch},
    task::AbortHandle,
};

/// A request, as it came.
#[derive(Clone, Debug)]
pub(crate) struct Seen {
    pub(crate) method: String,
    pub(crate) path: String,
    /// Every header line and trailer; names in lower case.
    pub(crate) headers: Vec<(String, String)>,
    pub(crate) body: String,
}

impl Seen {
    pub(crate) fn names(&self) -> Vec<&str> {
        let mut names: Vec<&str> = self.headers.iter().map(|(name, _)| name.as_str()).collect();
        names.sort_unstable();
        names
    }

    pub(crate) fn header(&self, name: &str) -> Option<&str> {
        self.headers.iter().find(|(have, _)| have == name).map(|(_, value)| value.as_str())
    }
}

/// What is answered next; an empty JSON-RPC result if nothing was said.
pub(crate) enum Answer {
    Plain(Response<String>),
    /// A stream of server-sent events, until the sender is dropped.
    Events(mpsc::Receiver<String>),
    /// The connection ends without an answer.
    HangUp,
    /// Nothing comes.
    Never,
}

impl Answer {
    pub(crate) fn status(status: u16, headers: &[(&str, &str)]) -> Self {
        let mut response = Response::builder().status(status).header("content-type", "application/json");
        for (name, value) in headers {
            response = response.header(*name, *value);
        }
        Self::Plain(response.body("{\"told\":\"by the backend\"}".to_owned()).unwrap())
    }
}

pub(crate) struct Backend {
    pub(crate) origin: String,
    answers: Arc<Mutex<VecDeque<Answer>>>,
    seen: watch::Receiver<Vec<Seen>>,
    cancelled: watch::Receiver<usize>,
    gone: watch::Receiver<()>,
    connections: Arc<AtomicUsize>,
    server: AbortHandle,
}

impl Drop for Backend {
    fn drop(&mut self) {
        self.server.abort();
    }
}

struct Double {
    answers: Arc<Mutex<VecDeque<Answer>>>,
    seen: watch::Sender<Vec<Seen>>,
    cancelled: Arc<watch::Sender<usize>>,
}

/// Counts a request or stream that was dropped before its end.
struct Unfinished(Option<Arc<watch::Sender<usize>>>);

impl Unfinished {
    fn finished(&mut self) {
        self.0 = None;
    }
}

impl Drop for Unfinished {
    fn drop(&mut self) {
        if let Some(cancelled) = self.0.take() {
            cancelled.send_modify(|count| *count += 1);
        }
    }
}

impl Backend {
    pub(crate) async fn start() -> Self {
        Self::start_at("http://127.0.0.1:0").await
    }

    /// At this origin, where another may have been before.
    pub(crate) async fn start_at(origin: &str) -> Self {
        let listener = TcpListener::bind(origin.trim_start_matches("http://")).await.unwrap();
        let origin = format!("http://{}", listener.local_addr().unwrap());
        let answers = Arc::new(Mutex::new(VecDeque::new()));
        let (seen_sender, seen) = watch::channel(Vec::new());
        let (cancelled_sender, cancelled) = watch::channel(0);
        let double = Arc::new(Double {
            answers: Arc::clone(&answers),
            seen: seen_sender,
            cancelled: Arc::new(cancelled_sender),
        });
        let (here, gone) = watch::channel(());
        let connections = Arc::new(AtomicUsize::new(0));
        let accepted = Arc::clone(&connections);
        let server = tokio::spawn(async move {
            let (here, listener) = (here, listener);
            let mut open = tokio::task::JoinSet::new();
            loop {
                let (stream, _) = listener.accept().await.unwrap();
                accepted.fetch_add(1, Ordering::SeqCst);
                let double = Arc::clone(&double);
                let service = service_fn(move |request| answer(Arc::clone(&double), request));
                let here = here.clone();
                open.spawn(async move {
                    let served = http1::Builder::new().serve_connection(TokioIo::new(stream), service).await;
                    drop(here);
                    served
                });
            }
        });
        Self { origin, answers, seen, cancelled, gone, connections, server: server.abort_handle() }
    }

    /// How many connections were made to it.
    pub(crate) fn connections(&self) -> usize {
        self.connections.load(Ordering::SeqCst)
    }

    /// The next request gets this.
    pub(crate) fn next(&self, answer: Answer) {
        self.answers.lock().unwrap().push_back(answer);
    }

    pub(crate) fn seen(&self) -> Vec<Seen> {
        self.seen.borrow().clone()
    }

    /// The one request that came since the last look.
    pub(crate) fn only(&self, before: usize) -> Seen {
        let seen = self.seen();
        assert_eq!(seen.len(), before + 1, "the backend got {} requests", seen.len() - before);
        seen.into_iter().next_back().unwrap()
    }

    /// Waits until this many requests have come.
    pub(crate) async fn saw(&self, requests: usize) {
        self.seen.clone().wait_for(|all| all.len() >= requests).await.unwrap();
    }

    /// Waits until a request was given up before it was answered to its end.
    pub(crate) async fn was_cancelled(&self) {
        self.cancelled.clone().wait_for(|count| *count > 0).await.unwrap();
    }

    /// Nothing that was told to be answered is.
    pub(crate) fn forget(&self) {
        self.answers.lock().unwrap().clear();
    }

    /// Waits until what [`Backend::stop`] says is so.
    pub(crate) async fn is_gone(&self) {
        // Nothing is ever sent there; it ends with the listener and its connections.
        self.gone.clone().changed().await.unwrap_err();
    }

    /// Nobody listens there any more, and what was connected is cut.
    pub(crate) fn stop(&self) {
        self.server.abort();
    }
}

async fn answer(double: Arc<Double>, request: Request<Incoming>) -> Result<Response<Body>, io::Error> {
    let (head, body) = request.into_parts();
    let body = body.collect().await.map_err(io::Error::other)?;
    let trailers = body.trailers().cloned().unwrap_or_default();
    let body = body.to_bytes();
    let text = |bytes: &[u8]| String::from_utf8_lossy(bytes).into_owned();
    let seen = Seen {
        method: head.method.to_string(),
        path: head.uri.to_string(),
        headers: head
            .headers
            .iter()
            .chain(&trailers)
            .map(|(name, value)| (name.to_string(), text(value.as_bytes())))
            .collect(),
        body: text(&body),
    };
    let answer = double.answers.lock().unwrap().pop_front();
    let mut unfinished = Unfinished(Some(Arc::clone(&double.cancelled)));
    double.seen.send_modify(|all| all.push(seen));
    let response = match answer {
        None => Response::builder()
            .header("content-type", "application/json")
            .body(Body::from(r#"{"jsonrpc":"2.0","id":1,"result":{}}"#)),
        Some(Answer::Plain(response)) => Ok(response.map(Body::from)),
        Some(Answer::HangUp) => return Err(io::Error::other("told to hang up")),
        Some(Answer::Never) => std::future::pending().await,
        Some(Answer::Events(events)) => {
            let unfinished = Unfinished(unfinished.0.take());
            let stream = stream::unfold((events, unfinished), |(mut events, mut unfinished)| async move {
                match events.recv().await {
                    Some(event) => Some((Ok::<_, io::Error>(Bytes::from(event)), (events, unfinished))),
                    None => {
                        unfinished.finished();
                        None
                    }
                }
            });
            Response::builder().header("content-type", "text/event-stream").body(Body::from_stream(stream))
        }
    };
    unfinished.finished();
    response.map_err(io::Error::other)
}
