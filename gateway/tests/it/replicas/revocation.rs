use std::time::{Duration, Instant};

use super::{
    browser::Browser,
    client::Client,
    cluster::{Cluster, Redis},
};

/// What is promised.
const BOUND: Duration = Duration::from_secs(1);
const SESSIONS: usize = 5;

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_revocation_holds_on_every_replica_and_after_a_restart() {
    holds(Redis::With).await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_revocation_needs_no_redis() {
    holds(Redis::Without).await;
}

#[expect(clippy::print_stdout, reason = "how long it took, for whoever asks")]
async fn holds(redis: Redis) {
    let mut cluster = Cluster::start(redis).await;
    let client = Client::register(&cluster.http, &cluster.a.url).await;
    let [a, b] = cluster.urls();
    let mut browser = Browser::new(&cluster, &[&a]);
    let bystander = browser.tokens(&client, &a).await;
    let mut revoked = Vec::new();
    for n in 0..SESSIONS {
        let tokens = browser.tokens(&client, &a).await;
        assert!(client.is_let_in(&a, &tokens.access_token()).await);
        assert!(client.is_let_in(&b, &tokens.access_token()).await);
        // Either token ends the session.
        let token = if n % 2 == 0 { tokens.refresh_token() } else { tokens.access_token() };
        client.revoke(&a, &token).await;
        let acknowledged = Instant::now();
        assert!(!client.is_let_in(&a, &tokens.access_token()).await);
        while client.is_let_in(&b, &tokens.access_token()).await {
            assert!(acknowledged.elapsed() < BOUND, "it is still let in elsewhere");
            tokio::time::sleep(Duration::from_millis(2)).await;
        }
        println!("{redis:?} Redis: refused elsewhere after {} ms", acknowledged.elapsed().as_millis());
        revoked.push(tokens);
    }
    cluster.a.kill();
    cluster.b.kill();
    cluster.a.restart();
    cluster.b.restart();
    cluster.ready().await;
    for at in [&a, &b] {
        for tokens in &revoked {
            assert!(!client.is_let_in(at, &tokens.access_token()).await);
            assert!(client.refresh(at, &tokens.refresh_token()).await.is_dead_grant());
        }
        assert!(client.is_let_in(at, &bystander.access_token()).await);
    }
}
