use std::time::Duration;

use gateway::store::{OpenError, Store, StoreSettings};
use rcgen::{BasicConstraints, CertificateParams, CertifiedIssuer, IsCa, KeyPair};

use super::server::Server;

type Authority = CertifiedIssuer<'static, KeyPair>;

fn authority() -> Authority {
    let mut params = CertificateParams::new(Vec::new()).unwrap();
    params.is_ca = IsCa::Ca(BasicConstraints::Unconstrained);
    CertifiedIssuer::self_signed(params, KeyPair::generate().unwrap()).unwrap()
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_certificate_is_believed_for_its_name_and_from_the_named_authority_only() {
    let dir = tempfile::tempdir().unwrap();
    let open = std::os::unix::fs::PermissionsExt::from_mode(0o755);
    std::fs::set_permissions(dir.path(), open).unwrap();
    let (known, stranger) = (authority(), authority());
    let key = KeyPair::generate().unwrap();
    let params = CertificateParams::new(["localhost".to_owned()]).unwrap();
    let certificate =
        Server::secret_file(dir.path(), "server.pem", &params.signed_by(&key, &known).unwrap().pem());
    let key = Server::secret_file(dir.path(), "server.key", &key.serialize_pem());
    let configuration =
        format!("-c ssl=on -c ssl_cert_file={} -c ssl_key_file={}", certificate.display(), key.display());
    let server = Server::primary(&configuration);
    let file = |name: &str, authority: &Authority| {
        let path = dir.path().join(name);
        std::fs::write(&path, authority.pem()).unwrap();
        path.display().to_string()
    };
    let (known, stranger) = (file("known.pem", &known), file("stranger.pem", &stranger));
    let connect = async |host: &str, roots: &str| {
        let url = format!(
            "postgres://postgres@{host}:{}/postgres?sslmode=verify-full&sslrootcert={roots}",
            server.port
        );
        let acquire = Duration::from_secs(5);
        Store::connect(&StoreSettings { url: url.into(), connections: 2, replicas: 1, acquire }).await
    };

    let store = connect("localhost", &known).await.unwrap();
    store.ping().await.unwrap();
    let sql = "SELECT COUNT(*) FROM pg_stat_ssl JOIN pg_stat_activity USING (pid) WHERE ssl AND backend_type = 'client backend'";
    assert!(server.number(sql).await > 0, "what is sent is encrypted");
    for (host, roots) in [("127.0.0.1", &known), ("localhost", &stranger)] {
        let refused = connect(host, roots).await;
        assert!(matches!(&refused, Err(OpenError::Connect(_))), "{host}: {refused:?}");
    }
    store.close().await;
}
