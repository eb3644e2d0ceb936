//! Several replicas of the backend: requests go to those that live, and none is given to two.

use std::collections::BTreeSet;

use crate::harness::{Answer, Backend, World};

/// A world whose gateway knows these replicas.
async fn before(replicas: &[&str]) -> World {
    World::start_with(&[("GATEWAY_BACKEND_URL", &replicas.join(","))]).await
}

fn total(replicas: &[&Backend]) -> usize {
    replicas.iter().map(|replica| replica.seen().len()).sum()
}

#[tokio::test]
async fn all_replicas_are_given_work() {
    let (one, other) = (Backend::start().await, Backend::start().await);
    let world = before(&[&one.origin, &other.origin]).await;
    let token = world.connect().await.tokens.access;
    // Which of the two is chance; that all of so many go to one of them is not to be expected in a lifetime.
    for _ in 0..64 {
        assert_eq!(world.mcp(&token).await.status, 200);
    }
    assert_eq!(total(&[&one, &other]), 64);
    assert!(!one.seen().is_empty() && !other.seen().is_empty());
}

#[tokio::test]
async fn the_busy_one_is_spared() {
    let (one, other) = (Backend::start().await, Backend::start().await);
    let world = before(&[&one.origin, &other.origin]).await;
    let token = world.connect().await.tokens.access;
    // Whoever gets the first request is busy with it for ever.
    one.next(Answer::Never);
    other.next(Answer::Never);
    let waiting = tokio::spawn(world.http.post(world.url("/mcp")).bearer_auth(&token).body("{}").send());
    tokio::select! {
        () = one.saw(1) => {}
        () = other.saw(1) => {}
    }
    let (busy, free) = if one.seen().is_empty() { (&other, &one) } else { (&one, &other) };
    free.forget();
    for _ in 0..16 {
        assert_eq!(world.mcp(&token).await.status, 200);
    }
    assert_eq!((busy.seen().len(), free.seen().len()), (1, 16));
    waiting.abort();
}

#[tokio::test]
async fn a_dead_replica_costs_no_request() {
    let (dead, alive) = (Backend::start().await, Backend::start().await);
    let world = before(&[&dead.origin, &alive.origin]).await;
    let token = world.connect().await.tokens.access;
    for _ in 0..16 {
        assert_eq!(world.mcp(&token).await.status, 200);
    }
    dead.stop();
    dead.is_gone().await;
    let before = total(&[&dead, &alive]);
    let mut ids = BTreeSet::new();
    for id in 0..32 {
        let body = format!("{{\"id\":{id}}}");
        let reply = world.http.post(world.url("/mcp")).bearer_auth(&token).body(body.clone()).send().await;
        assert_eq!(reply.unwrap().status(), 200);
        ids.insert(body);
    }
    assert_eq!(total(&[&dead, &alive]), before + 32);
    let seen: BTreeSet<_> =
        alive.seen().into_iter().map(|seen| seen.body).filter(|body| ids.contains(body)).collect();
    assert_eq!(seen, ids);
}

/// What may have been done is not done again.
#[tokio::test]
async fn a_request_that_was_sent_is_given_to_nobody_else() {
    let (one, other) = (Backend::start().await, Backend::start().await);
    let world = before(&[&one.origin, &other.origin]).await;
    let token = world.connect().await.tokens.access;
    one.next(Answer::HangUp);
    other.next(Answer::HangUp);
    assert_eq!(world.mcp(&token).await.status, 503);
    assert_eq!(total(&[&one, &other]), 1);
}

#[tokio::test]
async fn with_all_replicas_away_the_answer_is_an_outage_until_one_is_back() {
    let (one, other) = (Backend::start().await, Backend::start().await);
    let world = before(&[&one.origin, &other.origin]).await;
    let token = world.connect().await.tokens.access;
    for replica in [&one, &other] {
        replica.stop();
        replica.is_gone().await;
    }
    let reply = world.mcp(&token).await;
    assert_eq!(reply.status, 503);
    assert_eq!(reply.header("retry-after"), "2");
    let back = Backend::start_at(&other.origin).await;
    assert_eq!(world.mcp(&token).await.status, 200);
    assert_eq!(back.seen().len(), 1);
}

#[tokio::test]
async fn a_name_that_does_not_resolve_takes_no_other_along() {
    let one = Backend::start().await;
    // A label has at most 63 letters (RFC 1035 §2.3.4): no resolver is asked.
    let nobody = format!("http://{}.example:1", "x".repeat(64));
    let world = before(&[&nobody, &one.origin]).await;
    let token = world.connect().await.tokens.access;
    assert_eq!(world.mcp(&token).await.status, 200);
}
