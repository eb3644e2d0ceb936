//! A replica is told to stop, and nobody notices but the load balancer.

use tokio::sync::mpsc;

use crate::harness::{Answer, World};

#[tokio::test]
async fn readiness_says_so_at_once_while_the_doors_stay_open_and_streams_go_on_to_their_end() {
    let mut world = World::start_process_with(&[("GATEWAY_SHUTDOWN_DELAY_SECONDS", "3")]).await;
    let token = world.connect().await.tokens.access;
    let (events, receiver) = mpsc::channel(1);
    world.backend.next(Answer::Events(receiver));
    let mut stream = world.http.post(world.url("/mcp")).bearer_auth(&token).body("{}").send().await.unwrap();
    events.send("data: 1\n\n".to_owned()).await.unwrap();
    assert_eq!(stream.chunk().await.unwrap().unwrap(), "data: 1\n\n");

    let ready = format!("{}/readyz", world.internal);
    assert_eq!(world.http.get(&ready).send().await.unwrap().status(), 200);
    world.process.as_ref().unwrap().terminate();
    loop {
        let answer = world.http.get(&ready).send().await.unwrap();
        if answer.status() == 503 {
            let told: serde_json::Value = answer.json().await.unwrap();
            assert_eq!(told, serde_json::json!({ "status": "leaving", "database": "up" }));
            break;
        }
    }
    // Whoever has not noticed yet is served as ever, on a connection of its own, too.
    let fresh = reqwest_of_its_own(&world).await;
    assert_eq!(fresh, 200);
    assert_eq!(world.mcp(&token).await.status, 200);
    // But asked to connect anew the next time.
    let kept = world.http.get(world.url("/.well-known/oauth-authorization-server")).send().await.unwrap();
    assert_eq!(kept.headers()["connection"], "close");

    // Then the doors close; what is under way goes on to its end.
    let address = world.address();
    while tokio::net::TcpStream::connect(&address).await.is_ok() {
        tokio::time::sleep(std::time::Duration::from_millis(20)).await;
    }
    events.send("data: 2\n\n".to_owned()).await.unwrap();
    assert_eq!(stream.chunk().await.unwrap().unwrap(), "data: 2\n\n");
    drop(events);
    assert_eq!(stream.chunk().await.unwrap(), None, "the end of the protocol, not of the connection");
    assert!(world.process.as_mut().unwrap().ended().await.success());
}

#[tokio::test]
async fn what_does_not_end_is_cut_off_in_the_end() {
    let mut world = World::start_process_with(&[("GATEWAY_DRAIN_SECONDS", "1")]).await;
    let token = world.connect().await.tokens.access;
    let (events, receiver) = mpsc::channel(1);
    world.backend.next(Answer::Events(receiver));
    let mut stream = world.http.post(world.url("/mcp")).bearer_auth(&token).body("{}").send().await.unwrap();
    events.send("data: 1\n\n".to_owned()).await.unwrap();
    assert_eq!(stream.chunk().await.unwrap().unwrap(), "data: 1\n\n");
    world.process.as_ref().unwrap().terminate();
    assert!(world.process.as_mut().unwrap().ended().await.success());
    assert!(stream.chunk().await.is_err(), "an answer that was cut short must not look whole");
}

/// The status of a request on a connection that nobody has used before.
async fn reqwest_of_its_own(world: &World) -> u16 {
    let raw = "GET /.well-known/oauth-authorization-server HTTP/1.1\r\nHost: localhost\r\nConnection: close\r\n\r\n";
    let answer = world.raw(raw).await;
    answer.split(' ').nth(1).unwrap().parse().unwrap()
}
