//! The webhook: told of a new connection and of a theft, signed, again where it failed, and of nothing else.

use std::sync::{Arc, Mutex};

use aws_lc_rs::hmac;
use axum::{Router, extract::State, routing::post};
use http::{HeaderMap, StatusCode};
use tokio::{net::TcpListener, sync::mpsc};

use crate::harness::{Tokens, World};

const SECRET: &str = "a secret of at least thirty-two characters";

/// What came, and what is answered, the last one for ever.
struct Receiver {
    url: String,
    came: mpsc::UnboundedReceiver<(HeaderMap, String)>,
}

type Shared = (mpsc::UnboundedSender<(HeaderMap, String)>, Arc<Mutex<Vec<StatusCode>>>);

impl Receiver {
    async fn start(answers: &[StatusCode]) -> Self {
        let (sender, came) = mpsc::unbounded_channel();
        let answers = Arc::new(Mutex::new(answers.iter().rev().copied().collect::<Vec<_>>()));
        let take = |State((sender, answers)): State<Shared>, headers: HeaderMap, body: String| async move {
            sender.send((headers, body)).unwrap();
            answers.lock().unwrap().pop().unwrap_or(StatusCode::NO_CONTENT)
        };
        let router = Router::new().route("/hook", post(take)).with_state((sender, answers));
        let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
        let url = format!("http://{}/hook", listener.local_addr().unwrap());
        tokio::spawn(async move { axum::serve(listener, router).await.unwrap() });
        Self { url, came }
    }

    /// The next message, whose signature must be good.
    async fn next(&mut self) -> serde_json::Value {
        let (headers, body) = self.came.recv().await.unwrap();
        let header = headers["peaka-signature"].to_str().unwrap();
        let (at, signature) = header.strip_prefix("t=").unwrap().split_once(",v1=").unwrap();
        let key = hmac::Key::new(hmac::HMAC_SHA256, SECRET.as_bytes());
        let bytes: Vec<u8> = (0..signature.len())
            .step_by(2)
            .map(|n| u8::from_str_radix(&signature[n..n + 2], 16).unwrap())
            .collect();
        hmac::verify(&key, format!("{at}.{body}").as_bytes(), &bytes).unwrap();
        assert!(!body.contains("pkm_rt_") && !body.contains("pkm_ac_"), "{body}");
        serde_json::from_str(&body).unwrap()
    }
}

async fn world(receiver: &Receiver) -> World {
    let variables = [("GATEWAY_WEBHOOK_URL", receiver.url.as_str()), ("GATEWAY_WEBHOOK_SECRET", SECRET)];
    World::start_with(&variables).await
}

#[tokio::test]
async fn it_is_told_of_a_connection_and_of_a_theft() {
    let mut receiver = Receiver::start(&[]).await;
    let world = world(&receiver).await;
    let connected = world.connect().await;
    let began = receiver.next().await;
    assert_eq!(
        (began["kind"].as_str(), began["client_name"].as_str()),
        (Some("session_began"), Some("Claude"))
    );
    let mut newest = connected.tokens.clone();
    for _ in 0..2 {
        newest = Tokens::of(&world.refresh(&connected.client, &newest.refresh).await);
    }
    assert_eq!(world.refresh(&connected.client, &connected.tokens.refresh).await.status, 400);
    let theft = receiver.next().await;
    assert_eq!((&theft["kind"], &theft["session_id"]), (&"refresh_reused".into(), &began["session_id"]));
    assert_ne!(theft["id"], began["id"]);
}

#[tokio::test]
async fn what_fails_is_told_again_and_what_was_told_is_not() {
    let mut receiver = Receiver::start(&[StatusCode::SERVICE_UNAVAILABLE, StatusCode::FOUND]).await;
    let world = world(&receiver).await;
    world.connect().await;
    let first = receiver.next().await;
    for pause in [5, 10] {
        // The try is noted after it was answered; until then, time must not pass.
        while world.database.count("webhook_deliveries WHERE next_at_ms > 0").await == 0 {
            tokio::task::yield_now().await;
        }
        tokio::time::sleep(std::time::Duration::from_millis(200)).await;
        world.pass(pause + 1);
        assert_eq!(receiver.next().await["id"], first["id"]);
    }
    while world.database.count("webhook_deliveries WHERE done_at_ms IS NOT NULL").await == 0 {
        tokio::task::yield_now().await;
    }
    world.pass(60);
    world.connect().await;
    assert_ne!(receiver.next().await["id"], first["id"]);
}
