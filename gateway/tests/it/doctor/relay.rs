//! What stands before the gateway. It passes everything on as it comes, streams included, but for its one mischief.

use std::{
    sync::{Arc, Mutex},
    time::Duration,
};

use axum::{
    Router,
    body::{Body, to_bytes},
    extract::{Request, State},
    response::{IntoResponse, Response},
};
use http::StatusCode;
use shared::http_client::{Deadlines, builder};
use tokio::net::TcpListener;
use tokio_rustls::TlsAcceptor;

use super::mischief::{Asked, Mischief};

pub(super) struct Relay {
    /// What clients call.
    pub(super) origin: String,
    behind: Arc<Mutex<Option<(String, Mischief)>>>,
}

#[derive(Clone)]
struct Passing {
    http: reqwest::Client,
    behind: Arc<Mutex<Option<(String, Mischief)>>>,
}

impl Relay {
    pub(super) async fn bind() -> Self {
        Self::start(None).await
    }

    /// With TLS.
    pub(super) async fn with_tls(acceptor: TlsAcceptor) -> Self {
        Self::start(Some(acceptor)).await
    }

    async fn start(acceptor: Option<TlsAcceptor>) -> Self {
        let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
        let scheme = if acceptor.is_some() { "https" } else { "http" };
        let origin = format!("{scheme}://localhost:{}", listener.local_addr().unwrap().port());
        let behind = Arc::new(Mutex::new(None));
        let deadlines = Deadlines { connect: Duration::from_secs(5), total: None };
        let http = builder("a relay", deadlines).build().unwrap();
        let passing = Passing { http, behind: Arc::clone(&behind) };
        let router = Router::new().fallback(pass).with_state(passing);
        match acceptor {
            None => tokio::spawn(async move { axum::serve(listener, router).await.unwrap() }),
            Some(acceptor) => {
                let listener = super::tls::Listener { listener, acceptor };
                tokio::spawn(async move { axum::serve(listener, router).await.unwrap() })
            }
        };
        Self { origin, behind }
    }

    /// From now on, to the listener of this port, with this mischief.
    pub(super) fn lead_to(&self, listener: &str, mischief: Mischief) {
        *self.behind.lock().unwrap() = Some((listener.to_owned(), mischief));
    }
}

async fn pass(State(passing): State<Passing>, request: Request) -> Response {
    let Some((gateway, mischief)) = passing.behind.lock().unwrap().clone() else {
        return StatusCode::BAD_GATEWAY.into_response();
    };
    let (mut head, body) = request.into_parts();
    let asked = Asked::of(&head);
    if let Some(answer) = mischief.instead(&asked) {
        return answer;
    }
    mischief.on_the_way_in(&mut head.headers);
    let body = to_bytes(body, 1 << 20).await.unwrap();
    let answer = passing
        .http
        .request(head.method, format!("{gateway}{}", head.uri.path_and_query().unwrap()))
        .headers(head.headers)
        .body(body)
        .send()
        .await
        .unwrap();
    let (status, headers) = (answer.status(), answer.headers().clone());
    let mut response = Response::new(Body::from_stream(answer.bytes_stream()));
    *response.status_mut() = status;
    *response.headers_mut() = headers;
    mischief.on_the_way_out(&asked, response).await
}
