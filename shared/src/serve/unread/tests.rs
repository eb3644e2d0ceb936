use std::net::{IpAddr, SocketAddr};

use http::Request;
use http_body_util::{BodyExt as _, Empty, Full};
use hyper::{body::Incoming, client::conn::http2};
use hyper_util::rt::{TokioExecutor, TokioIo};
use tokio::{
    io::{AsyncReadExt as _, AsyncWriteExt as _},
    net::TcpListener,
    sync::mpsc,
    task::JoinHandle,
};
use tokio_util::sync::CancellationToken;

use super::*;
use crate::serve::{Handler, Limits, serve};

const LARGE: usize = 1024 * 1024;

/// `/endless` answers for ever, `/large` in one piece, `/late` after a second, `/more` in one short piece, anything else briefly.
#[derive(Clone)]
struct Fountain {
    ended: mpsc::UnboundedSender<()>,
}

struct Endless(mpsc::UnboundedSender<()>);

impl Drop for Endless {
    fn drop(&mut self) {
        let _ = self.0.send(());
    }
}

impl HttpBody for Endless {
    type Data = Bytes;
    type Error = axum::Error;

    fn poll_frame(
        self: Pin<&mut Self>,
        _: &mut Context<'_>,
    ) -> Poll<Option<Result<Frame<Bytes>, axum::Error>>> {
        Poll::Ready(Some(Ok(Frame::data(Bytes::from_static(&[b'x'; 16 * 1024])))))
    }
}

struct Late(Option<Pin<Box<tokio::time::Sleep>>>);

impl HttpBody for Late {
    type Data = Bytes;
    type Error = axum::Error;

    fn poll_frame(
        mut self: Pin<&mut Self>,
        cx: &mut Context<'_>,
    ) -> Poll<Option<Result<Frame<Bytes>, axum::Error>>> {
        let Some(pause) = &mut self.0 else { return Poll::Ready(None) };
        std::task::ready!(pause.as_mut().poll(cx));
        self.0 = None;
        Poll::Ready(Some(Ok(Frame::data(Bytes::from_static(b"late")))))
    }
}

impl Handler for Fountain {
    async fn answer(&self, request: Box<Request<Incoming>>, _: SocketAddr) -> Response<Body> {
        Response::new(match request.uri().path() {
            "/endless" => Body::new(Endless(self.ended.clone())),
            "/large" => Body::new(Full::new(Bytes::from(vec![b'x'; LARGE]))),
            "/late" => Body::new(Late(Some(Box::pin(sleep(Duration::from_secs(1)))))),
            "/more" => Body::new(Full::new(Bytes::from(vec![b'x'; 10_000]))),
            _ => Body::from("short"),
        })
    }

    fn most_connections(&self, _: IpAddr) -> Option<usize> {
        Some(2)
    }
}

async fn fountain() -> (SocketAddr, mpsc::UnboundedReceiver<()>) {
    fountain_with(Limits { unread: Duration::from_millis(300), ..Limits::default() }).await
}

async fn fountain_with(limits: Limits) -> (SocketAddr, mpsc::UnboundedReceiver<()>) {
    let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let address = listener.local_addr().unwrap();
    let (ended, endings) = mpsc::unbounded_channel();
    tokio::spawn(serve(listener, Fountain { ended }, limits, CancellationToken::new()));
    (address, endings)
}

async fn http2(address: SocketAddr) -> http2::SendRequest<Empty<Bytes>> {
    http2_until(address).await.0
}

/// And what ends with the connection.
async fn http2_until(address: SocketAddr) -> (http2::SendRequest<Empty<Bytes>>, JoinHandle<()>) {
    let stream = TcpStream::connect(address).await.unwrap();
    let (sender, connection) = http2::Builder::new(TokioExecutor::new())
        .initial_stream_window_size(1000)
        .initial_connection_window_size(1 << 30)
        .handshake(TokioIo::new(stream))
        .await
        .unwrap();
    let ended = tokio::spawn(async move { drop(connection.await) });
    (sender, ended)
}

fn get(path: &str) -> Request<Empty<Bytes>> {
    Request::get(format!("http://localhost{path}")).body(Empty::new()).unwrap()
}

#[tokio::test]
async fn who_does_not_read_a_connection_loses_it() {
    let (address, mut endings) = fountain().await;
    let mut peer = TcpStream::connect(address).await.unwrap();
    peer.write_all(b"GET /endless HTTP/1.1\r\nhost: localhost\r\n\r\n").await.unwrap();
    endings.recv().await.unwrap();
}

#[tokio::test]
async fn who_does_not_read_a_stream_loses_it_and_no_other() {
    let (address, mut endings) = fountain().await;
    let mut client = http2(address).await;
    let unread = client.send_request(get("/endless")).await.unwrap();
    endings.recv().await.unwrap();
    let rest = unread.into_body().collect().await.unwrap_err();
    assert!(rest.to_string().contains("error"), "{rest}");
    let other = client.send_request(get("/")).await.unwrap();
    assert_eq!(other.into_body().collect().await.unwrap().to_bytes(), "short");
}

#[tokio::test]
async fn one_large_piece_is_not_kept_for_who_does_not_read_it() {
    let (address, mut endings) = fountain().await;
    let mut client = http2(address).await;
    let large = client.send_request(get("/large")).await.unwrap();
    // A second stream shows that so much time went by; what is read of the first before is its first window.
    let endless = client.send_request(get("/endless")).await.unwrap();
    endings.recv().await.unwrap();
    assert!(large.into_body().collect().await.is_err());
    drop(endless);
    let read = client.send_request(get("/large")).await.unwrap();
    assert_eq!(read.into_body().collect().await.unwrap().to_bytes().len(), LARGE);
}

#[tokio::test]
async fn one_address_does_not_take_all_connections() {
    let (address, _endings) = fountain().await;
    let mut held = Vec::new();
    for _ in 0..2 {
        let mut peer = TcpStream::connect(address).await.unwrap();
        peer.write_all(b"GET / HTTP/1.1\r\nhost: localhost\r\n\r\n").await.unwrap();
        assert!(peer.read(&mut [0; 100]).await.unwrap() > 0);
        held.push(peer);
    }
    let mut third = TcpStream::connect(address).await.unwrap();
    assert_eq!(third.read(&mut [0; 100]).await.unwrap_or(0), 0, "closed without an answer");
}

/// So short that an idle connection ends at once.
const SHORT: Duration = Duration::from_millis(100);

#[tokio::test]
async fn an_answer_that_pauses_is_not_taken_for_an_idle_connection() {
    let (address, _endings) =
        fountain_with(Limits { header: SHORT, drain: SHORT, ..Limits::default() }).await;
    let mut client = http2(address).await;
    let late = client.send_request(get("/late")).await.unwrap();
    assert_eq!(late.into_body().collect().await.unwrap().to_bytes(), "late");
}

#[tokio::test]
async fn what_nobody_reads_does_not_keep_an_idle_connection() {
    let (address, _endings) =
        fountain_with(Limits { header: SHORT, drain: SHORT, ..Limits::default() }).await;
    let (mut client, ended) = http2_until(address).await;
    // More than the stream's window and less than a piece: handed over whole, and never read to its end.
    let unread = client.send_request(get("/more")).await.unwrap();
    ended.await.unwrap();
    assert!(unread.into_body().collect().await.is_err());
}
