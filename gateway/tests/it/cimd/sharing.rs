//! Who shares a fetch, and what is remembered of it.

use std::{sync::Arc, time::Duration};

use gateway::{
    cimd::{CimdError, ClientDocuments, Unreachable},
    ephemeral::Memory,
};
use serde_json::json;
use shared::clock::{ManualClock, Timestamp};
use tokio::{sync::Semaphore, task::JoinSet};

use super::host::{Act, Host, ID, answer, document, id, ok};

#[tokio::test]
async fn a_document_is_remembered_as_long_as_its_headers_say() {
    let clock = Arc::new(ManualClock::starting_at(Timestamp::from_seconds(1_800_000_000)));
    let memory = Arc::new(Memory::new(clock.clone()));
    let host = Host::answering(ok("cache-control: max-age=600\r\n", &document(json!({})))).await;
    // Two, as the cache is the replicas' common one.
    let replicas = [(); 2].map(|()| ClientDocuments::new(host.policy(), memory.clone()).unwrap());
    for replica in &replicas {
        replica.fetch(&id(ID)).await.unwrap();
    }
    clock.advance(Duration::from_secs(599));
    replicas[0].fetch(&id(ID)).await.unwrap();
    assert_eq!(host.requests(), 1);
    clock.advance(Duration::from_secs(1));
    replicas[1].fetch(&id(ID)).await.unwrap();
    assert_eq!(host.requests(), 2);
}

#[tokio::test]
async fn failures_are_not_remembered() {
    let good = ok("", &document(json!({})));
    let host = Host::start(move |number| match number {
        0 => Act::Send(answer("503 Busy", "", "")),
        1 => Act::Send(ok("cache-control: max-age=600\r\n", "{}")),
        2 => Act::Send(b"nonsense".to_vec()),
        _ => Act::Send(good.clone()),
    })
    .await;
    let documents = host.documents();
    for _ in 0..3 {
        documents.fetch(&id(ID)).await.unwrap_err();
    }
    documents.fetch(&id(ID)).await.unwrap();
    assert_eq!(host.requests(), 4);
}

#[tokio::test]
async fn many_who_ask_at_once_share_one_fetch() {
    let leave = Arc::new(Semaphore::new(0));
    // Not to be stored, so that only the sharing can spare requests.
    let (given, bytes) = (leave.clone(), ok("cache-control: no-store\r\n", &document(json!({}))));
    let host = Host::start(move |_| Act::Await(given.clone(), bytes.clone())).await;
    let documents = host.documents();
    let wanted = id(ID);
    let mut asking: Vec<_> = (0..64).map(|_| Box::pin(documents.fetch(&wanted))).collect();
    for one in &mut asking {
        assert!(futures_util::poll!(one).is_pending());
    }
    // One who leaves takes nobody's answer away, be it the first.
    drop(asking.remove(0));
    leave.add_permits(1);
    for one in asking {
        one.await.unwrap();
    }
    assert_eq!(host.requests(), 1);
}

#[tokio::test]
async fn a_host_gets_one_request_at_a_time() {
    let leave = Arc::new(Semaphore::new(0));
    let given = leave.clone();
    let host = Host::start(move |_| Act::Await(given.clone(), answer("503 Busy", "", ""))).await;
    let documents = host.documents();
    let mut asking: JoinSet<_> = (0..8)
        .map(|n| {
            let documents = documents.clone();
            async move { documents.fetch(&id(&format!("https://client.example/{n}"))).await }
        })
        .collect();
    // Each is let go only after the one before it is done, so that any others would be seen waiting beside it.
    for _ in 0..8 {
        leave.add_permits(1);
        let error = asking.join_next().await.unwrap().unwrap().unwrap_err();
        assert!(matches!(error, CimdError::Unreachable(Unreachable::Status(503))), "{error}");
    }
    assert_eq!((host.requests(), host.most_open()), (8, 1));
}
