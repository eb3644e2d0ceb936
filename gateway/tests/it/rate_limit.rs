//! The limiter: shared between replicas, falling back to each alone, keyed by whom the network can vouch for.

use std::{net::IpAddr, sync::Arc, time::Duration};

use gateway::{
    ephemeral::{Memory, Redis},
    rate_limit::{Limit, LimitExceeded, Networks, RateLimiter, client_address, prefix},
};
use http::HeaderMap;
use secrecy::SecretString;
use shared::clock::{ManualClock, Timestamp};
use tokio::net::TcpListener;

const LIMIT: Limit = Limit { name: "test", quota: 3, window: Duration::from_secs(60) };

fn clock() -> Arc<ManualClock> {
    Arc::new(ManualClock::starting_at(Timestamp::from_seconds(1_800_000_000)))
}

#[tokio::test]
async fn a_quota_holds_over_all_replicas_until_the_window_ends() {
    let clock = clock();
    let store = Arc::new(Memory::new(clock.clone()));
    let replicas = [RateLimiter::new(store.clone(), clock.clone()), RateLimiter::new(store, clock.clone())];
    let mut allowed = 0;
    for n in 0..20 {
        allowed += u32::from(replicas[n % 2].check(&LIMIT, "someone").await.is_ok());
    }
    assert_eq!(allowed, LIMIT.quota);
    replicas[0].check(&LIMIT, "someone else").await.unwrap();
    replicas[0].check(&Limit { name: "other", ..LIMIT }, "someone").await.unwrap();

    clock.advance(Duration::from_millis(59_500));
    let refusal = replicas[1].check(&LIMIT, "someone").await.unwrap_err();
    assert_eq!(refusal, LimitExceeded { retry_after: Duration::from_millis(500) });
    assert_eq!(refusal.seconds(), 1);
    clock.advance(refusal.retry_after);
    replicas[1].check(&LIMIT, "someone").await.unwrap();
}

#[tokio::test]
async fn without_redis_the_limit_holds_in_each_replica() {
    let closed = TcpListener::bind("127.0.0.1:0").await.unwrap().local_addr().unwrap();
    let redis = Redis::connect(&SecretString::from(format!("redis://{closed}/")).into()).unwrap();
    let clock = clock();
    let limiter = RateLimiter::new(Arc::new(redis), clock.clone());
    for _ in 0..LIMIT.quota {
        limiter.check(&LIMIT, "someone").await.unwrap();
    }
    assert_eq!(limiter.check(&LIMIT, "someone").await.unwrap_err().seconds(), 60);
    clock.advance(LIMIT.window);
    limiter.check(&LIMIT, "someone").await.unwrap();
}

fn address(peer: &str, forwarded: &[&str], trusted: &str) -> String {
    let mut headers = HeaderMap::new();
    for line in forwarded {
        headers.append("x-forwarded-for", http::HeaderValue::from_bytes(line.as_bytes()).unwrap());
    }
    let trusted: Networks = trusted.parse().unwrap();
    client_address(peer.parse().unwrap(), &headers, &trusted).to_string()
}

#[test]
fn without_trusted_proxies_the_header_is_not_read() {
    assert_eq!(address("203.0.113.9:1000", &["198.51.100.1"], ""), "203.0.113.9");
    assert_eq!(address("[::ffff:203.0.113.9]:1000", &[], ""), "203.0.113.9");
}

#[test]
fn the_header_is_read_from_the_right_up_to_the_first_stranger() {
    let trusted = "10.0.0.0/8, 192.0.2.7, fd00::/8";
    for (forwarded, expected) in [
        (&[][..], "10.0.0.1"),
        (&["198.51.100.1"], "198.51.100.1"),
        (&["1.1.1.1, 198.51.100.1"], "198.51.100.1"),
        (&["1.1.1.1,198.51.100.1, 192.0.2.7 ,fd00::3"], "198.51.100.1"),
        (&["1.1.1.1", "198.51.100.1", "192.0.2.7"], "198.51.100.1"),
        (&["198.51.100.1:4711, [fd00::3]:80"], "198.51.100.1"),
        (&["::ffff:198.51.100.1"], "198.51.100.1"),
        (&["2001:db8::1, 10.1.1.1"], "2001:db8::1"),
        (&["10.2.2.2, 10.1.1.1"], "10.2.2.2"),
        (&["198.51.100.1, unknown, 10.1.1.1"], "10.1.1.1"),
        (&["198.51.100.1, , 10.1.1.1"], "10.1.1.1"),
        (&["198.51.100.1", "\u{e9}"], "10.0.0.1"),
    ] {
        assert_eq!(address("10.0.0.1:1000", forwarded, trusted), expected, "{forwarded:?}");
    }
}

#[test]
fn a_stranger_cannot_choose_its_key() {
    for claim in ["127.0.0.1", "10.9.9.9", "198.51.100.1, 10.0.0.2"] {
        assert_eq!(address("203.0.113.9:1000", &[claim], "10.0.0.0/8"), "203.0.113.9");
        assert_eq!(address("10.0.0.1:1000", &[claim, "203.0.113.9"], "10.0.0.0/8"), "203.0.113.9");
    }
}

#[test]
fn an_ipv6_network_is_one_party() {
    let prefix = |address: &str| prefix(address.parse::<IpAddr>().unwrap());
    assert_eq!(prefix("198.51.100.1"), "198.51.100.1/32");
    assert_eq!(prefix("::ffff:198.51.100.1"), "198.51.100.1/32");
    assert_eq!(prefix("2001:db8:1:2:3:4:5:6"), "2001:db8:1:2::/64");
    assert_eq!(prefix("2001:db8:1:2::"), prefix("2001:db8:1:2:ffff:ffff:ffff:ffff"));
    assert_ne!(prefix("2001:db8:1:2::1"), prefix("2001:db8:1:3::1"));
}

#[test]
fn a_mistyped_proxy_is_refused() {
    for list in ["10.0.0.0/33", "proxy.example", "10.0.0.1;10.0.0.2", "10.0.0.0/8,x"] {
        assert!(list.parse::<Networks>().is_err(), "{list}");
    }
    assert_eq!(" , ".parse::<Networks>().unwrap(), Networks::default());
}
