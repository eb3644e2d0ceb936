//! More requests than connections: that is no failover.

use std::time::Duration;

use gateway::store::{Store, StoreSettings};

use super::server::Server;
use crate::store_contract::samples::{NOW, later};

/// What a connection is asked if it is not trusted.
const QUESTION: &str = "SHOW transaction_read_only";

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn connections_are_trusted_though_none_was_free() {
    let server = Server::primary("-c log_statement=all");
    let url = format!("postgres://postgres@{}/postgres", server.host()).into();
    let acquire = Duration::from_millis(500);
    let store = Store::connect(&StoreSettings { url, connections: 1, replicas: 1, acquire }).await.unwrap();
    assert!(store.take_lease("held", "test", NOW, later()).await.unwrap());

    // The one connection waits for a lock, until the server has it wait no longer: two seconds.
    let holding = server.lock("LOCK TABLE leases").await;
    let waited = store.take_lease("held", "test", NOW, later()).await;
    assert!(waited.is_err(), "it had to wait");
    drop(holding);

    let before = server.log().matches(QUESTION).count();
    for _ in 0..50 {
        store.ping().await.unwrap();
    }
    let asked = server.log().matches(QUESTION).count() - before;
    // One connection is asked twice a second, come what may.
    assert!(asked < 25, "{asked} of 50 were asked first");
    store.close().await;
}
