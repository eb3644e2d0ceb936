//! Server-sent events pass as they come, and end when either side ends.

use tokio::sync::mpsc;

use crate::harness::{Answer, Form, World};

#[tokio::test]
async fn events_pass_one_by_one() {
    let world = World::start().await;
    let token = world.connect().await.tokens.access;
    let (events, receiver) = mpsc::channel(1);
    world.backend.next(Answer::Events(receiver));
    let request = world.http.post(world.url("/mcp")).bearer_auth(&token).body("{}");
    let mut response = request.send().await.unwrap();
    assert_eq!(response.status(), 200);
    assert_eq!(response.headers()["content-type"], "text/event-stream");
    assert_eq!(response.headers()["x-accel-buffering"], "no");
    for event in ["data: 1\n\n", ": keep-alive\n\n", "data: 2\n\n"] {
        events.send(event.to_owned()).await.unwrap();
        // Nothing is held back until there is more.
        assert_eq!(response.chunk().await.unwrap().unwrap(), event);
    }
    drop(events);
    assert_eq!(response.chunk().await.unwrap(), None);
}

#[tokio::test]
async fn a_stream_that_breaks_is_seen_to_break() {
    let world = World::start().await;
    let token = world.connect().await.tokens.access;
    let (events, receiver) = mpsc::channel(1);
    world.backend.next(Answer::Events(receiver));
    let mut response =
        world.http.post(world.url("/mcp")).bearer_auth(&token).body("{}").send().await.unwrap();
    events.send("data: 1\n\n".to_owned()).await.unwrap();
    assert_eq!(response.chunk().await.unwrap().unwrap(), "data: 1\n\n");
    world.backend.stop();
    assert!(response.chunk().await.is_err());
}

#[tokio::test]
async fn a_client_that_hangs_up_cancels_the_call() {
    let world = World::start().await;
    let token = world.connect().await.tokens.access;
    world.backend.next(Answer::Never);
    let waiting = tokio::spawn(world.http.post(world.url("/mcp")).bearer_auth(&token).body("{}").send());
    world.backend.saw(1).await;
    waiting.abort();
    world.backend.was_cancelled().await;
}

#[tokio::test]
async fn a_client_that_stops_listening_cancels_the_stream() {
    let world = World::start().await;
    let token = world.connect().await.tokens.access;
    let (events, receiver) = mpsc::channel(1);
    world.backend.next(Answer::Events(receiver));
    let response = world.http.post(world.url("/mcp")).bearer_auth(&token).body("{}").send().await.unwrap();
    events.send("data: 1\n\n".to_owned()).await.unwrap();
    drop(response);
    world.backend.was_cancelled().await;
}

/// Row 69: what is open when a session ends, ends with it.
#[tokio::test]
async fn a_stream_ends_with_its_session_and_with_its_token() {
    let world = World::start().await;
    for revoked in [true, false] {
        let connected = world.connect().await;
        let (events, receiver) = mpsc::channel(1);
        world.backend.next(Answer::Events(receiver));
        let request = world.http.post(world.url("/mcp")).bearer_auth(&connected.tokens.access).body("{}");
        let mut response = request.send().await.unwrap();
        events.send("data: 1\n\n".to_owned()).await.unwrap();
        assert_eq!(response.chunk().await.unwrap().unwrap(), "data: 1\n\n");
        if revoked {
            let form = Form::of([
                ("token", connected.tokens.refresh.as_str()),
                ("client_id", connected.client.id.as_str()),
            ]);
            assert_eq!(world.post("/oauth/revoke", &form).await.status, 200);
        } else {
            world.pass(900 + 30);
        }
        assert!(response.chunk().await.is_err(), "it is cut, not ended");
        world.backend.was_cancelled().await;
    }
}
