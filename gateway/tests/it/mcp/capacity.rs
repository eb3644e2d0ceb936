//! What is more than this replica takes on is turned away, truthfully, and the rest goes on.

use tokio::{
    io::{AsyncReadExt as _, AsyncWriteExt as _},
    net::TcpStream,
    sync::mpsc,
};

use crate::harness::{Answer, World};

#[tokio::test]
async fn calls_beyond_the_bound_are_shed_and_never_reach_the_backend() {
    let world = World::start_with(&[("GATEWAY_CALLS", "2")]).await;
    let token = world.connect().await.tokens.access;
    let call = || tokio::spawn(world.http.post(world.url("/mcp")).bearer_auth(&token).body("{}").send());
    world.backend.next(Answer::Never);
    world.backend.next(Answer::Never);
    let waiting = [call(), call()];
    world.backend.saw(2).await;
    let shed = world.mcp(&token).await;
    assert_eq!(shed.status, 503);
    assert!(shed.headers.contains_key("retry-after"), "{:?}", shed.headers);
    assert!(!shed.headers.contains_key("www-authenticate"), "the token is good");
    assert_eq!(world.backend.seen().len(), 2);
    waiting.iter().for_each(tokio::task::JoinHandle::abort);
    world.backend.was_cancelled().await;
    assert_eq!(world.mcp(&token).await.status, 200);
}

#[tokio::test]
async fn streams_beyond_the_bound_are_given_up_and_calls_are_not() {
    let world = World::start_with(&[("GATEWAY_STREAMS", "1")]).await;
    let token = world.connect().await.tokens.access;
    let call = || world.http.post(world.url("/mcp")).bearer_auth(&token).body("{}").send();
    let (events, receiver) = mpsc::channel(1);
    world.backend.next(Answer::Events(receiver));
    let mut stream = call().await.unwrap();
    let (_quiet, receiver) = mpsc::channel(1);
    world.backend.next(Answer::Events(receiver));
    let lost = call().await.unwrap();
    assert_eq!(lost.status(), 502);
    assert!(!lost.headers().contains_key("retry-after"), "the backend has begun, and may have done it");
    world.backend.was_cancelled().await;
    assert_eq!(world.mcp(&token).await.status, 200);
    events.send("data: 1\n\n".to_owned()).await.unwrap();
    assert_eq!(stream.chunk().await.unwrap().unwrap(), "data: 1\n\n");
}

/// Whether a new connection is answered.
async fn is_answered(world: &World) -> (bool, TcpStream) {
    let mut stream = TcpStream::connect(world.address()).await.unwrap();
    let _ = stream.write_all(b"GET /assets/style.css HTTP/1.1\r\nhost: x\r\n\r\n").await;
    (stream.read(&mut [0; 16]).await.is_ok_and(|n| n > 0), stream)
}

#[tokio::test]
async fn one_address_has_a_share_of_the_connections_and_a_proxy_has_all() {
    let few = ("GATEWAY_CONNECTIONS_PER_ADDRESS", "1");
    for (networks, most) in [
        (("GATEWAY_ALLOWED_ORIGINS", "*"), Some(1)),
        (("GATEWAY_GENEROUS_NETWORKS", "127.0.0.0/8"), Some(20)),
        (("GATEWAY_TRUSTED_PROXIES", "127.0.0.0/8"), None),
    ] {
        let world = World::start_with(&[few, networks]).await;
        let mut held = Vec::new();
        for _ in 0..most.unwrap_or(30) {
            let (answered, stream) = is_answered(&world).await;
            assert!(answered, "{networks:?}: connection {}", held.len());
            held.push(stream);
        }
        assert_eq!(is_answered(&world).await.0, most.is_none(), "{networks:?}");
    }
}
