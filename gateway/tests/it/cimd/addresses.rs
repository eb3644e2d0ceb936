//! Where a name may lead.

use std::{
    collections::BTreeSet,
    io,
    net::IpAddr,
    sync::{
        Arc,
        atomic::{AtomicUsize, Ordering},
    },
};

use futures_util::future::BoxFuture;
use gateway::cimd::{CimdError, FetchPolicy, Lookup, NotAllowed, Unreachable};
use serde_json::json;

use super::host::{Host, document, documents, hasty, id, ok};

/// Answers each lookup with the next of its lists, and the last one for ever.
#[derive(Debug)]
struct Scripted {
    answers: Vec<Vec<IpAddr>>,
    asked: AtomicUsize,
}

impl Scripted {
    fn new(answers: &[&[&str]]) -> Arc<Self> {
        let parsed = |list: &&[&str]| list.iter().map(|address| address.parse().unwrap()).collect();
        Arc::new(Self { answers: answers.iter().map(parsed).collect(), asked: AtomicUsize::new(0) })
    }

    fn asked(&self) -> usize {
        self.asked.load(Ordering::SeqCst)
    }
}

impl Lookup for Scripted {
    fn lookup(&self, host: String) -> BoxFuture<'static, io::Result<Vec<IpAddr>>> {
        assert_eq!(host, "rebinding.example");
        let turn = self.asked.fetch_add(1, Ordering::SeqCst).min(self.answers.len() - 1);
        let answer = self.answers[turn].clone();
        Box::pin(async move { Ok(answer) })
    }
}

/// A host on loopback, and a policy under which only the addresses of its name keep us from it.
async fn inside(lookup: Arc<Scripted>) -> (Host, FetchPolicy, String) {
    let host = Host::answering(ok("", &document(json!({})))).await;
    let port = host.address.port();
    let policy = FetchPolicy { ports: BTreeSet::from([443, port]), lookup, ..host.policy() };
    (host, policy, format!("https://rebinding.example:{port}/client.json"))
}

#[tokio::test]
async fn a_name_that_leads_inside_is_refused_without_a_connection() {
    for addresses in [
        &["127.0.0.1"][..],
        &["0.0.0.0"],
        &["::1"],
        &["::"],
        &["::ffff:127.0.0.1"],
        &["::127.0.0.1"],
        &["64:ff9b::7f00:1"],
        &["2002:7f00:1::"],
        &["2001:0:4136:e378:8000:63bf:80ff:fffe"],
        &["fe80::5efe:127.0.0.1"],
        &["10.0.0.1"],
        &["172.16.0.1"],
        &["192.168.0.1"],
        &["169.254.169.254"],
        &["100.64.0.1"],
        &["198.18.0.1"],
        &["192.0.0.1"],
        &["240.0.0.1"],
        &["224.0.0.1"],
        &["fc00::1"],
        &["fe80::1"],
        &["3ffe::1", "127.0.0.1"],
        &["127.0.0.1", "3ffe::1"],
    ] {
        let lookup = Scripted::new(&[addresses]);
        let (host, policy, url) = inside(lookup.clone()).await;
        let error = documents(policy).fetch(&id(&url)).await.unwrap_err();
        let CimdError::NotAllowed(NotAllowed::Address { host: name, address }) = &error else {
            panic!("{addresses:?}: {error}");
        };
        assert_eq!(name, "rebinding.example");
        assert!(addresses.iter().any(|listed| listed.parse() == Ok(*address)), "{addresses:?}: {address}");
        assert!(!error.public_message().contains("address"), "{}", error.public_message());
        assert_eq!((lookup.asked(), host.connections()), (1, 0), "{addresses:?}");
    }
}

#[tokio::test]
async fn a_name_that_changes_after_the_check_gains_nothing() {
    // The first address is in the public range and belongs to nobody, so nothing is there to answer.
    let lookup = Scripted::new(&[&["3ffe::1"], &["127.0.0.1"]]);
    let (host, policy, url) = inside(lookup.clone()).await;
    let documents = documents(hasty(policy));

    let error = documents.fetch(&id(&url)).await.unwrap_err();
    assert!(
        matches!(error, CimdError::Unreachable(Unreachable::Failed(_) | Unreachable::Timeout)),
        "{error}"
    );
    assert_eq!((lookup.asked(), host.connections()), (1, 0), "the name is looked up once for a connection");

    let error = documents.fetch(&id(&url)).await.unwrap_err();
    assert!(matches!(error, CimdError::NotAllowed(NotAllowed::Address { .. })), "{error}");
    assert_eq!((lookup.asked(), host.connections()), (2, 0));
}

#[tokio::test]
async fn a_name_without_addresses_is_unreachable() {
    let (_host, policy, url) = inside(Scripted::new(&[&[]])).await;
    let error = documents(policy).fetch(&id(&url)).await.unwrap_err();
    assert!(matches!(error, CimdError::Unreachable(Unreachable::Failed(_))), "{error}");
}

#[tokio::test]
async fn other_ports_are_refused_without_a_lookup() {
    let lookup = Scripted::new(&[&["127.0.0.1"]]);
    let (host, policy, url) = inside(lookup.clone()).await;
    let policy = FetchPolicy { ports: BTreeSet::from([443]), ..policy };
    let private =
        format!("https://client.example:{}/x", if host.address.port() == 8443 { 8444 } else { 8443 });
    for url in [url, private] {
        let error = documents(policy.clone()).fetch(&id(&url)).await.unwrap_err();
        assert!(matches!(error, CimdError::NotAllowed(NotAllowed::Port(_))), "{error}");
    }
    assert_eq!((lookup.asked(), host.connections()), (0, 0));
}
