//! Every verb of the ephemeral store, in memory and in Redis in each of its forms; then what only one of them can show:
//! that memory is bounded, and how Redis is missed and found again.

mod failover;
pub(crate) mod outage;
mod servers;
mod tls;
mod world;

use std::time::Duration;

use gateway::ephemeral::{Count, Ephemeral, Heard};

use self::world::World;

const HOUR: Duration = Duration::from_secs(3600);
/// Short, as with Redis it passes in real time.
const MOMENT: Duration = Duration::from_millis(40);

macro_rules! on_all {
    ($($verb:ident),* $(,)?) => {
        mod in_memory {
            $(#[tokio::test] async fn $verb() { super::$verb(super::World::memory()).await; })*
        }
        mod in_redis {
            $(#[tokio::test] async fn $verb() { super::$verb(super::World::redis("TEST_REDIS_URL").await).await; })*
        }
        mod behind_sentinel {
            $(#[tokio::test] async fn $verb() { super::$verb(super::World::redis("TEST_REDIS_SENTINEL_URL").await).await; })*
        }
        mod in_a_cluster {
            $(#[tokio::test] async fn $verb() { super::$verb(super::World::redis("TEST_REDIS_CLUSTER_URL").await).await; })*
        }
    };
}

on_all!(
    a_value_is_kept_until_its_time_is_over,
    a_later_put_replaces_value_and_time,
    only_the_first_put_if_absent_wins,
    a_value_is_taken_once,
    a_counter_adds_up_within_its_window,
    parallel_additions_are_all_counted,
    messages_reach_present_subscribers_of_the_channel,
    any_bytes_can_be_kept,
);

async fn a_value_is_kept_until_its_time_is_over(world: World) {
    let key = world.key("value");
    assert_eq!(world.store.get(&key).await.unwrap(), None);
    world.store.put(&key, b"one", MOMENT).await.unwrap();
    world.let_pass(&key, MOMENT).await;
    assert_eq!(world.store.get(&key).await.unwrap(), None);
    assert_eq!(world.store.take(&key).await.unwrap(), None);
    assert!(world.store.put_if_absent(&key, b"two", HOUR).await.unwrap());
    assert_eq!(world.store.get(&key).await.unwrap().unwrap(), b"two");
}

async fn a_later_put_replaces_value_and_time(world: World) {
    let key = world.key("value");
    world.store.put(&key, b"one", HOUR).await.unwrap();
    world.store.put(&key, b"two", MOMENT).await.unwrap();
    world.let_pass(&key, MOMENT).await;
    assert_eq!(world.store.get(&key).await.unwrap(), None);
}

async fn only_the_first_put_if_absent_wins(world: World) {
    let key = world.key("mark");
    let racers = (0..32).map(|n: u8| {
        let (store, key) = (world.store.clone(), key.clone());
        tokio::spawn(async move { store.put_if_absent(&key, &[n], HOUR).await.unwrap().then_some(n) })
    });
    let winners: Vec<u8> = all(racers).await.into_iter().flatten().collect();
    assert_eq!(winners.len(), 1);
    assert_eq!(world.store.get(&key).await.unwrap().unwrap(), winners);
}

async fn a_value_is_taken_once(world: World) {
    let key = world.key("once");
    world.store.put(&key, b"it", HOUR).await.unwrap();
    let racers = (0..32).map(|_| {
        let (store, key) = (world.store.clone(), key.clone());
        tokio::spawn(async move { store.take(&key).await.unwrap() })
    });
    let taken: Vec<Vec<u8>> = all(racers).await.into_iter().flatten().collect();
    assert_eq!(taken, [b"it"]);
}

async fn a_counter_adds_up_within_its_window(world: World) {
    let long = world.key("long");
    assert_eq!(world.store.add(&long, 1, HOUR).await.unwrap().total, 1);
    let Count { total, resets_in } = world.store.add(&long, 4, HOUR * 2).await.unwrap();
    assert_eq!(total, 5);
    assert!(resets_in <= HOUR, "a later addition must not make the window longer: {resets_in:?}");
    assert!(resets_in > HOUR / 2);

    let short = world.key("short");
    assert_eq!(world.store.add(&short, 3, MOMENT).await.unwrap().total, 3);
    world.let_pass(&short, MOMENT).await;
    assert_eq!(world.store.add(&short, 2, MOMENT).await.unwrap().total, 2);
}

async fn parallel_additions_are_all_counted(world: World) {
    let key = world.key("counter");
    let racers = (0..64).map(|_| {
        let (store, key) = (world.store.clone(), key.clone());
        tokio::spawn(async move { store.add(&key, 1, HOUR).await.unwrap().total })
    });
    let mut totals = all(racers).await;
    totals.sort_unstable();
    assert_eq!(totals, (1..=64).collect::<Vec<u64>>());
}

async fn messages_reach_present_subscribers_of_the_channel(world: World) {
    let (channel, other) = (world.key("channel"), world.key("other"));
    // Nodes of a cluster tell each other in their own time: what somebody has heard does not come again for others.
    let mut before = world.store.subscribe(&channel);
    assert_eq!(before.next().await, Some(Heard::Resumed));
    world.store.publish(&channel, b"before the others").await.unwrap();
    assert_eq!(before.next().await, Some(Heard::Message(b"before the others".to_vec())));
    drop(before);
    let mut first = world.store.subscribe(&channel);
    let mut second = world.store.subscribe(&channel);
    let mut elsewhere = world.store.subscribe(&other);
    for subscription in [&mut first, &mut second, &mut elsewhere] {
        assert_eq!(subscription.next().await, Some(Heard::Resumed));
    }
    world.store.publish(&channel, b"\x00\xffhello").await.unwrap();
    world.store.publish(&other, b"elsewhere").await.unwrap();
    for subscription in [&mut first, &mut second] {
        assert_eq!(subscription.next().await, Some(Heard::Message(b"\x00\xffhello".to_vec())));
    }
    assert_eq!(elsewhere.next().await, Some(Heard::Message(b"elsewhere".to_vec())));

    drop((first, second));
    world.store.publish(&channel, b"nobody listens any more").await.unwrap();
}

async fn any_bytes_can_be_kept(world: World) {
    let key = world.key("odd {key} with } braces\r\nand \u{1f600}");
    for value in [&b""[..], b"\r\n$-1\r\n\x00\xff", &[7; 100_000]] {
        world.store.put(&key, value, HOUR).await.unwrap();
        assert_eq!(world.store.get(&key).await.unwrap().unwrap(), value);
    }
}

async fn all<T>(tasks: impl IntoIterator<Item = tokio::task::JoinHandle<T>>) -> Vec<T> {
    let tasks: Vec<_> = tasks.into_iter().collect();
    let mut results = Vec::new();
    for task in tasks {
        results.push(task.await.unwrap());
    }
    results
}

#[tokio::test]
async fn a_flood_costs_memory_a_bounded_amount() {
    let world = World::memory();
    let store = world.memory.as_ref().unwrap();
    for n in 0..300_000 {
        store.put(&format!("flood {n}"), &[0; 400], HOUR).await.unwrap();
    }
    store.put("too big to keep", &vec![0; 80 << 20], HOUR).await.unwrap();
    assert!(store.weight() <= 64 << 20, "{}", store.weight());
}
