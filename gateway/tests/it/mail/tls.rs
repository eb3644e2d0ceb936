//! No password and no mail goes over a network without TLS.

use std::sync::Arc;

use rcgen::{BasicConstraints, CertificateParams, CertifiedIssuer, IsCa, KeyPair};
use tempfile::NamedTempFile;
use tokio_rustls::{
    TlsAcceptor,
    rustls::{
        ServerConfig,
        crypto::aws_lc_rs,
        pki_types::{PrivateKeyDer, PrivatePkcs8KeyDer},
    },
};

use super::{
    FROM, WAITING, noted,
    sink::{Sink, Tls},
    world,
};
use crate::harness::World;

/// Every system knows it as this machine, but the gateway, which knows small letters only: to it this is some host in a
/// network.
const ELSEWHERE: &str = "LOCALHOST";

/// The authority, in a file, and a server that it vouches for.
fn certified(name: &str) -> (NamedTempFile, TlsAcceptor) {
    let mut params = CertificateParams::default();
    params.is_ca = IsCa::Ca(BasicConstraints::Unconstrained);
    let authority = CertifiedIssuer::self_signed(params, KeyPair::generate().unwrap()).unwrap();
    let key = KeyPair::generate().unwrap();
    let certificate =
        CertificateParams::new(vec![name.to_owned()]).unwrap().signed_by(&key, &authority).unwrap();
    let config = ServerConfig::builder_with_provider(Arc::new(aws_lc_rs::default_provider()))
        .with_safe_default_protocol_versions()
        .unwrap()
        .with_no_client_auth()
        .with_single_cert(
            vec![certificate.der().clone()],
            PrivateKeyDer::from(PrivatePkcs8KeyDer::from(key.serialize_der())),
        )
        .unwrap();
    let file = NamedTempFile::new().unwrap();
    std::fs::write(file.path(), authority.pem()).unwrap();
    (file, TlsAcceptor::from(Arc::new(config)))
}

async fn trusting(url: &str, authority: &NamedTempFile) -> World {
    World::start_with(&[
        ("GATEWAY_MAIL_URL", url),
        ("GATEWAY_MAIL_FROM", FROM),
        ("GATEWAY_MAIL_CA_FILE", authority.path().to_str().unwrap()),
    ])
    .await
}

fn verbs(sink: &Sink) -> Vec<String> {
    let verb = |line: &String| line.split([' ', ':']).next().unwrap().to_owned();
    sink.said().iter().map(verb).collect()
}

#[tokio::test]
async fn a_server_that_offers_no_tls_learns_nothing() {
    let sink = Sink::start().await;
    let world = world(&format!("smtp://peaka:pass@{ELSEWHERE}:{}", sink.port)).await;
    world.connect().await;
    noted(&world, WAITING, 1).await;
    let verbs = verbs(&sink);
    assert!(verbs.contains(&"EHLO".to_owned()), "{verbs:?}");
    assert!(verbs.iter().all(|verb| ["EHLO", "QUIT"].contains(&verb.as_str())), "{verbs:?}");
}

#[tokio::test]
async fn after_starttls_all_is_said() {
    let (authority, acceptor) = certified("localhost");
    let mut sink = Sink::at(0, Tls::OnRequest(acceptor)).await;
    let world = trusting(&format!("smtp://peaka:pass@{ELSEWHERE}:{}", sink.port), &authority).await;
    world.connect().await;
    sink.next().await;
    let verbs = verbs(&sink);
    assert_eq!(verbs[..7], ["EHLO", "STARTTLS", "(TLS)", "EHLO", "AUTH", "MAIL", "RCPT"]);
}

#[tokio::test]
async fn tls_from_the_first_byte() {
    let (authority, acceptor) = certified("localhost");
    let mut sink = Sink::at(0, Tls::AtOnce(acceptor)).await;
    let world = trusting(&format!("smtps://peaka:pass@localhost:{}", sink.port), &authority).await;
    world.connect().await;
    sink.next().await;
}

#[tokio::test]
async fn a_server_that_nobody_vouches_for_learns_nothing() {
    let (_, acceptor) = certified("localhost");
    let sink = Sink::at(0, Tls::AtOnce(acceptor)).await;
    let world = world(&format!("smtps://peaka:pass@localhost:{}", sink.port)).await;
    world.connect().await;
    noted(&world, WAITING, 1).await;
    assert_eq!(sink.said(), [""; 0]);
}

#[tokio::test]
async fn a_certificate_of_another_name_does_not_count() {
    let (authority, acceptor) = certified("mail.example");
    let sink = Sink::at(0, Tls::OnRequest(acceptor)).await;
    let world = trusting(&format!("smtp://peaka:pass@{ELSEWHERE}:{}", sink.port), &authority).await;
    world.connect().await;
    noted(&world, WAITING, 1).await;
    assert_eq!(verbs(&sink), ["EHLO", "STARTTLS"]);
}
