//! What happens when somebody leaves in the middle.

use serde_json::{Value, json};
use shared::{assertion::HEADER, clock::SystemClock};
use tokio::net::TcpListener;
use tokio_util::sync::CancellationToken;

use crate::harness::{House, PROJECT, call};

fn sql() -> Value {
    call("peaka_execute_sql_query", json!({ "projectId": PROJECT, "query": "SELECT 1" }))
}

#[tokio::test]
async fn a_client_that_goes_away_ends_its_call_to_peaka() {
    let house = House::start().await;
    let held = house.peaka.holds();
    let request = house.post_as(&House::somebody()).json(&sql()).send();
    tokio::select! {
        _ = request => panic!("the call was answered while it was held"),
        () = held.arrived() => {}
    }
    // The request has been dropped; nobody lets the call go.
    held.abandoned().await;
}

#[tokio::test]
async fn a_shutdown_waits_for_the_calls_under_way() {
    let house = House::start().await;
    let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let url = format!("http://{}/mcp", listener.local_addr().unwrap());
    let shutdown = CancellationToken::new();
    let config = House::config(&house.gateway.url, &house.peaka.url);
    let served = tokio::spawn(mcp_backend::serve(config, listener, shutdown.clone()));

    let held = house.peaka.holds();
    let request = house
        .http
        .post(&url)
        .header("content-type", "application/json")
        .header(HEADER, house.gateway.assertion(&House::somebody(), &SystemClock))
        .json(&sql())
        .send();
    let under_way = tokio::spawn(request);
    held.arrived().await;
    shutdown.cancel();
    held.let_go();
    let answer: Value = under_way.await.unwrap().unwrap().json().await.unwrap();
    assert_eq!(answer["id"], 7);
    served.await.unwrap().unwrap();
    assert!(house.http.get(&url).send().await.is_err(), "it still listens");
}

#[tokio::test]
async fn readiness_says_so_at_once_and_the_doors_stay_open_for_a_while() {
    let house = House::start().await;
    let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let at = |path: &str| format!("http://{}{path}", listener.local_addr().unwrap());
    let (ready, alive) = (at("/readyz"), at("/healthz"));
    let shutdown = CancellationToken::new();
    let mut config = House::config(&house.gateway.url, &house.peaka.url);
    config.leaving.delay = std::time::Duration::from_millis(1500);
    let served = tokio::spawn(mcp_backend::serve(config, listener, shutdown.clone()));

    assert_eq!(house.http.get(&ready).send().await.unwrap().status(), 200);
    shutdown.cancel();
    assert_eq!(house.http.get(&ready).send().await.unwrap().status(), 503);
    assert_eq!(house.http.get(&alive).send().await.unwrap().status(), 200);
    served.await.unwrap().unwrap();
    assert!(house.http.get(&alive).send().await.is_err(), "it still listens");
}
