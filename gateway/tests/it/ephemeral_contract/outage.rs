//! How Redis is missed and found again, with a relay in front of it that can be frozen and cut.

use std::{sync::Arc, time::Duration};

use gateway::ephemeral::{self, Ephemeral, EphemeralError, Heard, Redis};
use secrecy::{ExposeSecret, SecretString};
use shared::clock::SystemClock;
use tokio::{
    io::{AsyncReadExt, AsyncWriteExt},
    net::{TcpListener, TcpStream, tcp},
    sync::watch,
};

use super::world::redis_url;

const PATIENCE: Duration = Duration::from_secs(10);
const HOUR: Duration = Duration::from_secs(3600);

/// What passes.
#[derive(Clone, Copy, PartialEq)]
pub(crate) enum Mode {
    Open,
    Frozen,
    Cut,
}

/// Redis, behind something that fails.
pub(crate) struct Relay {
    pub(crate) url: SecretString,
    mode: watch::Sender<Mode>,
}

impl Relay {
    pub(crate) async fn start() -> Self {
        let target =
            redis_url().expose_secret().trim_start_matches("redis://").trim_end_matches('/').to_owned();
        let target = target.split('/').next().unwrap().to_owned();
        let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
        let url = format!("redis://{}/", listener.local_addr().unwrap()).into();
        let (mode, modes) = watch::channel(Mode::Open);
        tokio::spawn(async move {
            while let Ok((near, _)) = listener.accept().await {
                if *modes.borrow() == Mode::Cut {
                    continue;
                }
                let far = TcpStream::connect(&target).await.unwrap();
                let ((near_in, near_out), (far_in, far_out)) = (near.into_split(), far.into_split());
                tokio::spawn(relay(near_in, far_out, modes.clone()));
                tokio::spawn(relay(far_in, near_out, modes.clone()));
            }
        });
        Self { url, mode }
    }

    pub(crate) fn set(&self, mode: Mode) {
        self.mode.send_replace(mode);
    }
}

async fn relay(mut from: tcp::OwnedReadHalf, mut to: tcp::OwnedWriteHalf, mut modes: watch::Receiver<Mode>) {
    let mut cuts = modes.clone();
    let copying = async {
        let mut buffer = [0; 4096];
        while let Ok(length @ 1..) = from.read(&mut buffer).await {
            let _ = modes.wait_for(|mode| *mode != Mode::Frozen).await;
            if to.write_all(&buffer[..length]).await.is_err() {
                break;
            }
        }
    };
    tokio::select! {
        () = copying => {}
        _ = cuts.wait_for(|mode| *mode == Mode::Cut) => {}
    }
}

fn says(error: EphemeralError) -> String {
    assert!(matches!(error, EphemeralError::Unavailable(_)), "{error}");
    error.to_string()
}

#[tokio::test]
async fn a_redis_that_hangs_is_given_up_after_three_commands_and_found_again() {
    let relay = Relay::start().await;
    let redis = Redis::connect(&relay.url.clone().into()).unwrap();
    assert!(redis.reachable(PATIENCE).await);
    redis.put("outage:hang", b"before", HOUR).await.unwrap();

    relay.set(Mode::Frozen);
    for _ in 0..3 {
        assert!(says(redis.get("outage:hang").await.unwrap_err()).contains("did not answer in time"));
    }
    for _ in 0..100 {
        assert!(says(redis.get("outage:hang").await.unwrap_err()).contains("there is no connection"));
    }

    relay.set(Mode::Open);
    assert!(redis.reachable(PATIENCE).await);
    assert_eq!(redis.get("outage:hang").await.unwrap().unwrap(), b"before");
}

#[tokio::test]
async fn subscriptions_survive_a_lost_connection_and_say_that_they_resumed() {
    let relay = Relay::start().await;
    let redis = Redis::connect(&relay.url.clone().into()).unwrap();
    assert!(redis.reachable(PATIENCE).await);
    let mut subscription = redis.subscribe("outage:channel");
    assert_eq!(subscription.next().await, Some(Heard::Resumed));

    relay.set(Mode::Cut);
    while redis.publish("outage:channel", b"lost").await.is_ok() {}
    relay.set(Mode::Open);

    assert_eq!(subscription.next().await, Some(Heard::Resumed));
    assert!(redis.reachable(PATIENCE).await);
    redis.publish("outage:channel", b"after").await.unwrap();
    assert_eq!(subscription.next().await, Some(Heard::Message(b"after".to_vec())));
}

#[tokio::test]
async fn starting_does_not_need_redis() {
    let closed = TcpListener::bind("127.0.0.1:0").await.unwrap().local_addr().unwrap();
    let url = SecretString::from(format!("redis://:secret-password@{closed}/"));
    let store = ephemeral::connect(Some(&url.into()), Arc::new(SystemClock)).unwrap();
    says(store.add("outage:counter", 1, HOUR).await.unwrap_err());
    says(store.publish("outage:channel", b"anyone?").await.unwrap_err());
    store.subscribe("outage:channel");
}

#[tokio::test]
async fn an_address_that_is_none_stops_the_start_without_telling_the_password() {
    let url = SecretString::from("redi://:secret-password@host".to_owned());
    let Err(error) = ephemeral::connect(Some(&url.into()), Arc::new(SystemClock)) else {
        panic!("it started")
    };
    assert!(matches!(error, EphemeralError::Address(_)));
    assert!(!format!("{error} {error:?}").contains("secret-password"));
}
