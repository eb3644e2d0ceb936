//! A master goes, another takes its place, and the store finds it by itself.

use std::time::{Duration, Instant};

use gateway::ephemeral::{Ephemeral as _, Heard, Redis, Subscription};
use secrecy::SecretString;

use super::servers::{Nodes, Watched};

const PATIENCE: Duration = Duration::from_secs(10);
const HOUR: Duration = Duration::from_secs(3600);
/// From the loss of a master to the first success at the new one. The servers take some two seconds of it to agree.
const BOUND: Duration = Duration::from_secs(15);

async fn connect(url: String) -> Redis {
    let redis = Redis::connect(&SecretString::from(url).into()).unwrap();
    assert!(redis.reachable(PATIENCE).await);
    redis
}

/// Waits until the store takes values again, under every one of these keys.
#[expect(clippy::print_stdout, reason = "how long it took, for whoever asks")]
async fn takes_again(redis: &Redis, keys: &[String]) {
    let lost = Instant::now();
    for key in keys {
        while redis.put(key, b"after", HOUR).await.is_err() {
            assert!(lost.elapsed() < BOUND, "{key} is refused for too long");
            tokio::time::sleep(Duration::from_millis(20)).await;
        }
    }
    println!("values are taken again after {} ms", lost.elapsed().as_millis());
}

/// Waits until a message gets through, which takes a subscription that stands again.
async fn hears_again(redis: &Redis, channel: &str, subscription: &mut Subscription) {
    let lost = Instant::now();
    loop {
        let _ = redis.publish(channel, b"after").await;
        let heard = tokio::time::timeout(Duration::from_millis(100), subscription.next()).await;
        if heard == Ok(Some(Heard::Message(b"after".to_vec()))) {
            return;
        }
        assert!(lost.elapsed() < BOUND, "nothing is heard any more");
    }
}

fn keys() -> Vec<String> {
    // So many that each master of a cluster has some.
    (0..60).map(|n| format!("failover:{n}")).collect()
}

#[tokio::test]
async fn a_killed_master_is_succeeded_as_the_sentinels_say() {
    let mut servers = Watched::start().await;
    let redis = connect(servers.url()).await;
    let mut subscription = redis.subscribe("failover");
    assert_eq!(subscription.next().await, Some(Heard::Resumed));
    redis.put("failover:kept", b"before", HOUR).await.unwrap();
    servers.master.until(&["WAIT", "1", "1000"], |replicas| replicas == "1").await;

    servers.master.kill();
    assert!(redis.put("failover:0", b"lost", HOUR).await.is_err(), "nobody is there to take it");

    takes_again(&redis, &keys()).await;
    hears_again(&redis, "failover", &mut subscription).await;
    let role: Vec<redis::Value> = servers.replica.ask(&["ROLE"]).await.unwrap();
    assert_eq!(role[0], redis::Value::BulkString(b"master".to_vec()));
    assert_eq!(redis.get("failover:kept").await.unwrap().unwrap(), b"before");
}

/// The former master goes on running, and would refuse to write.
#[tokio::test]
async fn a_master_that_steps_down_is_left() {
    let servers = Watched::start().await;
    let redis = connect(servers.url()).await;
    redis.put("failover:0", b"before", HOUR).await.unwrap();
    servers.sentinels[0].ask::<()>(&["SENTINEL", "FAILOVER", "main"]).await.unwrap();
    servers.replica.until(&["ROLE"], |role| role.starts_with("master")).await;
    servers.master.until(&["ROLE"], |role| role.starts_with("slave")).await;
    takes_again(&redis, &keys()).await;
    assert_eq!(redis.add("failover:count", 2, HOUR).await.unwrap().total, 2);
}

#[tokio::test]
async fn a_sentinel_that_is_gone_is_not_needed() {
    let mut servers = Watched::start().await;
    servers.sentinels[0].kill();
    connect(servers.url()).await.put("failover:0", b"there", HOUR).await.unwrap();
}

#[tokio::test]
async fn a_cluster_goes_on_without_one_of_its_masters() {
    let mut cluster = Nodes::start().await;
    let redis = connect(cluster.url()).await;
    // The node that is about to go is the one that listens.
    let mut subscription = redis.subscribe("failover");
    assert_eq!(subscription.next().await, Some(Heard::Resumed));
    for key in keys() {
        redis.put(&key, b"before", HOUR).await.unwrap();
    }

    cluster.nodes[0].kill();

    takes_again(&redis, &keys()).await;
    hears_again(&redis, "failover", &mut subscription).await;
    assert_eq!(redis.add("failover:count", 2, HOUR).await.unwrap().total, 2);
}

/// While its keys move to another node, one by one, a slot belongs to both.
#[tokio::test]
async fn values_are_found_while_their_slots_move() {
    let cluster = Nodes::start().await;
    let redis = connect(cluster.url()).await;
    for key in keys() {
        redis.put(&key, b"before", HOUR).await.unwrap();
    }
    let (from, to) = (&cluster.nodes[0], &cluster.nodes[1]);
    let id = async |node: &super::servers::Server| node.ask::<String>(&["CLUSTER", "MYID"]).await.unwrap();
    let (from_id, to_id) = (id(from).await, id(to).await);
    // Slots of the first node: keys that a reader finds there, and that it alone answers for.
    let mut moving = Vec::new();
    for key in keys() {
        let slot: u16 = from.ask(&["CLUSTER", "KEYSLOT", &format!("peaka-mcp:{{{key}}}")]).await.unwrap();
        if slot < 5461 {
            moving.push((key, slot.to_string()));
        }
    }
    assert!(moving.len() > 5, "{moving:?}");
    for (key, slot) in &moving {
        let set = ["CLUSTER", "SETSLOT", slot];
        to.ask::<()>(&[&set[..], &["IMPORTING", &from_id]].concat()).await.unwrap();
        from.ask::<()>(&[&set[..], &["MIGRATING", &to_id]].concat()).await.unwrap();
        let name = format!("peaka-mcp:{{{key}}}");
        let port = to.port.to_string();
        from.ask::<()>(&["MIGRATE", "127.0.0.1", &port, &name, "0", "1000"]).await.unwrap();
        // The first node sends those who ask it on to the second (ASK).
        assert_eq!(redis.get(key).await.unwrap().unwrap(), b"before", "{key}");
        assert!(!redis.put_if_absent(key, b"again", HOUR).await.unwrap(), "{key}");
        for node in [to, from] {
            node.ask::<()>(&[&set[..], &["NODE", &to_id]].concat()).await.unwrap();
        }
        // The slot is the second's (MOVED).
        assert_eq!(redis.take(key).await.unwrap().unwrap(), b"before", "{key}");
        assert_eq!(redis.take(key).await.unwrap(), None, "{key}");
    }
}
