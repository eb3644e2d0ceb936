use super::{
    browser::Browser,
    client::Client,
    cluster::{Cluster, Redis},
};
use crate::store_contract::all;

const ROUNDS: i64 = 50;
const RACERS: usize = 64;

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_code_redeems_once_over_all_replicas() {
    let cluster = Cluster::start(Redis::With).await;
    let client = Client::register(&cluster.http, &cluster.a.url).await;
    let mut browser = Browser::new(&cluster, &[&cluster.a.url, &cluster.b.url]);
    for round in 0..ROUNDS {
        let code = browser.authorize(&client).await;
        let racers = (0..RACERS).map(|n| {
            let (client, code, at) = (client.clone(), code.clone(), cluster.urls()[n % 2].clone());
            tokio::spawn(async move { client.redeem(&at, &code).await })
        });
        let answers = all(racers).await;
        let granted = answers.iter().filter(|answer| answer.status == 200).count();
        let refused = answers.iter().filter(|answer| answer.is_dead_grant()).count();
        assert_eq!((granted, refused), (1, RACERS - 1), "in round {round}: {answers:?}");
    }
    assert_eq!(cluster.number("SELECT COUNT(*) FROM sessions").await, ROUNDS);
    let began =
        "SELECT COUNT(DISTINCT a.id_hash) FROM authorizations a JOIN sessions s ON s.id = a.session_id";
    assert_eq!(cluster.number(began).await, ROUNDS);
}
