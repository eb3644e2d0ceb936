//! Subscriptions. Each has a connection of its own, as a subscribed connection takes no other commands, and is
//! made again by itself whenever that is lost.

use std::time::Duration;

use futures_util::StreamExt;
use redis::RedisResult;
use tokio::{
    sync::broadcast,
    time::{sleep, timeout},
};
use tracing::warn;

use super::{
    super::Heard,
    link::describe,
    wire::{CONNECT_WITHIN, Target},
};
use crate::metrics::{REDIS_CONNECTED, RedisUse};

/// A silent connection is asked this often whether it still stands.
const ASK_EVERY: Duration = Duration::from_secs(5);
/// Between attempts to subscribe.
const PAUSE: Duration = Duration::from_secs(1);

/// Feeds a subscription until nobody holds it any more.
pub(super) async fn feed(target: Target, channel: String, feeder: broadcast::Sender<Heard>) {
    tokio::select! {
        () = feeder.closed() => {}
        () = feed_for_ever(&target, &channel, &feeder) => {}
    }
}

async fn feed_for_ever(target: &Target, channel: &str, feeder: &broadcast::Sender<Heard>) {
    let mut told = false;
    for turn in 0.. {
        let ended = follow(target, turn, channel, feeder, &mut told).await;
        REDIS_CONNECTED.set(RedisUse::Subscription, 0);
        match ended {
            Ok(()) => {}
            Err(error) if !told => {
                warn!(error = describe(&error), "a subscription to Redis is lost; subscribing again");
                told = true;
            }
            Err(_) => {}
        }
        sleep(PAUSE).await;
    }
}

/// Follows the channel over one connection until that ends.
async fn follow(
    target: &Target,
    turn: usize,
    channel: &str,
    feeder: &broadcast::Sender<Heard>,
    told: &mut bool,
) -> RedisResult<()> {
    let subscribed = async {
        let (mut sink, stream) = target.listen(turn).await?.split();
        sink.subscribe(channel).await?;
        RedisResult::Ok((sink, stream))
    };
    let (mut sink, mut stream) = in_time(subscribed).await?;
    *told = false;
    REDIS_CONNECTED.set(RedisUse::Subscription, 1);
    // A failing send means that nobody listens; `feed` ends this then.
    let _ = feeder.send(Heard::Resumed);
    loop {
        match timeout(ASK_EVERY, stream.next()).await {
            Ok(Some(message)) => {
                let _ = feeder.send(Heard::Message(message.get_payload_bytes().to_vec()));
            }
            Ok(None) => return Ok(()),
            Err(_) => in_time(sink.ping::<redis::Value>()).await.map(drop)?,
        }
    }
}

async fn in_time<T>(work: impl Future<Output = RedisResult<T>>) -> RedisResult<T> {
    match timeout(CONNECT_WITHIN, work).await {
        Ok(done) => done,
        Err(elapsed) => Err(std::io::Error::new(std::io::ErrorKind::TimedOut, elapsed).into()),
    }
}
