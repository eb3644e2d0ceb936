//! A server that answers as a test says and remembers what it was asked.

use std::{
    collections::HashMap,
    sync::{
        Arc,
        atomic::{AtomicUsize, Ordering},
    },
};

use axum::{Router, body::Body, extract::Request, response::Response};
use tokio::{net::TcpListener, sync::Semaphore, sync::watch, task::AbortHandle};

/// A request, as it came.
#[derive(Clone, Debug)]
pub(crate) struct Seen {
    pub(crate) path: String,
    pub(crate) authorization: Option<String>,
    pub(crate) form: HashMap<String, String>,
}

/// What is answered.
pub(crate) enum Reply {
    Text(u16, &'static str, String),
    /// When a permit is there.
    After(Arc<Semaphore>, Box<Reply>),
    Never,
}

impl Reply {
    pub(crate) fn json(status: u16, body: serde_json::Value) -> Self {
        Self::Text(status, "application/json", body.to_string())
    }

    pub(crate) fn html(status: u16) -> Self {
        Self::Text(status, "text/html", "<html><title>Bad Gateway</title></html>".into())
    }
}

pub(crate) struct Double {
    pub(crate) origin: String,
    seen: watch::Receiver<Vec<Seen>>,
    most_at_once: Arc<AtomicUsize>,
    server: AbortHandle,
}

impl Drop for Double {
    fn drop(&mut self) {
        self.server.abort();
    }
}

impl Double {
    pub(crate) async fn start(answer: impl Fn(&Seen, &str) -> Reply + Send + Sync + 'static) -> Self {
        let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
        let origin = format!("http://{}", listener.local_addr().unwrap());
        let (write, seen) = watch::channel(Vec::new());
        let (at_once, most_at_once) = (Arc::new(AtomicUsize::new(0)), Arc::new(AtomicUsize::new(0)));
        let state = Arc::new((answer, origin.clone(), write, at_once, Arc::clone(&most_at_once)));
        let app = Router::new().fallback(move |request: Request| {
            let state = Arc::clone(&state);
            async move {
                let (answer, origin, write, at_once, most) = &*state;
                most.fetch_max(at_once.fetch_add(1, Ordering::SeqCst) + 1, Ordering::SeqCst);
                let seen = read(request).await;
                let reply = answer(&seen, origin);
                write.send_modify(|all| all.push(seen));
                let response = respond(reply).await;
                at_once.fetch_sub(1, Ordering::SeqCst);
                response
            }
        });
        let server = tokio::spawn(async move { axum::serve(listener, app).await.unwrap() }).abort_handle();
        Self { origin, seen, most_at_once, server }
    }

    pub(crate) fn seen(&self) -> Vec<Seen> {
        self.seen.borrow().clone()
    }

    pub(crate) fn paths(&self) -> Vec<String> {
        self.seen().into_iter().map(|seen| seen.path).collect()
    }

    /// Waits until this many requests have come.
    pub(crate) async fn saw(&self, requests: usize) {
        self.seen.clone().wait_for(|all| all.len() >= requests).await.unwrap();
    }

    pub(crate) fn most_at_once(&self) -> usize {
        self.most_at_once.load(Ordering::SeqCst)
    }
}

async fn read(request: Request) -> Seen {
    let (head, body) = request.into_parts();
    let body = axum::body::to_bytes(body, 1 << 20).await.unwrap();
    Seen {
        path: head.uri.to_string(),
        authorization: head.headers.get("authorization").map(|value| value.to_str().unwrap().to_owned()),
        form: serde_urlencoded::from_bytes(&body).unwrap_or_default(),
    }
}

async fn respond(reply: Reply) -> Response {
    let mut reply = reply;
    loop {
        match reply {
            Reply::Never => std::future::pending().await,
            Reply::After(gate, then) => {
                gate.acquire().await.unwrap().forget();
                reply = *then;
            }
            Reply::Text(status, kind, body) => {
                return Response::builder()
                    .status(status)
                    .header("content-type", kind)
                    .body(Body::from(body))
                    .unwrap();
            }
        }
    }
}
