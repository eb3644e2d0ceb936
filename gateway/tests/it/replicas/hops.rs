use super::{
    browser::Browser,
    client::Client,
    cluster::{Cluster, Redis},
};

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn every_hop_of_an_authorization_may_meet_another_replica() {
    let cluster = Cluster::start(Redis::Without).await;
    let [a, b] = cluster.urls();
    for [one, other] in [[&a, &b], [&b, &a]] {
        let client = Client::register(&cluster.http, one).await;
        let mut browser = Browser::new(&cluster, &[other, one]);
        // The first time through Peaka's sign-in, the second time signed in already.
        for _ in 0..2 {
            let code = browser.authorize(&client).await;
            let tokens = client.redeem(one, &code).await.granted();
            assert!(client.is_let_in(other, &tokens.access_token()).await);
            let refreshed = client.refresh(other, &tokens.refresh_token()).await.granted();
            assert!(client.is_let_in(one, &refreshed.access_token()).await);
            client.refresh(one, &refreshed.refresh_token()).await.granted();
        }
    }
}
