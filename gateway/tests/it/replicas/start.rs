use serde_json::Value;

use super::{
    browser::Browser,
    client::Client,
    cluster::{Cluster, Redis},
};

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn replicas_that_start_at_once_share_one_set_of_keys() {
    for _ in 0..3 {
        let cluster = Cluster::start(Redis::Without).await;
        assert_eq!(cluster.number("SELECT COUNT(*) FROM keys").await, 4);
        assert_eq!(cluster.number("SELECT COUNT(DISTINCT ring) FROM keys WHERE state = 'active'").await, 4);
        let published =
            |url: String| async { cluster.http.get(url).send().await.unwrap().json().await.unwrap() };
        let access: [Value; 2] = [
            published(format!("{}/oauth/jwks", cluster.a.url)).await,
            published(format!("{}/oauth/jwks", cluster.b.url)).await,
        ];
        let identity: [Value; 2] = [
            published(format!("{}/internal/jwks", cluster.a.internal)).await,
            published(format!("{}/internal/jwks", cluster.b.internal)).await,
        ];
        for [a, b] in [access, identity] {
            assert_eq!(a["keys"].as_array().unwrap().len(), 1);
            assert_eq!(a, b);
        }
        let [a, b] = cluster.urls();
        for [one, other] in [[&a, &b], [&b, &a]] {
            let client = Client::register(&cluster.http, one).await;
            let tokens = Browser::new(&cluster, &[one]).tokens(&client, one).await;
            assert!(client.is_let_in(other, &tokens.access_token()).await);
            client.refresh(other, &tokens.refresh_token()).await.granted();
        }
    }
}
