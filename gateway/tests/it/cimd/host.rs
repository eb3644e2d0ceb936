//! A host of clients' documents on loopback, with a certificate of its own authority, and documents that are
//! fetched from it.

use std::{
    net::SocketAddr,
    sync::{
        Arc,
        atomic::{AtomicUsize, Ordering},
    },
    time::Duration,
};

use gateway::{
    cimd::{ClientDocuments, ClientIdUrl, FetchPolicy},
    ephemeral::Memory,
};
use rcgen::{BasicConstraints, CertificateParams, CertifiedIssuer, IsCa, KeyPair};
use serde_json::{Value, json};
use shared::{clock::SystemClock, http_client::Deadlines};
use tokio::{
    io::{AsyncReadExt, AsyncWriteExt},
    net::{TcpListener, TcpStream},
    sync::Semaphore,
};
use tokio_rustls::{
    TlsAcceptor,
    rustls::{
        ServerConfig,
        crypto::aws_lc_rs,
        pki_types::{PrivateKeyDer, PrivatePkcs8KeyDer},
    },
    server::TlsStream,
};

pub(crate) const NAME: &str = "client.example";
pub(crate) const ID: &str = "https://client.example/app/client.json";

/// What a host does with one connection.
#[derive(Clone)]
pub(crate) enum Act {
    /// Sends these bytes and closes.
    Send(Vec<u8>),
    /// Sends the first, then the second over and over until the other side closes.
    Repeat(Vec<u8>, Vec<u8>),
    /// Sends these bytes and holds the connection open.
    Hold(Vec<u8>),
    /// Does not answer the TLS handshake.
    Mute,
    /// Answers like this once it gets leave.
    Await(Arc<Semaphore>, Vec<u8>),
}

pub(crate) struct Host {
    pub(crate) address: SocketAddr,
    pub(crate) authority: Vec<u8>,
    counts: Arc<Counts>,
}

#[derive(Default)]
struct Counts {
    connections: AtomicUsize,
    requests: AtomicUsize,
    open: AtomicUsize,
    most_open: AtomicUsize,
}

impl Host {
    /// A host that does for its n-th request what `act` says.
    pub(crate) async fn start(act: impl Fn(usize) -> Act + Send + Sync + 'static) -> Self {
        let (authority, acceptor) = certificates();
        let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
        let address = listener.local_addr().unwrap();
        let (counts, act) = (Arc::new(Counts::default()), Arc::new(act));
        let counted = counts.clone();
        tokio::spawn(async move {
            while let Ok((stream, _)) = listener.accept().await {
                let number = counted.connections.fetch_add(1, Ordering::SeqCst);
                let (act, acceptor, counts) = (act(number), acceptor.clone(), counted.clone());
                tokio::spawn(async move { serve(stream, act, acceptor, &counts).await });
            }
        });
        Self { address, authority, counts }
    }

    /// A host that always answers with these bytes.
    pub(crate) async fn answering(answer: impl Into<Vec<u8>>) -> Self {
        let answer = answer.into();
        Self::start(move |_| Act::Send(answer.clone())).await
    }

    /// A policy under which this host serves the documents of [`NAME`], with short deadlines and nothing to hide.
    pub(crate) fn policy(&self) -> FetchPolicy {
        FetchPolicy {
            private_hosts: [(NAME.to_owned(), self.address)].into(),
            extra_authorities: Some(self.authority.clone()),
            failure_floor: Duration::ZERO,
            ..FetchPolicy::default()
        }
    }

    pub(crate) fn documents(&self) -> ClientDocuments {
        documents(self.policy())
    }

    pub(crate) fn connections(&self) -> usize {
        self.counts.connections.load(Ordering::SeqCst)
    }

    pub(crate) fn requests(&self) -> usize {
        self.counts.requests.load(Ordering::SeqCst)
    }

    pub(crate) fn most_open(&self) -> usize {
        self.counts.most_open.load(Ordering::SeqCst)
    }
}

pub(crate) fn documents(policy: FetchPolicy) -> ClientDocuments {
    ClientDocuments::new(policy, Arc::new(Memory::new(Arc::new(SystemClock)))).unwrap()
}

/// Deadlines for a host that is known never to finish.
pub(crate) fn hasty(policy: FetchPolicy) -> FetchPolicy {
    let brief = Duration::from_millis(300);
    FetchPolicy { deadlines: Deadlines { connect: brief, total: Some(brief * 2) }, ..policy }
}

pub(crate) fn id(text: &str) -> ClientIdUrl {
    ClientIdUrl::parse(text).unwrap()
}

/// A document of the client [`ID`], with `changes` merged in.
pub(crate) fn document(changes: Value) -> String {
    let mut document = json!({
        "client_id": ID,
        "client_name": "Example App",
        "redirect_uris": ["http://127.0.0.1/callback", "https://client.example/cb"],
    });
    for (name, value) in changes.as_object().unwrap() {
        document[name] = value.clone();
    }
    document.to_string()
}

/// A 200 answer with this JSON and these further header lines.
pub(crate) fn ok(headers: &str, body: &str) -> Vec<u8> {
    answer("200 OK", &format!("content-type: application/json\r\n{headers}"), body)
}

pub(crate) fn answer(status: &str, headers: &str, body: &str) -> Vec<u8> {
    let length = body.len();
    format!("HTTP/1.1 {status}\r\ncontent-length: {length}\r\nconnection: close\r\n{headers}\r\n{body}")
        .into_bytes()
}

async fn serve(stream: TcpStream, act: Act, acceptor: TlsAcceptor, counts: &Counts) {
    if matches!(act, Act::Mute) {
        return drain(stream).await;
    }
    let Ok(mut stream) = acceptor.accept(stream).await else { return };
    if !read_request(&mut stream).await {
        return;
    }
    counts.requests.fetch_add(1, Ordering::SeqCst);
    let open = counts.open.fetch_add(1, Ordering::SeqCst) + 1;
    counts.most_open.fetch_max(open, Ordering::SeqCst);
    match act {
        Act::Send(bytes) => drop(stream.write_all(&bytes).await),
        Act::Repeat(head, rest) => {
            let _ = stream.write_all(&head).await;
            while stream.write_all(&rest).await.is_ok() {}
        }
        Act::Hold(bytes) => {
            let _ = stream.write_all(&bytes).await;
            let _ = stream.flush().await;
            drain(&mut stream).await;
        }
        Act::Await(leave, bytes) => {
            leave.acquire().await.unwrap().forget();
            counts.open.fetch_sub(1, Ordering::SeqCst);
            let _ = stream.write_all(&bytes).await;
        }
        Act::Mute => {}
    }
    let _ = stream.shutdown().await;
}

async fn drain(mut stream: impl AsyncReadExt + Unpin) {
    let mut buffer = [0; 1024];
    while let Ok(1..) = stream.read(&mut buffer).await {}
}

async fn read_request(stream: &mut TlsStream<TcpStream>) -> bool {
    let (mut head, mut buffer) = (Vec::new(), [0; 1024]);
    while !head.windows(4).any(|end| end == b"\r\n\r\n") {
        match stream.read(&mut buffer).await {
            Ok(length @ 1..) => head.extend_from_slice(&buffer[..length]),
            _ => return false,
        }
    }
    true
}

/// A new authority's certificate, and an acceptor with one that it issued.
fn certificates() -> (Vec<u8>, TlsAcceptor) {
    let mut params = CertificateParams::default();
    params.is_ca = IsCa::Ca(BasicConstraints::Unconstrained);
    let authority = CertifiedIssuer::self_signed(params, KeyPair::generate().unwrap()).unwrap();
    let key = KeyPair::generate().unwrap();
    let names = vec![NAME.to_owned(), "rebinding.example".to_owned()];
    let certificate = CertificateParams::new(names).unwrap().signed_by(&key, &authority).unwrap();
    let config = ServerConfig::builder_with_provider(Arc::new(aws_lc_rs::default_provider()))
        .with_safe_default_protocol_versions()
        .unwrap()
        .with_no_client_auth()
        .with_single_cert(
            vec![certificate.der().clone()],
            PrivateKeyDer::from(PrivatePkcs8KeyDer::from(key.serialize_der())),
        )
        .unwrap();
    (authority.pem().into_bytes(), TlsAcceptor::from(Arc::new(config)))
}
