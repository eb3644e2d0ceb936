//! How an operator's settings are read.

use std::collections::BTreeSet;

use gateway::cimd::FetchPolicy;
use serde_json::json;
use shared::env::Env;

use super::host::{Host, ID, document, documents, id, ok};

#[tokio::test]
async fn an_operator_can_name_hosts_of_their_own() {
    let host = Host::answering(ok("", &document(json!({})))).await;
    let folder = std::env::temp_dir();
    let file = folder.join(format!("cimd-authority-{}.pem", std::process::id()));
    std::fs::write(&file, &host.authority).unwrap();
    let hosts = format!("other.example=10.0.0.1:443 , client.example={}", host.address);
    let mut env = Env::of([
        ("GATEWAY_CIMD_PRIVATE_HOSTS", hosts.as_str()),
        ("GATEWAY_CIMD_CA_FILE", file.to_str().unwrap()),
        ("GATEWAY_CIMD_PORTS", "443, 8443"),
    ]);
    let policy = FetchPolicy::read(&mut env);
    let policy = env.finish(policy).unwrap();
    std::fs::remove_file(&file).unwrap();
    assert_eq!(policy.ports, BTreeSet::from([443, 8443]));
    documents(policy).fetch(&id(ID)).await.unwrap();
}

#[test]
fn by_default_there_are_none() {
    let mut env = Env::of::<&str, &str>([]);
    let policy = FetchPolicy::read(&mut env);
    let policy = env.finish(policy).unwrap();
    assert!(policy.private_hosts.is_empty() && policy.extra_authorities.is_none());
    assert_eq!(policy.ports, BTreeSet::from([443]));
}

#[test]
fn every_mistake_is_reported() {
    let mut env = Env::of([
        ("GATEWAY_CIMD_PRIVATE_HOSTS", "docs.example=10.0.0.1,localhost=127.0.0.1:1,docs.example"),
        ("GATEWAY_CIMD_CA_FILE", "/does/not/exist.pem"),
        ("GATEWAY_CIMD_PORTS", "443,0"),
    ]);
    let policy = FetchPolicy::read(&mut env);
    let mistakes = env.finish(policy).unwrap_err().to_string();
    assert!(mistakes.contains("5 mistake(s)"), "{mistakes}");
}
