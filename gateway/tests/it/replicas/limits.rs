//! What is limited is limited for all replicas together, as Redis counts for all of them.

use std::hash::{BuildHasher as _, RandomState};

use super::cluster::{Cluster, Redis};

/// Codes that are tried from one address in a minute, before it is asked to wait.
const LIMIT: usize = 300;

#[tokio::test]
async fn two_replicas_allow_no_more_than_one() {
    let cluster = Cluster::start(Redis::With).await;
    // An address that nothing else comes from.
    let [a, b, ..] = RandomState::new().hash_one(0).to_be_bytes();
    let from = format!("198.18.{a}.{b}");
    let form = [
        ("grant_type", "authorization_code"),
        ("client_id", "nobody"),
        ("code", "pkm_ac_guess"),
        ("redirect_uri", "https://client.example/cb"),
        ("code_verifier", "verifier-verifier-verifier-verifier-verifier"),
    ];
    let mut allowed = 0;
    for n in 0..2 * LIMIT {
        let url = format!("{}/oauth/token", cluster.urls()[n % 2]);
        let answer =
            cluster.http.post(url).header("x-forwarded-for", &from).form(&form).send().await.unwrap();
        match answer.status().as_u16() {
            400 | 401 => allowed += 1,
            429 => assert!(answer.headers().contains_key("retry-after")),
            other => panic!("{other}: {}", answer.text().await.unwrap()),
        }
    }
    assert!((LIMIT..=LIMIT + LIMIT / 10).contains(&allowed), "{allowed}");
}
