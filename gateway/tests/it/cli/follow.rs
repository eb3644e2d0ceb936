//! `gateway audit tail --follow`.

use std::{
    io::{BufRead as _, BufReader},
    process::{Child, Stdio},
    time::Duration,
};

use gateway::domain::audit::{Event, Refusal};
use shared::clock::{Clock as _, SystemClock, Timestamp};

use super::command;
use crate::store_contract::world::World;

struct Following(Child);

impl Drop for Following {
    fn drop(&mut self) {
        let _ = self.0.kill();
        let _ = self.0.wait();
    }
}

async fn note(world: &World, id: &str, at: Timestamp) {
    let event = Event::Refused { refusal: Refusal::Form, client_id: Some(id), times: 1 };
    world.store.audit(id, &event, None, at).await.unwrap();
}

/// An event is dated before it is committed, by a clock that may be behind.
#[tokio::test(flavor = "multi_thread")]
async fn what_is_dated_back_is_shown_and_nothing_twice() {
    let world = World::sqlite().await;
    let (now, ago) = (SystemClock.now(), |seconds| SystemClock.now().minus(Duration::from_secs(seconds)));
    note(&world, "passed over", ago(40)).await;
    note(&world, "shown at once", now).await;
    let mut following = Following(
        command(&world.url(), &["audit", "tail", "--follow", "--limit", "1", "--json"])
            .stdout(Stdio::piped())
            .spawn()
            .unwrap(),
    );
    let mut lines = BufReader::new(following.0.stdout.take().unwrap()).lines();
    let mut shown = || {
        let line = lines.next().unwrap().unwrap();
        serde_json::from_str::<serde_json::Value>(&line).unwrap()["id"].as_str().unwrap().to_owned()
    };
    assert_eq!(shown(), "shown at once");
    note(&world, "late", ago(20)).await;
    // Only so that there is something to read, if the late one is never shown.
    tokio::time::sleep(Duration::from_secs(3)).await;
    note(&world, "last", SystemClock.now()).await;
    assert_eq!(shown(), "late");
    assert_eq!(shown(), "last");
}
