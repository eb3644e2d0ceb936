use std::collections::HashSet;

use super::{
    browser::Browser,
    client::Client,
    cluster::{Cluster, Redis},
};
use crate::store_contract::all;

const ROUNDS: i64 = 10;
const RACERS: usize = 20;
const GENERATION: &str = "SELECT generation FROM sessions";

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn racing_refreshes_get_the_same_successor() {
    let cluster = Cluster::start(Redis::With).await;
    let client = Client::register(&cluster.http, &cluster.b.url).await;
    let mut browser = Browser::new(&cluster, &[&cluster.b.url]);
    let first = browser.tokens(&client, &cluster.b.url).await.refresh_token();
    let mut newest = first.clone();
    for round in 1..=ROUNDS {
        assert_eq!(cluster.number(GENERATION).await, round);
        let racers = (0..RACERS).map(|n| {
            let (client, token, at) = (client.clone(), newest.clone(), cluster.urls()[n % 2].clone());
            tokio::spawn(async move { client.refresh(&at, &token).await.granted().refresh_token() })
        });
        let successors: HashSet<String> = all(racers).await.into_iter().collect();
        assert_eq!(successors.len(), 1);
        assert_eq!(cluster.number(GENERATION).await, round + 1);
        newest = successors.into_iter().next().unwrap();
    }
    // The first is older than what a lost answer explains: somebody copied it, and the session ends everywhere.
    assert!(client.refresh(&cluster.a.url, &first).await.is_dead_grant());
    assert!(client.refresh(&cluster.b.url, &newest).await.is_dead_grant());
    let reused = "SELECT COUNT(*) FROM sessions WHERE revoked_because = 'refresh_reused'";
    assert_eq!(cluster.number(reused).await, 1);
}
