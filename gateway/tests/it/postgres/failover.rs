use std::time::{Duration, Instant};

use gateway::store::{OpenError, Store, StoreError, StoreSettings};

use super::server::Server;
use crate::store_contract::samples::{NOW, add_session, later, session};

/// From the promotion of a standby to the first write there.
const BOUND: Duration = Duration::from_secs(15);

/// As a replica has it: a request waits for a second.
fn settings(hosts: &[&Server]) -> StoreSettings {
    let hosts: Vec<String> = hosts.iter().map(|server| server.host()).collect();
    StoreSettings {
        url: format!("postgres://postgres@{}/postgres?target_session_attrs=read-write", hosts.join(","))
            .into(),
        connections: 4,
        replicas: 1,
        acquire: Duration::from_secs(1),
    }
}

/// Writes until it succeeds; whatever fails before is an outage and nothing else.
#[expect(clippy::print_stdout, reason = "how long it took, for whoever asks")]
async fn writes_again(store: &Store, name: &str) {
    let began = Instant::now();
    loop {
        match store.take_lease(name, "test", NOW, later()).await {
            Ok(taken) => {
                assert!(taken);
                break;
            }
            Err(StoreError::Unavailable(_)) => {}
            Err(error) => panic!("{error}"),
        }
        assert!(began.elapsed() < BOUND, "nothing is written any more");
        tokio::time::sleep(Duration::from_millis(20)).await;
    }
    println!("written again after {} ms", began.elapsed().as_millis());
}

const WRITTEN: &str = "SELECT COUNT(*) FROM leases WHERE name = 'after'";

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_standby_that_is_promoted_gets_the_writes() {
    let primary = Server::primary("");
    // Synchronously: what was acknowledged must be there afterwards.
    let standby = Server::standby_of(&primary);
    primary.run("ALTER SYSTEM SET synchronous_standby_names = '*'").await;
    primary.run("SELECT pg_reload_conf()").await;
    // The one that takes no writes comes first.
    let store = Store::connect(&settings(&[&standby, &primary])).await.unwrap();
    add_session(&store, &session("before")).await;

    primary.kill();
    let lost = store.take_lease("after", "test", NOW, later()).await;
    assert!(matches!(lost, Err(StoreError::Unavailable(_))), "{lost:?}");
    standby.promote();

    writes_again(&store, "after").await;
    assert_eq!(standby.number(WRITTEN).await, 1);
    assert!(store.session("before").await.unwrap().is_some(), "what was acknowledged is there");
    store.close().await;
}

/// It goes on running, with all the connections to it.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_primary_that_steps_down_is_left() {
    let primary = Server::primary("");
    let standby = Server::standby_of(&primary);
    let store = Store::connect(&settings(&[&primary, &standby])).await.unwrap();
    add_session(&store, &session("before")).await;
    standby.until_it_has("SELECT COUNT(*) FROM sessions", 1).await;

    standby.promote();
    primary.takes_no_writes().await;

    writes_again(&store, "after").await;
    assert_eq!(standby.number(WRITTEN).await, 1);
    assert_eq!(primary.number(WRITTEN).await, 0);
    store.close().await;
}

/// A name that leads to another server by now, or a server that recovers.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn connections_to_a_server_that_takes_no_writes_are_not_used() {
    let server = Server::primary("");
    let store = Store::connect(&settings(&[&server])).await.unwrap();
    add_session(&store, &session("before")).await;
    server.takes_no_writes().await;
    let refused = store.take_lease("after", "test", NOW, later()).await;
    assert!(matches!(refused, Err(StoreError::Unavailable(_))), "{refused:?}");
    // What it says may be old, so it is not read from either, once that is noticed.
    let noticed = Instant::now();
    while store.session("before").await.is_ok() {
        assert!(noticed.elapsed() < BOUND, "it is still read from");
    }
    server.run("ALTER SYSTEM RESET default_transaction_read_only").await;
    server.run("SELECT pg_reload_conf()").await;
    writes_again(&store, "after").await;
    store.close().await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_server_that_takes_no_writes_is_not_started_with() {
    let server = Server::primary("-c default_transaction_read_only=on");
    let refused = Store::connect(&settings(&[&server])).await;
    assert!(matches!(&refused, Err(OpenError::Connect(_))), "{refused:?}");
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn more_connections_than_the_server_grants_are_refused_at_the_start() {
    let server = Server::primary("-c max_connections=20");
    let settings = StoreSettings { connections: 6, ..settings(&[&server]) };
    // 20 less 3 that are kept for superusers.
    assert!(Store::connect(&StoreSettings { replicas: 2, ..settings.clone() }).await.is_ok());
    let refused = Store::connect(&StoreSettings { replicas: 3, ..settings }).await.unwrap_err();
    insta::assert_snapshot!(refused, @"3 replicas with 6 connections each are more than the 17 that the server grants (max_connections less the reserved ones): lower GATEWAY_DATABASE_CONNECTIONS or raise max_connections; GATEWAY_REPLICAS says how many replicas there are at most");
}
