use std::sync::{
    Arc,
    atomic::{AtomicUsize, Ordering},
};

use tokio::sync::Notify;

use super::{
    browser::Browser,
    client::Client,
    cluster::{Cluster, Redis},
};
use crate::store_contract::all;

const SESSIONS: usize = 30;
/// Refreshes that are answered before the replica is killed.
const ANSWERED: usize = 75;

/// Each session is refreshed again and again at one replica, which is killed in the middle of it.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn no_acknowledged_refresh_is_lost_with_a_replica() {
    let mut cluster = Cluster::start(Redis::With).await;
    let client = Client::register(&cluster.http, &cluster.b.url).await;
    let [a, b] = cluster.urls();
    let mut browser = Browser::new(&cluster, &[&b]);
    let mut newest = Vec::new();
    for _ in 0..SESSIONS {
        newest.push(browser.tokens(&client, &b).await.refresh_token());
    }

    let (answered, enough) = (Arc::new(AtomicUsize::new(0)), Arc::new(Notify::new()));
    let clients: Vec<_> = newest
        .into_iter()
        .map(|mut token| {
            let (client, a) = (client.clone(), a.clone());
            let (answered, enough) = (Arc::clone(&answered), Arc::clone(&enough));
            tokio::spawn(async move {
                while let Ok(answer) = client.try_refresh(&a, &token).await {
                    token = answer.granted().refresh_token();
                    if answered.fetch_add(1, Ordering::SeqCst) == ANSWERED {
                        enough.notify_one();
                    }
                }
                token
            })
        })
        .collect();
    enough.notified().await;
    cluster.a.kill();

    for acknowledged in all(clients).await {
        // Whether or not the last refresh was taken in before the end, the token that was answered last leads on.
        let successor = client.refresh(&b, &acknowledged).await.granted().refresh_token();
        let again = client.refresh(&b, &acknowledged).await.granted().refresh_token();
        assert_eq!(successor, again, "one branch, not two");
        client.refresh(&b, &successor).await.granted();
    }
    assert_eq!(
        cluster.number("SELECT COUNT(*) FROM sessions WHERE revoked_at_ms IS NULL").await,
        SESSIONS as i64
    );
}
