//! Stands where an OpenTelemetry collector would, and keeps what it is sent, as it came: texts are readable in protobuf.

use std::sync::{Arc, Mutex};

use axum::{
    Router,
    body::{Body, Bytes},
    http::{HeaderMap, HeaderValue, Response},
};
use http_body_util::{BodyExt as _, Full};
use tokio::net::TcpListener;

/// An answer without members, as gRPC frames it: not compressed, of no length.
const NOTHING: &[u8] = &[0; 5];

pub(super) struct Collector {
    pub(super) address: String,
    sent: Arc<Mutex<Vec<u8>>>,
}

impl Collector {
    pub(super) async fn start() -> Self {
        let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
        let address = format!("http://{}", listener.local_addr().unwrap());
        let sent = Arc::new(Mutex::new(Vec::new()));
        let record = Arc::clone(&sent);
        let app = Router::new().fallback(move |body: Bytes| async move {
            record.lock().unwrap().extend_from_slice(&body);
            let trailers =
                HeaderMap::from_iter([("grpc-status".parse().unwrap(), HeaderValue::from_static("0"))]);
            let body = Full::new(Bytes::from_static(NOTHING)).with_trailers(async { Some(Ok(trailers)) });
            Response::builder().header("content-type", "application/grpc").body(Body::new(body)).unwrap()
        });
        tokio::spawn(async move { axum::serve(listener, app).await.unwrap() });
        Self { address, sent }
    }

    pub(super) fn text(&self) -> String {
        String::from_utf8_lossy(&self.sent.lock().unwrap()).into_owned()
    }
}
