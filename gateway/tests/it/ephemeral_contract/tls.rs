//! TLS to Redis, with an authority of one's own.

use std::{path::Path, time::Duration};

use gateway::ephemeral::{Ephemeral as _, Redis, RedisSettings};
use rcgen::{BasicConstraints, CertificateParams, CertifiedIssuer, IsCa, KeyPair};
use secrecy::SecretString;

use super::servers::Server;
use crate::replicas::process::free_port;

type Authority = CertifiedIssuer<'static, KeyPair>;

fn authority() -> Authority {
    let mut params = CertificateParams::new(Vec::new()).unwrap();
    params.is_ca = IsCa::Ca(BasicConstraints::Unconstrained);
    CertifiedIssuer::self_signed(params, KeyPair::generate().unwrap()).unwrap()
}

/// A server whose certificate says `localhost` and that speaks TLS only with those who want it; its TLS port.
fn server(dir: &Path, authority: &Authority) -> (Server, u16) {
    let key = KeyPair::generate().unwrap();
    let certificate =
        CertificateParams::new(["localhost".to_owned()]).unwrap().signed_by(&key, authority).unwrap();
    let file = |name: &str, text: String| {
        let path = dir.join(name);
        std::fs::write(&path, text).unwrap();
        path.display().to_string()
    };
    let (certificate, key) = (file("server.pem", certificate.pem()), file("server.key", key.serialize_pem()));
    let authority = file("authority.pem", authority.pem());
    let port = free_port();
    let options = [
        "--tls-port",
        &port.to_string(),
        "--tls-cert-file",
        &certificate,
        "--tls-key-file",
        &key,
        "--tls-ca-cert-file",
        &authority,
        "--tls-auth-clients",
        "no",
    ];
    (Server::start(dir, &options), port)
}

fn settings(url: String, authority: &Authority) -> RedisSettings {
    RedisSettings { authorities: Some(authority.pem().into_bytes()), ..SecretString::from(url).into() }
}

#[tokio::test]
async fn a_certificate_is_believed_for_its_name_and_from_the_named_authority_only() {
    let dir = tempfile::tempdir().unwrap();
    let authority_known = authority();
    let (server, port) = server(dir.path(), &authority_known);
    server.until(&["PING"], |answer| answer == "PONG").await;

    let at_name = settings(format!("rediss://localhost:{port}"), &authority_known);
    let redis = Redis::connect(&at_name).unwrap();
    assert!(redis.reachable(Duration::from_secs(10)).await);
    redis.put("tls", b"there", Duration::from_secs(60)).await.unwrap();
    let mut subscription = redis.subscribe("tls");
    assert_eq!(subscription.next().await, Some(gateway::ephemeral::Heard::Resumed));

    let patience = Duration::from_millis(1500);
    let elsewhere = settings(format!("rediss://127.0.0.1:{port}"), &authority_known);
    assert!(!Redis::connect(&elsewhere).unwrap().reachable(patience).await, "the name is not in it");
    let stranger = settings(format!("rediss://localhost:{port}"), &authority());
    assert!(!Redis::connect(&stranger).unwrap().reachable(patience).await, "nobody vouches for it");
    let system = RedisSettings::from(SecretString::from(format!("rediss://localhost:{port}")));
    assert!(!Redis::connect(&system).unwrap().reachable(patience).await, "the system does not know it");
}
