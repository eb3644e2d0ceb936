//! Certificates: the right one, and every kind of wrong one.

use std::{net::SocketAddr, sync::Arc};

use rcgen::{
    BasicConstraints, CertificateParams, CertifiedIssuer, DistinguishedName, IsCa, KeyPair, date_time_ymd,
};
use tempfile::NamedTempFile;
use tokio::net::{TcpListener, TcpStream};
use tokio_rustls::{
    TlsAcceptor,
    rustls::{
        ServerConfig,
        crypto::aws_lc_rs,
        pki_types::{PrivateKeyDer, PrivatePkcs8KeyDer},
    },
    server::TlsStream,
};

use super::{Deployment, Diagnosis, Mischief, Relay, doctor};

/// Accepts connections whose handshake succeeds.
pub(super) struct Listener {
    pub(super) listener: TcpListener,
    pub(super) acceptor: TlsAcceptor,
}

impl axum::serve::Listener for Listener {
    type Io = TlsStream<TcpStream>;
    type Addr = SocketAddr;

    async fn accept(&mut self) -> (Self::Io, Self::Addr) {
        loop {
            let (stream, peer) = self.listener.accept().await.unwrap();
            if let Ok(stream) = self.acceptor.accept(stream).await {
                return (stream, peer);
            }
        }
    }

    fn local_addr(&self) -> std::io::Result<Self::Addr> {
        self.listener.local_addr()
    }
}

/// A certificate of a new authority for this name, good until the first of January of this year; and the authority's own.
fn certificate(name: &str, until: i32) -> (String, TlsAcceptor) {
    let mut params = CertificateParams::default();
    params.is_ca = IsCa::Ca(BasicConstraints::Unconstrained);
    params.distinguished_name = DistinguishedName::new();
    let authority = CertifiedIssuer::self_signed(params, KeyPair::generate().unwrap()).unwrap();
    let key = KeyPair::generate().unwrap();
    let mut params = CertificateParams::new(vec![name.to_owned()]).unwrap();
    params.not_after = date_time_ymd(until, 1, 1);
    let certificate = params.signed_by(&key, &authority).unwrap();
    let mut config = ServerConfig::builder_with_provider(Arc::new(aws_lc_rs::default_provider()))
        .with_safe_default_protocol_versions()
        .unwrap()
        .with_no_client_auth()
        .with_single_cert(
            vec![certificate.der().clone()],
            PrivateKeyDer::from(PrivatePkcs8KeyDer::from(key.serialize_der())),
        )
        .unwrap();
    config.alpn_protocols = vec![b"h2".to_vec(), b"http/1.1".to_vec()];
    (authority.pem(), TlsAcceptor::from(Arc::new(config)))
}

async fn examined(name: &str, until: i32, is_trusted: bool) -> Diagnosis {
    let (authority, acceptor) = certificate(name, until);
    let deployment = Deployment::of(Relay::with_tls(acceptor).await, Mischief::None).await;
    let file = NamedTempFile::new().unwrap();
    std::fs::write(file.path(), authority).unwrap();
    let mut arguments = vec![deployment.relay.origin.as_str(), "--json"];
    if is_trusted {
        arguments.extend(["--ca", file.path().to_str().unwrap()]);
    }
    doctor(&arguments).await
}

#[tokio::test(flavor = "multi_thread")]
async fn a_good_certificate() {
    let diagnosis = examined("localhost", 2090, true).await;
    assert_eq!((diagnosis.code, diagnosis.names()), (0, vec![]), "{diagnosis:#?}");
}

#[tokio::test(flavor = "multi_thread")]
async fn an_expired_certificate() {
    examined("localhost", 2020, true).await.assert_finds(&["certificate-expired"]);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_certificate_for_another_name() {
    examined("mcp.example.com", 2090, true).await.assert_finds(&["certificate-name"]);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_certificate_of_an_unknown_authority() {
    examined("localhost", 2090, false).await.assert_finds(&["certificate-untrusted"]);
}
